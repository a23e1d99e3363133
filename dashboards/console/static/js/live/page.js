// The live page: filters, the stream, pause, and how much of it is shown.

import { get } from "../api.js";
import { startChrome } from "../chrome.js";
import { h } from "../dom.js";
import { formatValue } from "../format.js";
import { explain, t } from "../i18n.js";
import { Filters, filterQuery, readFilters } from "../mentions/filters.js";
import { Feed } from "./feed.js";
import { Stream } from "./stream.js";
import { l } from "./words.js";

const SCROLLED_PX = 240; // further down somebody reads, and nothing must move
const NEWS_EVERY_MS = 30_000; // a screen reader is not to be talked over
const PILLS = { connecting: "loading", live: "good", away: "bad", database: "bad" };

const byId = (id) => document.getElementById(id);
const page = { state: "connecting", paused: false, came: 0, shown: 0, waiting: 0, unsaid: 0, isSampled: false, before: null, filters: readFilters() };
let turn = 0;
let filters;
let feed;
let stream;

function start() {
  startChrome({ onLanguage: showWords });
  filters = new Filters(page.filters, restart);
  byId("controls").replaceChildren(filters.element);
  byId("controls").addEventListener("submit", (event) => event.preventDefault());
  feed = new Feed(byId("feed"), onShown);
  stream = new Stream({ onState, onMentions });
  byId("pause").addEventListener("click", () => pause(!page.paused));
  byId("fresh").addEventListener("click", showFresh);
  byId("feed").addEventListener("keydown", (event) => {
    if (event.key.toLowerCase() === "p" && !event.ctrlKey && !event.metaKey && !event.altKey) pause(!page.paused);
  });
  addEventListener("scroll", holdOrNot, { passive: true });
  byId("feed").addEventListener("focusin", holdOrNot);
  byId("feed").addEventListener("focusout", () => setTimeout(holdOrNot));
  setInterval(sayNews, NEWS_EVERY_MS);
  showWords();
  filters.load().catch(showNotice);
  stream.open(filterQuery(page.filters));
}

function restart() {
  const query = filterQuery(page.filters).toString();
  history.replaceState(null, "", location.pathname + (query ? `?${query}` : ""));
  Object.assign(page, { came: 0, shown: 0, waiting: 0, unsaid: 0, isSampled: false, before: null });
  feed.clear();
  stream.open(query);
  showCounts();
}

async function onState(state) {
  const wasLive = page.state === "live";
  page.state = state;
  showPill();
  if (state !== "live" || wasLive) return;
  // What is there already, and what was missed meanwhile.
  const mine = ++turn;
  try {
    const { mentions } = await get(`/api/live/before?${filterQuery(page.filters)}`);
    if (mine !== turn) return;
    byId("notice").hidden = true;
    page.before = mentions.length;
    feed.add(mentions.reverse());
    showCounts();
  } catch (error) {
    if (mine === turn) showNotice(error);
  }
}

function onMentions(came, mentions) {
  page.came += came;
  page.unsaid += came;
  page.isSampled = came > mentions.length;
  if (feed.held) page.waiting += came;
  feed.add(mentions.map((mention) => ({ ...mention, isNew: true })));
  showCounts();
}

/** Of what came since the page was opened; what was there before is no part of it. */
function onShown(mentions) {
  page.shown += mentions.filter(({ isNew }) => isNew).length;
  showCounts();
}

function pause(paused) {
  page.paused = paused;
  holdOrNot();
  showPill();
}

function holdOrNot() {
  const isRead = scrollY > SCROLLED_PX || byId("feed").contains(document.activeElement);
  const held = page.paused || isRead;
  if (held === feed.held) return;
  if (!held) page.waiting = 0;
  feed.hold(held);
  showCounts();
}

/** Show what waits: at the top, and going on. */
function showFresh() {
  scrollTo(0, 0);
  byId("pause").focus({ preventScroll: true });
  page.waiting = 0;
  feed.hold(false);
  page.paused = false;
  holdOrNot();
  showPill();
  showCounts();
}

function showCounts() {
  const number = (value) => formatValue(value);
  const counted = page.came ? l("count", number(page.shown), number(page.came)) : "";
  byId("count").textContent = [counted, page.isSampled ? l("sampled") : ""].filter(Boolean).join(" · ");
  byId("fresh").hidden = page.waiting === 0;
  byId("fresh").textContent = l("fresh", number(page.waiting));
  byId("empty").hidden = page.state !== "live" || page.before === null || byId("feed").childElementCount + feed.waiting.length > 0;
}

/** Now and then, in one sentence, what came. */
function sayNews() {
  if (!page.unsaid || page.paused) return;
  byId("said").textContent = l("news", formatValue(page.unsaid));
  page.unsaid = 0;
}

function showPill() {
  const isPaused = page.paused && page.state === "live";
  byId("pill").dataset.state = isPaused ? "paused" : PILLS[page.state];
  const text = isPaused ? l("paused") : l(page.state);
  if (byId("pill-text").textContent !== text) {
    byId("pill-text").textContent = text;
    if (page.state !== "connecting") byId("said").textContent = text;
  }
  const button = byId("pause");
  button.textContent = l(page.paused ? "resume" : "pause");
  button.title = l("pauseKeys");
  button.setAttribute("aria-pressed", String(page.paused));
}

function showNotice(error) {
  const { what, help } = explain(error);
  byId("notice").replaceChildren(h("p", {}, what), h("p", {}, help));
  byId("notice").hidden = false;
}

function showWords() {
  byId("title").textContent = l("title");
  byId("description").textContent = l("lead");
  byId("empty").textContent = l("empty");
  document.title = t("page", l("title"));
  filters.show();
  feed.redraw();
  showPill();
  showCounts();
}

start();
