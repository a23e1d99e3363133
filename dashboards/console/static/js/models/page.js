// The page of models: what is in force, the versions, comparisons, and the history.

import { get } from "../api.js";
import { startChrome } from "../chrome.js";
import { h } from "../dom.js";
import { formatTime, formatValue } from "../format.js";
import { explain, t } from "../i18n.js";
import { knowWho, storedSettings, storeSettings } from "../labels/settings.js";
import { askName } from "../labels/thumbs.js";
import { decidePromotion, decideRollBack } from "./decide.js";
import { allFigures, differences, number, row, table } from "./figures.js";
import { gate, jobBar, nameOf } from "./parts.js";
import { sheet } from "./sheet.js";
import { headName, m } from "./words.js";

const REFRESH_MS = 20_000;
const STEP_MS = 1_000;
const byId = (id) => document.getElementById(id);
const page = { state: null, shown: null, open: new Set(), decided: null, cards: new Map() };

function start() {
  startChrome({ onLanguage: showWords });
  showWords();
  load();
  setInterval(() => {
    if (document.visibilityState === "visible" && !page.state?.running && !document.querySelector("dialog[open]")) load();
  }, REFRESH_MS);
}

async function load() {
  try {
    const state = await get("/api/models");
    const wasRunning = page.state?.running;
    page.state = state;
    if (state.problem) throw Object.assign(new Error(state.problem), { problem: state.problem });
    byId("notice").hidden = true;
    const asked = new URLSearchParams(location.search).get("comparison");
    const newest = state.comparisons.find((one) => one.state !== "cancelled");
    if (wasRunning && !state.running) {
      const ended = state.comparisons.find((one) => one.id === wasRunning.id);
      if (ended && ended.state !== "cancelled") await show(ended.id);
    } else if (page.shown === null && (asked || newest)) await show(asked ?? newest.id, { isAsked: Boolean(asked) });
    showAll();
    if (state.running) follow();
  } catch (error) {
    showNotice(error);
  }
}

/** Ask how far the comparison is until it has ended. */
function follow() {
  clearTimeout(page.following);
  page.following = setTimeout(async () => {
    try {
      const { running } = await get("/api/models/running");
      if (!running || running.id !== page.state.running?.id) {
        await load();
        return;
      }
      page.state.running = running;
      showRunning();
      page.decided?.draw();
    } catch {
      // The next question may be answered.
    }
    follow();
  }, STEP_MS);
}

async function show(id, { isAsked = true } = {}) {
  try {
    page.shown = await get(`/api/models/comparison?${new URLSearchParams({ id })}`);
    if (isAsked) history.replaceState(null, "", `/models?${new URLSearchParams({ comparison: id })}`);
  } catch (error) {
    page.shown = undefined;
    if (isAsked) showNotice(error);
  }
  showComparison();
}

function showAll() {
  showNow();
  showRunning();
  showVersions();
  showForm();
  showComparison();
  showEarlier();
  showHistory();
  if (page.decided?.isOpen) page.decided.draw();
}

function showNow() {
  const { state } = page;
  const newest = state.history[0];
  const parts = [h("div", {}, h("h2", {}, m("inForce")), inForce(state, newest)), h("div", {}, h("h2", {}, m("shadow")), inShadow(state))];
  const workers = state.workers.map((one) =>
    h("li", {}, m("worker", one.worker, nameOf(one.model_version)), one.shadow_version ? m("workerShadow", nameOf(one.shadow_version)) : "", one.trouble ? h("p", { className: "trouble" }, one.trouble) : ""),
  );
  byId("now").replaceChildren(
    h("div", { className: "pair" }, parts),
    h("details", { className: "more workers" }, h("summary", {}, `${m("workers")} (${workers.length})`), workers.length ? h("ul", {}, workers) : h("p", { className: "muted" }, m("noWorkers"))),
  );
}

function inForce(state, newest) {
  if (!state.current) return h("p", {}, m("none"));
  const how = [newest?.how === "rolled back" ? m("rolledBack") : "", newest?.forced ? m("forced") : "", m("profile", state.profile)];
  const parts = [
    h("p", { className: "big" }, nameOf(state.current)),
    newest ? h("p", { className: "facts" }, h("span", {}, m("sinceBy", formatTime(newest.since), newest.by)), how.filter(Boolean).map((one) => h("span", {}, one))) : null,
    newest?.reason ? h("p", { className: "note" }, h("strong", {}, `${m("reason")}: `), newest.reason) : null,
    newest?.gate ? h("blockquote", { lang: "en" }, h("span", { className: "muted" }, `${m("gateSaid")}: `), newest.gate) : null,
    state.enabled && state.before ? h("div", { className: "row-actions" }, button(m("rollBack"), rollBack)) : null,
  ];
  return h("div", {}, parts.filter(Boolean));
}

function inShadow(state) {
  if (!state.shadow) return h("p", { className: "muted" }, m("noShadow"));
  const said = state.shadow_said.map((one) =>
    h("li", {}, m("shadowSaid", formatValue(one.other_intent), formatValue(one.mentions), m("langName", one.lang))),
  );
  const parts = [
    h("p", { className: "big" }, nameOf(state.shadow.version)),
    h("p", { className: "facts" }, m("sinceBy", formatTime(state.shadow.since), state.shadow.set_by)),
    said.length ? h("p", { className: "muted" }, `${m("lastWeek")}:`) : h("p", { className: "muted" }, m("shadowNothing")),
    said.length ? h("ul", { className: "workers" }, said) : null,
    state.enabled ? h("div", { className: "row-actions" }, button(m("fromShadow"), () => putInShadow(""))) : null,
  ];
  return h("div", {}, parts.filter(Boolean));
}

function showRunning() {
  const { running, enabled } = page.state;
  const bar = byId("running").querySelector("progress");
  byId("running").hidden = !running;
  if (!running) byId("running").replaceChildren();
  else if (bar && byId("running").dataset.id === running.id) Object.assign(bar, { max: running.of, value: running.done });
  else byId("running").replaceChildren(...jobBar(running, enabled ? cancel : null).childNodes);
  byId("running").dataset.id = running?.id ?? "";
}

function showVersions() {
  const { versions } = page.state;
  const items = versions.map(versionItem);
  byId("versions").replaceChildren(...(items.length ? items : [h("li", { className: "empty" }, m("noVersions"))]));
}

function versionItem(one) {
  const { state } = page;
  const is = one.version === state.current ? "current" : one.version === state.shadow?.version ? "shadow" : state.history.some(({ version }) => version === one.version) ? "was" : "never";
  const parts = [h("div", { className: "item-head" }, h("h3", {}, nameOf(one.version)), h("span", { className: "badge", data: { is } }, m("is")[is]), one.has_accurate ? h("span", { className: "muted" }, m("accurate")) : null)];
  if (one.problem) parts.push(h("p", { className: "problem" }, one.problem));
  else {
    const langs = Object.entries(one.langs).map(([lang, count]) => `${m("langName", lang)} ${formatValue(count)}`).join(", ");
    parts.push(h("p", { className: "facts" }, h("span", {}, m("learnt", formatValue(one.mentions), langs)), one.taught ? h("span", {}, m("taught", formatValue(one.taught))) : null));
    if (one.intent) parts.push(h("p", { className: "facts" }, m("intentFigures", number(one.intent.macro_f1, 2), number(one.intent.average_precision, 2), number(one.intent.prevalence, 2))));
    if (state.enabled && is !== "current") parts.push(versionActions(one, is));
    parts.push(cardOf(one.version));
  }
  return h("li", { className: "item card version", data: { version: one.version } }, parts);
}

function versionActions(one, is) {
  const { state } = page;
  return h(
    "div",
    { className: "row-actions" },
    state.current ? button(m("compareWithCurrent"), () => compare(state.current, one.version)) : null,
    button(m("promote"), () => promote(one.version)),
    state.current ? button(m(is === "shadow" ? "fromShadow" : "toShadow"), () => putInShadow(is === "shadow" ? "" : one.version)) : null,
  );
}

/** The card, asked for when it is opened. */
function cardOf(version) {
  const place = h("div", {});
  const details = h("details", { className: "more" }, h("summary", {}, m("card")), place);
  const fill = async () => {
    try {
      if (!page.cards.has(version)) page.cards.set(version, await get(`/api/models/card?${new URLSearchParams({ version })}`));
      place.replaceChildren(sheet(page.cards.get(version)));
    } catch (error) {
      place.replaceChildren(h("p", { className: "problem" }, told(error)));
    }
  };
  details.addEventListener("toggle", () => {
    if (details.open) page.open.add(version);
    else page.open.delete(version);
    if (details.open) fill();
  });
  details.open = page.open.has(version);
  return details;
}

function showForm() {
  if (byId("compare").contains(document.activeElement)) return;
  const { versions, current, enabled } = page.state;
  const known = versions.filter((one) => !one.problem).flatMap((one) => [one.version, ...(one.has_accurate ? [`${one.version}+accurate`, `${one.version}+cascade`] : [])]);
  const select = (name, value) => {
    const element = h("select", { id: `compare-${name}`, name }, [...known, "keyword-rules"].map((one) => h("option", { value: one }, nameOf(one))));
    element.value = byId(`compare-${name}`)?.value || value;
    return h("label", { className: "choice", for: element.id }, h("span", {}, m(name)), element);
  };
  const other = known.find((one) => one !== current) ?? "keyword-rules";
  byId("compare").replaceChildren(
    h("p", { className: "muted" }, enabled ? m("compareHelp") : m("readOnly")),
    ...(enabled && known.length ? [select("a", current || known[0]), select("b", other), h("button", { type: "submit", className: "quiet strong" }, m("begin"))] : []),
  );
}

function showComparison() {
  const one = page.shown;
  if (!one) return byId("comparison").replaceChildren();
  const { found } = one;
  const parts = [h("h3", {}, `A: ${nameOf(one.a)} · B: ${nameOf(one.b)}`), one.state === "cancelled" ? h("p", {}, m("endedAs").cancelled) : gate(one)];
  if (found) {
    const { comparison, verdict } = found;
    if (verdict.not_judged.length) parts.push(h("p", { className: "muted" }, m("notJudged", verdict.not_judged.map(headName).join(", "))));
    parts.push(h("p", { className: "muted" }, m("measuredOn", formatValue(comparison.mentions), comparison.learnt && formatValue(comparison.learnt), found.labelled && formatValue(found.labelled))));
    parts.push(...differences(found));
    parts.push(h("p", { className: "muted" }, comparison.heads.map((head) => `${headName(head.head)}: ${m("disagree", formatValue(head.disagree), formatValue(head.mentions))}`).join("; ")));
    parts.push(h("details", { className: "more" }, h("summary", {}, m("allFigures")), allFigures(found)));
    if (comparison.examples.length) parts.push(h("details", { className: "more" }, h("summary", {}, m("examples")), examples(comparison.examples)));
  }
  byId("comparison").replaceChildren(h("div", { className: "result card" }, parts));
}

function examples(list) {
  const cell = (text) => h("td", {}, text);
  return table(m("examples"), [m("head"), m("text"), m("truth"), "A", "B"], 5, list.map((one) => row(headName(one.head), [one.text, one.truth || "–", one.a, one.b].map(cell))));
}

function showEarlier() {
  const { comparisons } = page.state;
  const lines = comparisons.map((one) => {
    const fate = one.state === "done" ? m("verdict")[one.passed ? "yes" : "no"] : m("endedAs")[one.state];
    const words = `${formatTime(one.asked_at)}, ${one.asked_by}: A ${nameOf(one.a)}, B ${nameOf(one.b)} — ${fate}`;
    return h("button", { type: "button", on: { click: () => show(one.id) } }, words);
  });
  byId("comparisons").replaceChildren(
    h("details", { className: "more", open: false }, h("summary", {}, `${m("earlier")} (${lines.length})`), h("div", { className: "earlier" }, lines.length ? lines : h("p", { className: "muted" }, m("noEarlier")))),
  );
}

function showHistory() {
  const rows = page.state.history.map((one) =>
    row(formatTime(one.since), [nameOf(one.version), `${m("how")[one.how] ?? one.how}${one.forced ? `, ${m("forced")}` : ""}`, one.by, one.reason, h("td", { lang: "en" }, one.gate)].map((cell) => (cell instanceof Node ? cell : h("td", {}, cell)))),
  );
  byId("history").replaceChildren(rows.length ? table(m("history"), [m("when"), m("version"), m("what"), m("who"), m("reason"), m("gateSaid")], 6, rows) : h("p", { className: "muted" }, m("none")));
}

function button(words, listener) {
  return h("button", { type: "button", className: "quiet", on: { click: listener } }, words);
}

async function compare(a, b) {
  const wrong = await post("compare", { a, b }, null);
  if (wrong) tell(wrong);
  else byId("running").scrollIntoView({ block: "nearest" });
}

async function cancel(id) {
  tell((await post("cancel", { id }, m("done").cancel())) || m("done").cancel());
}

async function putInShadow(version) {
  const done = m("done").shadow(version && nameOf(version));
  tell((await post("shadow", { version }, done)) || done);
}

function promote(version) {
  const send = async (posted) => {
    const wrong = await post("promote", posted);
    if (!wrong) tell(m("done").promote(nameOf(version)));
    return wrong;
  };
  page.decided = decidePromotion(version, { state: () => page.state, ask: compare, cancel, send });
}

function rollBack() {
  const { before } = page.state;
  const send = async (posted) => {
    const wrong = await post("roll-back", posted);
    if (!wrong) tell(m("done")["roll-back"](nameOf(before)));
    return wrong;
  };
  page.decided = decideRollBack({ state: () => page.state, send });
}

/** Post something in somebody's name and look anew; returns what went wrong in words, or "". */
async function post(what, posted) {
  await knowWho();
  const settings = storedSettings();
  settings.labeller ||= await askName();
  if (!settings.labeller) return m("who");
  storeSettings(settings);
  let wrong = "";
  try {
    await get(`/api/models/${what}`, undefined, { ...posted, made_by: settings.labeller });
  } catch (error) {
    wrong = told(error);
  }
  await load();
  return wrong;
}

function tell(words) {
  byId("told").textContent = words;
}

function told(error) {
  const own = m("errors")[error.code];
  const { what, help } = own ? { what: own[0], help: own[1] || error.remedy } : explain(error);
  return `${what} ${help ?? ""}`.trim();
}

function showNotice(error) {
  byId("notice").replaceChildren(h("p", {}, error.problem ? m("problem", error.problem) : told(error)));
  byId("notice").hidden = false;
}

function showWords() {
  byId("title").textContent = m("title");
  byId("description").textContent = m("lead");
  byId("versions-title").textContent = m("versions");
  byId("compare-title").textContent = m("compare");
  byId("history-title").textContent = m("history");
  document.title = t("page", m("title"));
  if (page.state && !page.state.problem) showAll();
}

byId("compare").addEventListener("submit", (event) => {
  event.preventDefault();
  compare(byId("compare-a").value, byId("compare-b").value);
});
start();
