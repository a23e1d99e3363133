// The page of alerts: filters, the list, and acts that wait their turn.

import { get } from "../api.js";
import { startChrome } from "../chrome.js";
import { h } from "../dom.js";
import { explain, t } from "../i18n.js";
import { knowWho, storedSettings, storeSettings } from "../labels/settings.js";
import { askName } from "../labels/thumbs.js";
import { card } from "./card.js";
import { redraw, sweep } from "./chart.js";
import { a, langName } from "./words.js";

const REFRESH_MS = 15_000;
const AT_MOST = 60;
const BACK = { acknowledge: "release", snooze: "wake" };
const byId = (id) => document.getElementById(id);
const page = { items: null, choices: { series: [], langs: [] }, enabled: false, filters: readFilters(), asking: 0, last: Promise.resolve() };

function start() {
  startChrome({ onLanguage: showWords, onTheme: redraw });
  showWords();
  load();
  byId("controls").addEventListener("submit", (event) => event.preventDefault());
  setInterval(() => {
    if (document.visibilityState === "visible" && !isInUse()) load({ isAsked: false });
  }, REFRESH_MS);
}

/** True under somebody's fingers, and while somebody reads on in a card. */
function isInUse() {
  return byId("alerts").contains(document.activeElement) || byId("alerts").querySelector("details[open], form:not([hidden])") !== null;
}

async function load({ isAsked = true } = {}) {
  const turn = ++page.asking;
  const loading = setTimeout(() => (byId("count").textContent = a("loading")), 300);
  try {
    const answer = await get(`/api/alerts?${new URLSearchParams(page.filters)}`);
    if (turn !== page.asking || (!isAsked && isInUse())) return; // somebody may have begun meanwhile
    const isNew = JSON.stringify(page.choices) !== JSON.stringify(answer.choices);
    Object.assign(page, { items: answer.items, choices: answer.choices, enabled: answer.enabled });
    if (isNew && !byId("controls").contains(document.activeElement)) showControls();
    byId("notice").hidden = true;
    showItems();
  } catch (error) {
    if (turn === page.asking) showNotice(error);
  } finally {
    clearTimeout(loading);
  }
}

function showItems() {
  if (page.items === null) return;
  const { items, filters } = page;
  const count = items.length < AT_MOST ? a("count", items.length) : a("atMost", AT_MOST);
  byId("count").textContent = items.length ? [filters.id ? "" : count, page.enabled ? "" : a("readOnly")].filter(Boolean).join(" · ") : "";
  if (items.length) {
    byId("alerts").replaceChildren(...items.map(cardOf));
  } else {
    const isFiltered = filters.series || filters.lang !== "*" || filters.severity !== "1" || filters.state !== "all";
    const words = filters.id ? a("noSuch") : isFiltered ? a("emptyFiltered") : a("empty");
    byId("alerts").replaceChildren(h("li", { className: "empty" }, words));
  }
  sweep();
}

function cardOf(item) {
  return card(item, { enabled: page.enabled, isOpen: Boolean(page.filters.id), onAct: (act, more) => change(item, act, more) });
}

/** Save one act, after those before it; what the alert is afterwards takes its place. */
async function change(item, act, more = {}) {
  await knowWho();
  const settings = storedSettings();
  settings.labeller ||= await askName();
  if (!settings.labeller) return;
  storeSettings(settings);
  page.last = page.last.then(() => send(item, act, more, settings.labeller));
  await page.last;
}

async function send(seen, act, more, me) {
  const item = page.items.find((one) => one.alert_id === seen.alert_id) ?? seen;
  const posted = { alert_id: item.alert_id, expected_change: item.change, act, made_by: me, ...more };
  try {
    const { item: now } = await get("/api/alerts/act", undefined, posted);
    put(item, now, [a("saved"), undo(now, act)], { keepsDraft: act !== "note" });
  } catch (error) {
    if (error.code === "changed_meanwhile") {
      put(item, error.item, [error.item ? a("meanwhile") : a("noSuch")], { keepsDraft: true });
      return;
    }
    const { what, help } = explain(error);
    const fate = elementOf(item)?.querySelector(".fate");
    if (fate) fate.textContent = `${what} ${help}`;
  }
}

function undo(item, act) {
  if (!BACK[act] || !item) return null;
  return h("button", { type: "button", className: "quiet", on: { click: () => change(item, BACK[act]) } }, a("undo"));
}

/** Show an alert as it is now. A note somebody is writing is not lost to a change of something else. */
function put(item, now, fate, { keepsDraft }) {
  const old = elementOf(item);
  if (!old) return;
  const written = old.querySelector(".note-form:not([hidden]) textarea");
  const isWriting = written !== null && written === document.activeElement;
  const hadFocus = old.contains(document.activeElement);
  const next = now ? cardOf(now) : h("li", { className: "item card" }, h("p", { className: "fate", role: "status" }));
  page.items = page.items.map((one) => (one.alert_id === item.alert_id ? now : one)).filter(Boolean);
  old.replaceWith(next);
  sweep();
  next.tabIndex = -1;
  const form = next.querySelector(".note-form");
  if (keepsDraft && written && form) {
    form.hidden = false;
    form.querySelector("textarea").value = written.value;
  }
  if (hadFocus) (isWriting && keepsDraft && form ? form.querySelector("textarea") : next).focus();
  next.querySelector(".fate").replaceChildren(...fate.filter(Boolean));
}

function elementOf(item) {
  return document.querySelector(`[data-key="${CSS.escape(item.alert_id)}"]`);
}

function showControls() {
  const { series, langs } = page.choices;
  const select = (name, options) => {
    const element = h("select", { id: `filter-${name}` }, options.map(([value, text]) => h("option", { value }, text)));
    element.value = page.filters[name];
    element.addEventListener("change", () => {
      page.filters[name] = element.value;
      writeFilters();
      load();
    });
    return h("label", { className: "choice", for: `filter-${name}` }, h("span", {}, a(name)), element);
  };
  const known = (values, one) => [...new Set([...values, ...(one ? [one] : [])])];
  byId("controls").replaceChildren(
    h(
      "div",
      { className: "control-group" },
      select("state", Object.entries(a("states"))),
      select("series", [["", a("anySeries")], ...known(series, page.filters.series).map((one) => [one, one])]),
      select("lang", [["*", a("anyLang")], ...known(langs, page.filters.lang === "*" ? "" : page.filters.lang).map((one) => [one, one ? langName(one) : a("noLang")])]),
      select("severity", Object.entries(a("severities"))),
    ),
  );
  byId("controls").hidden = Boolean(page.filters.id);
}

function readFilters() {
  const address = new URLSearchParams(location.search);
  const one = (name, known, other) => (known.includes(address.get(name)) ? address.get(name) : other);
  return {
    id: address.get("id") ?? "",
    state: one("state", ["all", "now", "open", "fading", "closed", "acknowledged", "snoozed"], "all"),
    series: address.get("series") ?? "",
    lang: address.get("lang") ?? "*",
    severity: one("severity", ["1", "4", "7"], "1"),
  };
}

function writeFilters() {
  const usual = { id: "", state: "all", series: "", lang: "*", severity: "1" };
  const chosen = Object.entries(page.filters).filter(([name, value]) => value !== usual[name]);
  const query = new URLSearchParams(chosen).toString();
  history.replaceState(null, "", location.pathname + (query ? `?${query}` : ""));
}

function showNotice(error) {
  const { what, help } = explain(error);
  byId("notice").replaceChildren(h("p", {}, what), h("p", {}, help));
  byId("notice").hidden = false;
}

function showWords() {
  byId("title").textContent = a("title");
  byId("description").textContent = a("lead");
  document.title = t("page", a("title"));
  byId("only").replaceChildren(h("a", { href: "/alerts" }, a("all")));
  byId("only").hidden = !page.filters.id;
  showControls();
  showItems();
}

start();
