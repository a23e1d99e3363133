// One item of a queue: what was said, how it stands, and what can be done with it.

import { history } from "../api.js";
import { h, safeLink } from "../dom.js";
import { formatTime, formatValue } from "../format.js";
import { thumbs, thumbsTitle } from "../labels/thumbs.js";
import { d } from "./words.js";

const CHOICES = { leads: ["new", "working", "won", "lost", "dismissed"], care: ["open", "done", "dismissed"] };

/** What a change of an item names it by. */
export function subjectOf(queue, item) {
  return queue === "leads" ? item.author_id : item.mention_id;
}

/** The item as an element; `onChange(kind, value)` saves something and tells whether it did. */
export function card(queue, item, { me, enabled, onChange }) {
  const place = h("li", { className: "item card", data: { key: `${item.source}/${subjectOf(queue, item)}` } });
  const [first, ...others] = item.said;
  const parts = [head(queue, item), facts(queue, item)];
  if (first) parts.push(quote(first));
  if (others.length) {
    parts.push(h("details", { className: "more" }, h("summary", {}, d("more")), others.map(quote)));
  }
  if (item.note) parts.push(h("p", { className: "note" }, h("strong", {}, `${d("noteLast")}: `), item.note));
  if (enabled) parts.push(actions(queue, item, me, onChange));
  else if (item.owner) parts.push(h("p", { className: "muted" }, d("ownedBy", item.owner)));
  parts.push(events(queue, item), h("p", { className: "fate", role: "status" }));
  place.append(...parts.filter((part) => part !== null));
  return place;
}

function head(queue, item) {
  const kinds = queue === "leads" ? [item.lead_kind] : ["needs_reply", "addressed"].filter((kind) => item[kind]);
  const isLate = Boolean(item.is_overdue);
  const due = h(
    "time",
    { className: isLate ? "due late" : "due", dateTime: new Date(item.due_at).toISOString() },
    d(isLate ? "overdue" : "due", formatTime(item.due_at)),
  );
  const isOpen = queue === "care" || item.is_open;
  return h(
    "div",
    { className: "item-head" },
    h("h2", {}, item.author_handle ? `@${item.author_handle.replace(/^@/, "")}` : item.author_id),
    kinds.map((kind) => h("span", { className: "badge", data: { kind } }, d("kinds")[kind])),
    item.status === "new" || item.status === "open" ? null : h("span", { className: "badge state" }, d("statuses")[item.status]),
    isOpen ? due : null,
  );
}

function facts(queue, item) {
  const said = [h("span", {}, item.source)];
  if (queue === "leads") {
    const strength = formatValue(item.strength, { unit: "percentunit", decimals: 0 });
    if (item.is_open) said.push(h("span", { title: d("strengthHelp") }, d("strength", strength)));
    said.push(h("span", {}, d("evidence", item.open_evidence || item.all_evidence)));
    said.push(h("span", {}, d("last", formatTime(item.last_at))));
  } else {
    if (item.account) said.push(h("span", {}, d("to", item.account)));
    said.push(h("span", {}, d("asked", formatTime(item.asked_at))));
    if (item.reopens) said.push(h("span", { className: "again" }, d("again")));
  }
  const products = item.said[0]?.products ?? []; // of the strongest evidence, as brands and topics are
  said.push(...products.map((product) => h("span", { className: "brand-name" }, product)));
  said.push(...item.brands.filter((brand) => !products.includes(brand)).map((brand) => h("span", { className: "brand-name" }, brand)));
  said.push(...item.topics.map((topic) => h("span", {}, topic)));
  return h("p", { className: "facts" }, said);
}

function quote(said) {
  const link = safeLink(said.url ?? "");
  const columns = [{ name: "mention_id" }, { name: "intent" }];
  const thumbsHere = thumbsTitle(columns) !== null;
  return h(
    "figure",
    { className: "said-by" },
    said.parent_text ? h("blockquote", { className: "parent", dir: "auto" }, h("span", { className: "muted" }, `${d("parent")}: `), said.parent_text) : null,
    h("blockquote", { className: "text", lang: said.lang || null, dir: "auto" }, said.text),
    h(
      "figcaption",
      { className: "facts" },
      h("time", { dateTime: new Date(said.published_at).toISOString() }, formatTime(said.published_at)),
      said.intent_words.length ? h("span", {}, `“${said.intent_words.slice(0, 4).join("”, “")}”`) : null,
      link === null ? null : h("a", { href: link, target: "_blank", rel: "noopener noreferrer" }, d("original")),
      thumbsHere ? h("span", { className: "right" }, d("right")) : null,
      thumbsHere ? thumbs(columns, [said.mention_id, said.intent]) : null,
    ),
  );
}

function actions(queue, item, me, onChange) {
  const isMine = me && item.owner === me;
  const owner = isMine ? d("mine") : item.owner ? d("ownedBy", item.owner) : d("nobody");
  const id = `status-${item.source}-${subjectOf(queue, item)}`.replace(/[^\w-]/g, "_");
  const select = h("select", { id });
  const current = CHOICES[queue].includes(item.status) ? item.status : "";
  const options = current ? CHOICES[queue] : ["", ...CHOICES[queue]];
  select.append(...options.map((value) => h("option", { value }, value ? d("statuses")[value] : d("statuses")[item.status])));
  select.value = current;
  select.addEventListener("change", async () => {
    if (select.value && !(await onChange("status", select.value))) select.value = current;
  });
  const note = noteForm(id, onChange);
  const due = queue === "leads" && item.is_open ? dueForm(id, item, onChange) : null;
  const take = h("button", { type: "button", className: "quiet" }, d(isMine ? "giveBack" : "take"));
  take.addEventListener("click", () => onChange("assigned", isMine ? "" : null));
  return h(
    "div",
    { className: "item-actions" },
    h("span", { className: "owner" }, owner),
    take,
    h("label", { className: "choice", for: id }, h("span", {}, d("status")), select),
    due && opener(due, d("setDue")),
    opener(note, d("addNote")),
    due,
    note,
  );
}

/** A button that shows and hides a form. */
function opener(form, words) {
  const button = h("button", { type: "button", className: "quiet", "aria-expanded": "false", "aria-controls": form.id }, words);
  button.addEventListener("click", () => {
    form.hidden = !form.hidden;
    button.setAttribute("aria-expanded", String(!form.hidden));
    if (!form.hidden) form.querySelector(".draft").focus();
  });
  return button;
}

/** When somebody means to have dealt with it, by the reader's own clock; given back, the rule says. */
function dueForm(id, item, onChange) {
  const when = h("input", { type: "datetime-local", className: "draft", id: `due-${id}`, required: true, value: localTime(item.due_at) });
  const back = h("button", { type: "button", className: "quiet" }, d("dueByRule"));
  const form = h(
    "form",
    { className: "due-form", id: `due-form-${id}`, hidden: true },
    h("label", { className: "choice", for: when.id }, h("span", {}, d("dueAt")), when),
    h("button", { type: "submit", className: "quiet strong" }, d("save")),
    back,
    h("p", { className: "muted" }, d("dueHelp")),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const moment = new Date(when.value).getTime();
    when.setCustomValidity(moment > Date.now() ? "" : d("duePast"));
    if (form.reportValidity()) onChange("due", new Date(moment).toISOString());
  });
  when.addEventListener("input", () => when.setCustomValidity(""));
  back.addEventListener("click", () => onChange("due", ""));
  return form;
}

/** An instant as a field of date and time takes it. */
function localTime(ms) {
  return new Date(ms - new Date(ms).getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

function noteForm(id, onChange) {
  const text = h("textarea", { id: `note-${id}`, className: "draft", maxLength: 2_000, rows: 3, required: true });
  const form = h(
    "form",
    { className: "note-form", id: `note-form-${id}`, hidden: true },
    h("label", { for: `note-${id}` }, d("note")),
    text,
    h("button", { type: "submit", className: "quiet strong" }, d("save")),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (text.value.trim()) onChange("note", text.value.trim());
  });
  return form;
}

/** Every change so far, asked for when it is opened. */
function events(queue, item) {
  if (!item.version) return null;
  const list = h("ul", {});
  const details = h("details", { className: "more events" }, h("summary", {}, d("history")), list);
  details.addEventListener("toggle", async () => {
    if (!details.open) return;
    try {
      const { events: made } = await history(queue, item.source, subjectOf(queue, item));
      list.replaceChildren(...made.map(told));
      if (!made.length) list.replaceChildren(h("li", {}, d("noHistory")));
    } catch {
      details.open = false; // the page says that the console is away; it can be opened again
    }
  });
  return details;
}

function told(event) {
  let { value } = event;
  if (event.kind === "status") value = d("statuses")[value] ?? value;
  if (event.kind === "due" && value) value = formatTime(Date.parse(value));
  return h("li", {}, h("span", { className: "muted" }, `${formatTime(event.made_at)} · `), d("did")[event.kind]?.(event.made_by, value) ?? value);
}
