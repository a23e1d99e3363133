// The search page: the question and its address, results as they come, and files of them.

import { ApiError, get } from "../api.js";
import { startChrome } from "../chrome.js";
import { h } from "../dom.js";
import { formatTime, formatValue } from "../format.js";
import { explain, t } from "../i18n.js";
import { card } from "../mentions/card.js";
import { Filters, filterQuery, readFilters } from "../mentions/filters.js";
import { ranges } from "../state.js";
import { showHelp } from "./help.js";
import { showProblems } from "./problems.js";
import { run } from "./run.js";
import { s } from "./words.js";

const PERIOD = "now-7d";
const BESIDE = "(min-width: 1160px)"; // where the help stands beside the box
const byId = (id) => document.getElementById(id);
const number = (value) => formatValue(value);
const page = { filters: readFilters(), from: PERIOD, to: "now", rule: "", about: null, search: null, problems: [] };
let filters;

function start() {
  startChrome({ onLanguage: showWords });
  filters = new Filters(page.filters, ask, addPeriod);
  byId("controls").replaceChildren(filters.element);
  byId("help").open = matchMedia(BESIDE).matches;
  readAddress();
  byId("search").addEventListener("submit", (event) => {
    event.preventDefault();
    ask();
  });
  byId("rule").addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    ask();
  });
  byId("cancel").addEventListener("click", cancel);
  byId("more").addEventListener("click", more);
  addEventListener("popstate", () => {
    readAddress();
    showWords();
    if (isAsked()) search();
  });
  showWords();
  filters.load().catch(showNotice);
  get("/api/search/about").then((about) => {
    page.about = about;
    showFound();
    if (!about.enabled) showNotice({ code: "no_search" });
  }, showNotice);
  if (isAsked()) search();
  else byId("rule").focus();
}

function readAddress() {
  const address = new URLSearchParams(location.search);
  page.rule = address.get("q") ?? "";
  page.from = address.get("from") ?? PERIOD;
  page.to = address.get("to") ?? "now";
  Object.assign(page.filters, readFilters());
  byId("rule").value = page.rule;
}

/** Whether the address asks for something: a bare one shows an empty page. */
function isAsked() {
  return location.search.length > 1;
}

function question() {
  const query = filterQuery(page.filters);
  query.set("q", page.rule);
  query.set("from", page.from);
  query.set("to", page.to);
  return query;
}

/** Put what was chosen into the address, so that it can be shared, and search for it. */
function ask() {
  page.rule = byId("rule").value.trim();
  const address = `${location.pathname}?${question()}`;
  if (address !== location.pathname + location.search) history.pushState(null, "", address);
  search();
}

async function search() {
  page.search?.stop.abort();
  const one = { stop: new AbortController(), found: 0, looked: 0, total: 0, state: "running", after: null, reached: 0, query: question(), shown: 0 };
  page.search = one;
  page.problems = [];
  byId("notice").hidden = true;
  byId("results").replaceChildren();
  showFound();
  showMistakes();
  const query = new URLSearchParams(one.query);
  query.set("count", "yes");
  try {
    const { problems } = await get(`/api/search/check?${new URLSearchParams({ q: page.rule })}`, one.stop.signal);
    if (problems.length) throw new ApiError("bad_rule", "", problems);
    await run(query, { signal: one.stop.signal, onStep: (step) => one === page.search && take(one, step) });
  } catch (error) {
    if (one !== page.search || one.state === "cancelled") return;
    one.state = "failed";
    if (error.code === "bad_rule") {
      page.problems = error.problems;
      showMistakes();
    } else showNotice(error);
    showFound();
  }
}

function take(one, step) {
  if (step.step === "begin") {
    // Later pages are of the same period, whatever time it is by then.
    one.query.set("from", step.from);
    one.query.set("to", step.to);
  } else if (step.step === "waiting") {
    one.state = "queued";
  } else if (step.step === "page") {
    put(one, step);
  } else if (step.step === "progress" || step.step === "end") {
    Object.assign(one, { found: step.found, looked: step.looked_at, total: step.total, reached: step.reached_ms, state: "running" });
    if (step.step === "end") one.state = step.is_exact ? "exact" : "time";
  }
  showFound();
  if (one.state === "exact" || one.state === "time") byId("said").textContent = byId("count").textContent;
}

function put(one, { mentions, after }) {
  one.after = after;
  one.shown += mentions.length;
  byId("results").append(
    ...mentions.map((mention) => {
      const article = card(mention, "h3");
      article.mention = mention;
      return article;
    }),
  );
}

function cancel() {
  page.search.state = "cancelled";
  page.search.stop.abort();
  showFound();
  byId("rule").focus();
}

/** The next page, from where the last one ended. */
async function more() {
  const one = page.search;
  const button = byId("more");
  if (button.disabled) return;
  button.disabled = true;
  const query = new URLSearchParams(one.query);
  query.set("after", one.after);
  const before = byId("results").childElementCount;
  try {
    await run(query, { signal: new AbortController().signal, onStep: (step) => one === page.search && step.step === "page" && put(one, step) });
    byId("results").children[before]?.focus();
  } catch (error) {
    showNotice(error);
  } finally {
    button.disabled = false;
    showFound();
  }
}

function showFound() {
  const one = page.search;
  byId("found").hidden = one === null || one.state === "failed";
  if (one === null) return;
  const isRunning = one.state === "running" || one.state === "queued";
  const isSure = one.state === "exact";
  const nothing = isSure && one.found === 0;
  const counted = {
    queued: () => s("queued"),
    running: () => (one.found ? s("soFar", number(one.found)) : s("searching")),
    exact: () => (nothing ? s("nothing") : s("exactly", number(one.found))),
  };
  byId("count").textContent = (counted[one.state] ?? (() => s("atLeast", number(one.found))))();
  const looked = [number(one.looked), number(one.total)];
  const reach = {
    queued: "",
    running: one.total ? s("progress", ...looked) : "",
    exact: nothing ? s("nothingHelp") : "",
    time: s("timeOver", ...looked, formatTime(one.reached)),
    cancelled: s("cancelled", ...looked),
  };
  byId("reach").textContent = reach[one.state] ?? "";
  byId("reach").hidden = !byId("reach").textContent;
  byId("progress").hidden = !isRunning;
  byId("progress").value = one.total ? Math.min(1, one.looked / one.total) : 0;
  byId("progress").setAttribute("aria-label", s("searching"));
  byId("cancel").hidden = !isRunning;
  byId("more").hidden = one.after === null;
  byId("save").hidden = isRunning || nothing || !page.about?.enabled;
  if (!byId("save").hidden) showSave(one);
}

function showSave(one) {
  const link = (format, name) => {
    const query = new URLSearchParams(one.query);
    query.set("format", format);
    return h("a", { className: "quiet", href: `/api/search/export?${query}`, download: "", id: `save-${format}` }, name);
  };
  const language = document.documentElement.lang;
  const isOpen = byId("save").querySelector("details")?.open ?? false;
  byId("save").replaceChildren(
    h("div", { className: "bar" }, h("span", {}, s("save")), link("csv", "CSV"), link("parquet", "Parquet")),
    h("p", { className: "muted" }, s("cut", number(page.about.max_rows))),
    h(
      "details",
      { className: "more-about", open: isOpen },
      h("summary", {}, s("columns")),
      h("p", {}, s("safe")),
      h("dl", { className: "columns" }, page.about.columns.map((column) => h("div", {}, h("dt", {}, h("code", {}, column.name)), h("dd", {}, column[language] ?? column.en)))),
    ),
  );
}

function showMistakes() {
  showProblems(byId("problems"), byId("rule"), page.rule, page.problems);
}

/** The period stands first among the filters. */
function addPeriod(group) {
  const select = h("select", { id: "period" });
  const isKnown = page.to === "now" && ranges.includes(page.from);
  const options = ranges.map((from) => [from, t("ranges")[from]]);
  if (!isKnown) options.unshift(["", t("custom")]);
  select.append(...options.map(([value, text]) => h("option", { value }, text)));
  select.value = isKnown ? page.from : "";
  select.addEventListener("change", () => {
    if (!select.value) return;
    Object.assign(page, { from: select.value, to: "now" });
    ask();
  });
  group.prepend(h("label", { className: "choice", for: "period" }, h("span", {}, s("period")), select));
}

function showNotice(error) {
  const { what, help } = explain(error);
  byId("notice").replaceChildren(h("p", {}, what), h("p", {}, help));
  byId("notice").hidden = false;
}

function showWords() {
  byId("title").textContent = s("title");
  byId("description").textContent = s("lead");
  byId("rule-label").textContent = s("rule");
  byId("rule-hint").textContent = s("hint");
  byId("cancel").textContent = s("cancel");
  byId("go").textContent = s("search");
  byId("more").textContent = s("more");
  document.title = t("page", s("title"));
  filters.show();
  showHelp(byId("help"), (example) => {
    byId("rule").value = example;
    byId("rule").focus();
    ask();
  });
  showMistakes();
  showFound();
  for (const article of [...byId("results").children]) {
    const again = card(article.mention, "h3");
    again.mention = article.mention;
    article.replaceWith(again);
  }
}

start();
