// One alert: what it rests on, who was told, and what can be done about it.

import { get } from "../api.js";
import { h, safeLink } from "../dom.js";
import { formatTime, formatValue } from "../format.js";
import { chart } from "./chart.js";
import { a, langName } from "./words.js";

const HOUR_MS = 3_600_000;
const AT_MOST_SURE = 0.999;

/** The alert as an element; `onAct(act, more)` saves something and tells whether it did. */
export function card(item, { enabled, isOpen, onAct }) {
  const parts = [head(item), why(item), said(item, isOpen), note(item), told(item)];
  if (enabled) parts.push(item.is_newest ? actions(item, onAct) : h("p", { className: "muted" }, a("superseded")));
  parts.push(events(item), h("p", { className: "fate", role: "status" }));
  return h(
    "li",
    { className: "item card alert-item", data: { key: item.alert_id, state: item.state } },
    parts.filter((part) => part !== null),
  );
}

function head(item) {
  const level = item.severity >= 7 ? "strong" : item.severity >= 4 ? "medium" : "light";
  const steps = Array.from({ length: 10 }, (_, index) => h("i", { className: index < item.severity ? "on" : "" }));
  return h(
    "div",
    { className: "item-head" },
    h("h2", {}, h("a", { href: `/alerts?id=${encodeURIComponent(item.alert_id)}` }, item.series)),
    h("span", { className: "muted" }, `${a("kinds")[item.kind] ?? item.kind} · ${langName(item.lang)}`),
    h("span", { className: "badge", data: { state: item.state } }, a("stateOf")[item.state] ?? item.state),
    item.acknowledged_by ? h("span", { className: "badge held" }, a("held", item.acknowledged_by)) : null,
    item.snoozed_till ? h("span", { className: "badge held" }, a("silent", formatTime(item.snoozed_till))) : null,
    h(
      "span",
      { className: "severity", title: a("severityHelp"), data: { level } },
      h("span", { className: "steps", "aria-hidden": "true" }, steps),
      a("severityIs", item.severity),
    ),
  );
}

function why(item) {
  const fact = (name, value, help) => h("div", { title: help ?? null }, h("dt", {}, `${name}: `), h("dd", {}, value));
  const facts = [
    fact(a("usual"), a("usualIs", usually(item.expected))),
    fact(a("howSure"), sureness(item.certainty), a("sureHelp", item.watched)),
    fact(a("byChance"), a("chanceIs", spanOf(item.false_per_week))),
    item.before_contact === null ? null : fact(a("before"), a("beforeIs", formatValue(item.before_contact, { unit: "percentunit", decimals: 0 }))),
    item.words.length ? fact(a("words"), `“${item.words.join("”, “")}”`) : null,
    fact(a("window"), a("windowIs", item.window_min)),
    fact(a("rules"), h("code", {}, item.settings_version)),
  ];
  const range = new URLSearchParams({ from: item.since - 24 * HOUR_MS, to: item.since + 24 * HOUR_MS, "var-lang": item.lang, [`var-${item.kind}`]: item.series });
  return h(
    "div",
    { className: "alert-why" },
    h(
      "div",
      {},
      h("p", { className: "big" }, a("people", item.observed, formatTime(toMinute(item.since)))),
      h("dl", {}, facts.filter((one) => one !== null)),
      h("p", { className: "see" }, h("a", { href: `/d/escucha-listening?${range}` }, a("mentions"))),
    ),
    chart(item),
  );
}

function usually(expected) {
  return expected < 0.1 ? a("lessThan", formatValue(0.1)) : formatValue(expected, { decimals: 1 });
}

/** A second is more than anybody wants to know of where something began. */
function toMinute(ms) {
  return Math.floor(ms / 60_000) * 60_000;
}

function sureness(chance) {
  const [, words] = a("sureWords").find(([least]) => chance >= least);
  return a("sureIs", words, formatValue(chance, { unit: "percentunit", decimals: 1 }), chance >= AT_MOST_SURE);
}

function spanOf(perWeek) {
  const weeks = 1 / perWeek;
  const spans = a("spans");
  const years = weeks / 52.18;
  if (years > 1_000) return spans.ages;
  if (years >= 2) return spans.years(formatValue(Math.round(years)));
  return weeks >= 2 ? spans.weeks(Math.round(weeks)) : spans.days(Math.max(Math.round(weeks * 7), 1));
}

function said(item, isOpen) {
  const [first, ...others] = item.said;
  if (!first) return h("p", { className: "muted" }, a("nothingSaid"));
  const rest = others.length
    ? h("details", { className: "more", open: isOpen }, h("summary", {}, a("moreSaid", others.length)), h("div", { className: "alert-said" }, others.map(quote)))
    : null;
  return h("div", { className: "alert-said" }, h("h3", {}, a("said")), quote(first), rest);
}

function quote(one) {
  const link = safeLink(one.url ?? "");
  return h(
    "figure",
    { className: "said-by" },
    h("blockquote", { className: "text", lang: one.lang || null, dir: "auto" }, one.text),
    h(
      "figcaption",
      { className: "facts" },
      h("span", {}, one.author_handle ? `@${one.author_handle.replace(/^@/, "")}` : one.source),
      h("span", {}, one.source),
      h("time", { dateTime: new Date(one.published_at).toISOString() }, formatTime(one.published_at)),
      link === null ? null : h("a", { href: link, target: "_blank", rel: "noopener noreferrer" }, a("original")),
    ),
  );
}

function note(item) {
  if (!item.note) return null;
  return h("p", { className: "note" }, h("strong", {}, `${a("noteOf", item.noted_by, formatTime(item.noted_at))}: `), item.note);
}

function told(item) {
  const lines = item.told.map((one) =>
    h("li", {}, `${a("toldEvent")[one.event] ?? one.event}, ${channelName(one.channel)}: `, fateOf(one)),
  );
  if (item.opened_silently) lines.unshift(h("li", {}, a("silently")));
  if (!lines.length) lines.push(h("li", {}, a("noChannels")));
  return h("div", { className: "told" }, h("h3", {}, a("told")), h("ul", {}, lines));
}

/** A channel is stored as its kind and a hash of its address, which is nobody's business here. */
function channelName(name) {
  const [kind, hash] = name.split("-");
  return (a("channels")[kind] ?? kind) + (hash ? ` (${hash.slice(0, 4)})` : "");
}

function fateOf(one) {
  if (one.delivered_at) return h("span", {}, a("delivered", formatTime(one.delivered_at)));
  if (!one.attempts) return h("span", { className: "waits" }, a("waits"));
  const reason = one.channel === "kafka" ? "" : one.reason; // its words may name the broker's place
  if (one.passed_at) return h("span", { className: "missed" }, a("passedBy", one.attempts, formatTime(one.passed_at), reason));
  return h("span", { className: "missed" }, a("failed", one.attempts, formatTime(one.tried_at), reason));
}

function actions(item, onAct) {
  const button = (words, listener, help) => h("button", { type: "button", className: "quiet", title: help ?? null, on: { click: listener } }, words);
  const snooze = snoozeForm(item, onAct);
  const write = noteForm(item, onAct);
  const opens = (form, words) => {
    const one = button(words, () => {
      form.hidden = !form.hidden;
      one.setAttribute("aria-expanded", String(!form.hidden));
      if (!form.hidden) form.querySelector("select, textarea").focus();
    });
    one.setAttribute("aria-expanded", "false");
    return one;
  };
  const hold = item.acknowledged_by
    ? button(a("release"), () => onAct("release"))
    : button(a("acknowledge"), () => onAct("acknowledge"), a("acknowledgeHelp"));
  return h(
    "div",
    { className: "item-actions" },
    item.state === "closed" && !item.acknowledged_by ? null : hold,
    item.snoozed_till ? button(a("wake"), () => onAct("wake")) : null,
    opens(snooze, a("snooze")),
    opens(write, a("addNote")),
    snooze,
    write,
  );
}

function snoozeForm(item, onAct) {
  const id = `snooze-${item.alert_id}`;
  const select = h("select", { id }, Object.entries(a("snoozes")).map(([value, words]) => h("option", { value }, words)));
  const until = h("input", { type: "datetime-local", className: "until", id: `until-${item.alert_id}`, required: true });
  const own = h("label", { for: until.id, hidden: true }, `${a("until")} `, until);
  until.disabled = true;
  select.addEventListener("change", () => {
    own.hidden = select.value !== "own";
    until.disabled = own.hidden;
    if (!own.hidden) until.focus();
  });
  const form = h(
    "form",
    { className: "snooze-form", hidden: true },
    h("label", { className: "choice", for: id }, h("span", {}, a("snoozeFor")), select),
    own,
    h("button", { type: "submit", className: "quiet strong" }, a("snooze")),
    h("p", { className: "muted" }, a("snoozeHelp", `${item.series} (${langName(item.lang)})`)),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const end = endOf(select.value, until.value);
    until.setCustomValidity(end > Date.now() ? "" : a("until"));
    if (form.reportValidity()) onAct("snooze", { until: new Date(end).toISOString() });
  });
  until.addEventListener("input", () => until.setCustomValidity(""));
  return form;
}

/** When a snooze ends, by the reader's own clock. */
function endOf(choice, own) {
  if (choice === "own") return new Date(own).getTime() || 0;
  if (choice === "hour") return Date.now() + HOUR_MS;
  const end = new Date();
  if (choice === "week") return end.setDate(end.getDate() + 7);
  end.setDate(end.getDate() + 1);
  return end.setHours(9, 0, 0, 0);
}

function noteForm(item, onAct) {
  const text = h("textarea", { id: `note-${item.alert_id}`, maxLength: 2_000, rows: 3, required: true });
  const form = h(
    "form",
    { className: "note-form", hidden: true },
    h("label", { for: text.id }, a("note")),
    text,
    h("button", { type: "submit", className: "quiet strong" }, a("save")),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (text.value.trim()) onAct("note", { note: text.value.trim() });
  });
  return form;
}

/** Every change so far, asked for when it is opened. */
function events(item) {
  const list = h("ul", {});
  const details = h("details", { className: "more events" }, h("summary", {}, a("history")), list);
  details.addEventListener("toggle", async () => {
    if (!details.open) return;
    try {
      const { events: made } = await get(`/api/alerts/history?${new URLSearchParams({ id: item.alert_id })}`);
      list.replaceChildren(...made.map(line));
    } catch {
      details.open = false; // the page says that the console is away; it can be opened again
    }
  });
  return details;
}

function line(event) {
  const what = a("did")[event.event]?.(event, formatTime(event.snoozed_until)) ?? event.event;
  return h("li", {}, h("span", { className: "muted" }, `${formatTime(event.at)} · `), what, event.notice ? ` (${a("notified")})` : "");
}
