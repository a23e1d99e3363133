// The pages of the two queues, leads and care: filters, the list, and changes that wait their turn.

import * as api from "../api.js";
import { startChrome } from "../chrome.js";
import { h } from "../dom.js";
import { explain, t } from "../i18n.js";
import { knowWho, storedSettings, storeSettings } from "../labels/settings.js";
import { askName, startThumbs } from "../labels/thumbs.js";
import { card, subjectOf } from "./card.js";
import { d } from "./words.js";

const REFRESH_MS = 30_000;
const AT_MOST = 100;
const KINDS = {
  leads: ["ready_to_buy", "asks_recommendation", "unhappy_with_rival", "comparing", "thinking"],
  care: ["needs_reply", "addressed"],
};
const byId = (id) => document.getElementById(id);
const queue = location.pathname === "/care" ? "care" : "leads";
const page = { items: null, enabled: false, target: null, filters: readFilters(), asking: 0, last: Promise.resolve() };

function start() {
  startChrome({ onLanguage: showWords });
  showWords();
  load();
  startThumbs(showItems);
  byId("controls").addEventListener("submit", (event) => event.preventDefault());
  setInterval(() => {
    if (document.visibilityState === "visible" && !isInUse()) load({ isAsked: false });
  }, REFRESH_MS);
}

/** True under somebody's fingers. */
function isInUse() {
  return byId("queue").contains(document.activeElement);
}

async function load({ isAsked = true } = {}) {
  const turn = ++page.asking;
  const loading = setTimeout(() => (byId("count").textContent = d("loading")), 300);
  try {
    await knowWho();
    const me = storedSettings().labeller;
    const owner = page.filters.owner === "me" ? me || " " : page.filters.owner; // nobody is called " "
    const answer = await api.queue(queue, { ...page.filters, owner });
    if (turn !== page.asking || (!isAsked && isInUse())) return; // somebody may have begun meanwhile
    page.items = answer.items;
    page.enabled = answer.enabled;
    page.target = answer.target_minutes ?? null;
    showTarget();
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
  const { items } = page;
  const words = d(queue);
  const count = items.length < AT_MOST ? words.count(items.length) : d("atMost", AT_MOST);
  const notes = [page.target && d("targetIs", page.target), page.enabled ? null : d("readOnly")];
  byId("count").textContent = items.length ? [count, ...notes].filter(Boolean).join(" · ") : "";
  if (!items.length) {
    const isFiltered = page.filters.show !== "open" || page.filters.kind || page.filters.owner;
    byId("queue").replaceChildren(h("li", { className: "empty" }, isFiltered ? words.emptyFiltered : words.empty));
    return;
  }
  byId("queue").replaceChildren(...items.map(cardOf));
}

function cardOf(item) {
  return card(queue, item, {
    me: storedSettings().labeller,
    enabled: page.enabled,
    onChange: (kind, value) => change(item, kind, value),
  });
}

/** Save one change, after those before it; what the item is afterwards takes its place. */
async function change(item, kind, value) {
  const settings = storedSettings();
  settings.labeller ||= await askName();
  if (!settings.labeller) return false;
  storeSettings(settings);
  const made = page.last.then(() => send(item, kind, value, settings.labeller));
  page.last = made;
  return made;
}

async function send(seen, kind, value, me) {
  const item = page.items.find((one) => keyOf(one) === keyOf(seen)) ?? seen;
  try {
    const { item: now } = await api.change(queue, {
      source: item.source,
      subject: subjectOf(queue, item),
      expected_version: item.version,
      kind,
      value: value ?? me,
      made_by: me,
    });
    put(item, now, d(now ? "saved" : "left"), kind);
    return true;
  } catch (error) {
    if (error.code === "changed_meanwhile") {
      put(item, error.item, d(error.item ? "meanwhile" : "left"));
      return false;
    }
    const { what, help } = explain(error);
    const fate = elementOf(item)?.querySelector(".fate");
    if (fate) fate.textContent = `${what} ${help}`;
    return false;
  }
}

/** Show an item as it is now. What somebody is writing is not lost, but for what was just `saved`. */
function put(item, now, fate, saved = "") {
  const old = elementOf(item);
  if (!old) return;
  const drafts = [...old.querySelectorAll("form:not([hidden]) .draft")].filter((draft) => !draft.closest(`.${saved || "no"}-form`));
  const written = drafts.find((draft) => draft === document.activeElement);
  const hadFocus = old.contains(document.activeElement);
  const next = now ? cardOf(now) : h("li", { className: "item card" }, h("p", { className: "fate", role: "status" }));
  page.items = page.items.map((one) => (one === item ? now : one)).filter(Boolean);
  old.replaceWith(next);
  next.tabIndex = -1;
  for (const draft of drafts) open(next, draft);
  if (hadFocus) ((written && next.querySelector(`#${written.id}`)) ?? next).focus();
  next.querySelector(".fate").textContent = fate;
}

/** Open the form again that somebody was writing in, if it is still there. */
function open(card, draft) {
  const field = card.querySelector(`#${draft.id}`);
  if (!field) return;
  field.value = draft.value;
  const form = field.closest("form");
  form.hidden = false;
  card.querySelector(`[aria-controls="${form.id}"]`).setAttribute("aria-expanded", "true");
}

function keyOf(item) {
  return `${item.source}/${subjectOf(queue, item)}`;
}

function elementOf(item) {
  return document.querySelector(`[data-key="${CSS.escape(keyOf(item))}"]`);
}

function showControls() {
  const select = (name, options) => {
    const element = h("select", { id: `filter-${name}` });
    element.append(...options.map(([value, text]) => h("option", { value }, text)));
    element.value = page.filters[name];
    element.addEventListener("change", () => {
      page.filters[name] = element.value;
      writeFilters();
      load();
    });
    return h("label", { className: "choice", for: `filter-${name}` }, h("span", {}, d(name)), element);
  };
  byId("controls").replaceChildren(
    h(
      "div",
      { className: "control-group" },
      select("show", Object.entries(d("shown"))),
      select("kind", [["", d("anyKind")], ...KINDS[queue].map((kind) => [kind, d("kinds")[kind]])]),
      select("owner", Object.entries(d("owners"))),
      queue === "care" ? targetField() : null,
    ),
  );
}

function targetField() {
  const input = h("input", { type: "number", id: "target", min: 1, max: 10_080, required: true });
  input.addEventListener("change", async () => {
    if (!input.reportValidity()) return;
    const settings = storedSettings();
    settings.labeller ||= await askName();
    if (!settings.labeller) return;
    storeSettings(settings);
    try {
      await api.setTarget(Number(input.value), settings.labeller);
      await load();
    } catch (error) {
      showNotice(error);
    }
  });
  return h("label", { className: "choice target", for: "target" }, h("span", {}, d("target")), input);
}

function showTarget() {
  const input = byId("target");
  if (!input || input === document.activeElement) return;
  input.value = page.target ?? "";
  input.disabled = !page.enabled;
}

function readFilters() {
  const address = new URLSearchParams(location.search);
  const one = (name, known, other) => (known.includes(address.get(name)) ? address.get(name) : other);
  return {
    show: one("show", ["open", "closed", "all"], "open"),
    kind: one("kind", KINDS[queue], ""),
    owner: one("owner", ["me", "-"], ""),
  };
}

function writeFilters() {
  const chosen = Object.entries(page.filters).filter(([name, value]) => value && !(name === "show" && value === "open"));
  const query = new URLSearchParams(chosen).toString();
  history.replaceState(null, "", location.pathname + (query ? `?${query}` : ""));
}

function showNotice(error) {
  const { what, help } = explain(error);
  byId("notice").replaceChildren(h("p", {}, what), h("p", {}, help));
  byId("notice").hidden = false;
}

function showWords() {
  const words = d(queue);
  byId("title").textContent = words.title;
  byId("description").textContent = words.lead;
  document.title = t("page", words.title);
  showControls();
  showTarget();
  showItems();
}

start();
