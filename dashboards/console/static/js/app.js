// Puts the page together: one dashboard, its controls, its panels, and the polling.

import * as api from "./api.js";
import { Controls } from "./controls.js";
import { h, icon } from "./dom.js";
import { fieldOf, stepOf } from "./fields.js";
import { formatValue } from "./format.js";
import { currentLanguage, explain, pick, setLanguage, t } from "./i18n.js";
import { PanelFrame } from "./panel.js";
import { Poller } from "./poller.js";
import { dataQuery, readState, remember, storedLanguage, storedTheme, writeState } from "./state.js";

const FRESHNESS = "freshness_p95";
const SUN =
  "M8 4.800a3.200 3.200 0 1 0 0 6.400 3.200 3.200 0 0 0 0-6.400M8 1v1.500M8 13.500V15M1 8h1.500M13.500 8H15M3 3l1.100 1.100M11.900 11.900 13 13M13 3l-1.100 1.100M4.100 11.900 3 13";
const MOON = "M13.500 9.800A6 6 0 0 1 6.200 2.500a6 6 0 1 0 7.300 7.300Z";
const RETRY_MS = 3_000;
const VALUES_EVERY_MS = 60_000;

const byId = (id) => document.getElementById(id);
const darkPreferred = matchMedia("(prefers-color-scheme: dark)");
const page = { board: null, state: null, frames: [], headings: [], variables: [], freshness: null, failure: null };

const poller = new Poller(askPanel, afterRound);
const controls = new Controls(byId("controls"), {
  onQuestion() {
    writeState(page.state);
    for (const frame of page.frames) frame.ask();
    poller.restart();
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
  setLanguage(storedLanguage());
  applyTheme(storedTheme());
  byId("language").addEventListener("click", () => {
    setLanguage(currentLanguage() === "es" ? "en" : "es");
    remember("language", currentLanguage());
    showWords();
    for (const frame of page.frames) frame.build();
  });
  byId("theme").addEventListener("click", () => {
    const theme = isDark() ? "light" : "dark";
    remember("theme", theme);
    applyTheme(theme);
    for (const frame of page.frames) frame.repaint();
  });
  darkPreferred.addEventListener("change", () => {
    applyTheme(storedTheme());
    for (const frame of page.frames) frame.repaint();
  });
  showWords();
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
  layOut();
  showWords();
  poller.every(page.state.refresh);
  poller.watch(page.frames.filter((frame) => frame.hasData));
  await loadVariables();
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
  if (!failures && (waiting || Date.now() - page.valuesAt > VALUES_EVERY_MS)) loadVariables();
}

function showPill() {
  const [state, text] = pill();
  byId("pill").dataset.state = state;
  if (byId("pill-text").textContent !== text) byId("pill-text").textContent = text;
}

function pill() {
  if (poller.paused) return ["paused", t("paused")];
  if (page.failure && api.isAway(page.failure)) return ["bad", t("away")];
  if (!page.freshness) return ["loading", t("connecting")];
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

/** Everything the page says in a language of its own. */
function showWords() {
  document.documentElement.lang = currentLanguage();
  for (const element of document.querySelectorAll("[data-t]")) {
    element.textContent = t(element.dataset.t);
  }
  const other = byId("language");
  other.textContent = t("otherLanguage");
  other.lang = currentLanguage() === "es" ? "en" : "es";
  nameTheme();
  showPill();
  if (!page.board) return;
  byId("title").textContent = pick(page.board.title);
  byId("description").textContent = pick(page.board.description);
  document.title = t("page", pick(page.board.title));
  for (const [heading, title] of page.headings) heading.textContent = pick(title);
  controls.build(page.board, page.state, page.variables, poller.paused);
}

function isDark() {
  const chosen = document.documentElement.dataset.theme;
  return chosen ? chosen === "dark" : darkPreferred.matches;
}

function applyTheme(theme) {
  if (theme === "dark" || theme === "light") document.documentElement.dataset.theme = theme;
  nameTheme();
}

function nameTheme() {
  const button = byId("theme");
  const name = t(isDark() ? "themeToLight" : "themeToDark");
  button.title = name;
  button.setAttribute("aria-label", name);
  button.replaceChildren(icon(isDark() ? SUN : MOON));
}

start();
