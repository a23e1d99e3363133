// Puts the page together: one dashboard, its controls, its panels, and the polling.

import * as api from "./api.js";
import { startChrome } from "./chrome.js";
import { Controls } from "./controls.js";
import { h } from "./dom.js";
import { fieldOf, stepOf } from "./fields.js";
import { formatValue } from "./format.js";
import { explain, pick, t } from "./i18n.js";
import { setPeriod } from "./links.js";
import { startThumbs } from "./labels/thumbs.js";
import { PanelFrame } from "./panel.js";
import { Poller } from "./poller.js";
import { dataQuery, readState, writeState } from "./state.js";

const FRESHNESS = "freshness_p95";
const RETRY_MS = 3_000;
const VALUES_EVERY_MS = 60_000;

const byId = (id) => document.getElementById(id);
const page = { board: null, state: null, frames: [], headings: [], variables: [], freshness: null, failure: null };

const poller = new Poller(askPanel, afterRound);
const controls = new Controls(byId("controls"), {
  onQuestion() {
    writeState(page.state);
    setPeriod(page.state);
    for (const frame of page.frames) frame.ask();
    poller.restart();
    loadMarks();
  },
  onRefresh() {
    writeState(page.state);
    poller.every(page.state.refresh);
  },
  onPause() {
    poller.pause(!poller.paused);
    controls.showPaused(poller.paused);
    showPill();
  },
  onReload() {
    poller.now();
  },
});

function start() {
  startChrome({
    onLanguage() {
      showWords();
      for (const frame of page.frames) frame.build();
    },
    onTheme() {
      for (const frame of page.frames) frame.repaint();
    },
  });
  showWords();
  startThumbs(() => {
    for (const frame of page.frames) if (frame.data) frame.draw();
  });
  load();
}

async function load() {
  try {
    const uid = decodeURIComponent(location.pathname.match(/^\/d\/([^/]+)/)?.[1] ?? "") || (await firstUid());
    page.board = await api.board(uid);
    byId("notice").hidden = true;
  } catch (error) {
    showNotice(error);
    setTimeout(load, RETRY_MS);
    return;
  }
  page.state = readState(page.board);
  setPeriod(page.state);
  layOut();
  showWords();
  poller.every(page.state.refresh);
  poller.watch(page.frames.filter((frame) => frame.hasData));
  await Promise.all([loadVariables(), loadMarks()]);
}

async function firstUid() {
  const { dashboards } = await api.boards();
  if (dashboards.length === 0) throw new api.ApiError("no_boards");
  return dashboards[0].uid;
}

async function loadVariables() {
  try {
    page.valuesAt = Date.now();
    const { variables } = await api.variables(page.board.uid);
    if (JSON.stringify(variables) === JSON.stringify(page.variables)) return;
    page.variables = variables;
    controls.fill(variables);
  } catch {
    // The panels say what is wrong; the menus are filled on a later round.
  }
}

async function loadMarks() {
  try {
    const asked = dataQuery(page.state);
    const { annotations } = await api.annotations(page.board.uid, asked);
    if (asked === dataQuery(page.state)) for (const frame of page.frames) frame.mark(annotations);
  } catch {
    // Charts do without; a later round asks again.
  }
}

function layOut() {
  const panels = [...page.board.panels].sort(
    (one, other) => one.gridPos.y - other.gridPos.y || one.gridPos.x - other.gridPos.x,
  );
  const grid = byId("grid");
  for (const panel of panels) {
    if (panel.type === "row") {
      const heading = h("h2", { className: "row" });
      page.headings.push([heading, panel.title]);
      grid.append(heading);
      continue;
    }
    const frame = new PanelFrame(panel);
    page.frames.push(frame);
    grid.append(frame.element);
  }
}

async function askPanel(frame, signal) {
  try {
    const data = await api.panelData(page.board.uid, frame.id, dataQuery(page.state), signal);
    frame.show(data);
    if (frame.panel.query === FRESHNESS) page.freshness = { frame, value: data.rows[0]?.[0] ?? null };
    return true;
  } catch (error) {
    if (signal.aborted) return true;
    frame.fail(error);
    page.failure = error;
    return false;
  }
}

function afterRound(failures) {
  if (!failures) page.failure = null;
  if (page.failure) showNotice(page.failure);
  else byId("notice").hidden = true;
  showPill();
  const waiting = page.variables.length === 0 || page.variables.some(({ options }) => !options.length);
  if (!failures && (waiting || Date.now() - page.valuesAt > VALUES_EVERY_MS)) {
    loadVariables();
    loadMarks();
  }
}

function showPill() {
  const [state, text] = pill();
  byId("pill").dataset.state = state;
  if (byId("pill-text").textContent !== text) byId("pill-text").textContent = text;
}

function pill() {
  if (poller.paused) return ["paused", t("paused")];
  if (page.failure && api.isAway(page.failure)) return ["bad", t("away")];
  if (!page.freshness) {
    const isTold = page.frames.some(({ panel }) => panel.query === FRESHNESS);
    const answered = !isTold && page.frames.some(({ data }) => data);
    return answered ? ["quiet", t("connected")] : ["loading", t("connecting")];
  }
  const { frame, value } = page.freshness;
  if (value === null) return ["quiet", t("quiet")];
  const field = fieldOf(frame.panel, "p95");
  const text = formatValue(value, field);
  const { index } = stepOf(field, value);
  return [["good", "warn", "bad"][index], t(index === 0 ? "live" : "slow", text)];
}

function showNotice(error) {
  const notice = byId("notice");
  const { what, help } =
    error.code === "no_boards" ? { what: t("noBoards"), help: "" } : explain(error);
  notice.replaceChildren(h("p", {}, what), h("p", {}, help));
  notice.hidden = false;
}

/** Everything below the header that the page says in a language of its own. */
function showWords() {
  showPill();
  if (!page.board) return;
  byId("title").textContent = pick(page.board.title);
  byId("description").textContent = pick(page.board.description);
  document.title = t("page", pick(page.board.title));
  for (const [heading, title] of page.headings) heading.textContent = pick(title);
  controls.build(page.board, page.state, page.variables, poller.paused);
}

start();
