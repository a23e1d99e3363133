// The labelling page: one mention at a time, judged by keys or by touch.

import { labelling } from "../api.js";
import { startChrome } from "../chrome.js";
import { h } from "../dom.js";
import { explain, t } from "../i18n.js";
import { JudgementForm } from "./form.js";
import { judgementOf, mentionView } from "./mention.js";
import { Outbox } from "./outbox.js";
import { Session } from "./session.js";
import { knowWho, settingsForm, storeSettings, storedSettings } from "./settings.js";
import { w } from "./words.js";

const RETRY_MS = 3_000;
const byId = (id) => document.getElementById(id);

const page = { session: null, outbox: null, form: null, desk: {}, settings: storedSettings(), busy: false };

async function start() {
  startChrome({ onLanguage: showWords });
  showWords();
  document.addEventListener("keydown", onKey);
  await begin();
}

async function begin() {
  try {
    await knowWho();
    page.settings = storedSettings();
    const { enabled, guide_version, now } = await labelling();
    byId("notice").hidden = true;
    if (!enabled) {
      showNotice({ code: "no_labels" });
      return;
    }
    page.outbox = new Outbox(showOutbox, now);
    page.session = new Session(page.outbox, guide_version);
  } catch (error) {
    showNotice(error);
    setTimeout(begin, RETRY_MS);
    return;
  }
  if (page.settings.labeller) openDesk();
  else openSettings();
}

function openSettings() {
  const section = byId("settings");
  section.replaceChildren(
    settingsForm(page.settings, (settings) => {
      page.settings = settings;
      storeSettings(settings);
      openDesk();
    }),
  );
  section.hidden = false;
  byId("desk").hidden = true;
  section.querySelector("input").focus();
}

async function openDesk() {
  byId("settings").hidden = true;
  page.session.begin(page.settings);
  buildDesk();
  byId("desk").hidden = false;
  await advance();
}

/** Everything around a mention; built anew for another language, keeping the answers. */
function buildDesk() {
  const answers = page.form?.answers;
  page.form = new JudgementForm({ onAnswer: say });
  if (answers) page.form.answers = answers;
  const button = (name, key, onClick, className = "secondary") =>
    h("button", { type: "button", className, on: { click: onClick } }, w(name), key && h("kbd", { "aria-hidden": "true" }, key));
  const desk = {
    count: h("span"),
    bar: h("progress", { max: page.settings.goal, value: 0, "aria-label": w("goal") }),
    outbox: h("div", { className: "outbox", role: "status" }),
    place: h("div"),
    before: h("p", { className: "before", role: "status" }),
    form: h(
      "form",
      { className: "judgement", noValidate: true },
      page.form.element,
      h(
        "div",
        { className: "actions" },
        h("button", { type: "submit", className: "primary" }, w("save"), h("kbd", { "aria-hidden": "true" }, w("enter"))),
        button("skip", "S", skip),
        button("undo", "U", undo),
        button("keys", "?", openKeys, "secondary only-keys"),
      ),
    ),
  };
  page.desk = desk;
  desk.form.addEventListener("submit", (event) => {
    event.preventDefault();
    save();
  });
  const session = h(
    "div",
    { className: "session" },
    desk.bar,
    desk.count,
    h("a", { href: "/d/escucha-models" }, w("agreement")),
    h("button", { type: "button", className: "ghost", on: { click: openSettings } }, w("settings")),
  );
  const reading = h("div", { className: "reading" }, session, desk.outbox, desk.before, desk.place);
  byId("desk").replaceChildren(reading, desk.form);
  showProgress();
  showOutbox();
}

async function advance() {
  if (page.busy) return;
  page.busy = true;
  page.desk.form.hidden = true;
  const loading = setTimeout(() => page.desk.place.replaceChildren(h("p", { className: "empty" }, w("loading"))), 150);
  try {
    await page.session.next();
    byId("notice").hidden = true;
    page.form.clear();
    showMention();
  } catch (error) {
    showNotice(error);
    const again = h("button", { type: "button", className: "secondary", on: { click: advance } }, w("retry"));
    page.desk.place.replaceChildren(h("p", { className: "empty" }, again));
  } finally {
    clearTimeout(loading);
    page.busy = false;
  }
}

function showMention() {
  const mention = page.session.current;
  page.desk.form.hidden = !mention;
  if (!mention) {
    const again = h("button", { type: "button", className: "secondary", on: { click: advance } }, w("retry"));
    page.desk.place.replaceChildren(h("div", { className: "empty" }, h("p", {}, w("none")), again));
    return;
  }
  const view = mentionView(mention, { showModel: page.settings.showModel });
  page.desk.place.replaceChildren(view);
  view.focus({ preventScroll: true });
  window.scrollTo({ top: 0 });
}

function save() {
  if (page.busy || !page.session.current) return;
  const { answers } = page.form;
  if (answers.intent === null) {
    say(w("judgeFirst"), true);
    return;
  }
  const mention = page.session.current;
  page.session.save(answers);
  const agreed = answers.intent === mention.model.intent ? "agrees" : "differs";
  page.desk.before.textContent = `${w("modelSaid", judgementOf(mention))} ${w(agreed)}`;
  page.desk.before.dataset.agreed = agreed;
  say("");
  showProgress();
  advance();
}

function skip() {
  if (page.busy || !page.session.current) return;
  page.session.skip();
  tell(w("skipped"));
  showProgress();
  advance();
}

function undo() {
  if (page.busy) return;
  const answers = page.session.undo();
  if (!answers) {
    say(w("nothingToUndo"), true);
    return;
  }
  page.form.answers = answers;
  tell(w("undone"));
  showMention();
  showProgress();
}

function tell(text) {
  page.desk.before.textContent = text;
  page.desk.before.dataset.agreed = "";
}

/** For who cannot see the page, and with `isSeen` for everybody. */
function say(text, isSeen = false) {
  byId("said").textContent = text;
  byId("said").classList.toggle("seen", isSeen);
}

function showProgress() {
  const { saved, skipped } = page.session;
  const { goal } = page.settings;
  page.desk.bar.value = Math.min(saved, goal);
  page.desk.count.textContent =
    w("progress", saved, goal, skipped) + (saved >= goal ? ` · ${w("goalReached")}` : "");
}

/** What could not be sent, why, and what becomes of it. */
function showOutbox() {
  if (!page.desk.outbox || !page.outbox) return;
  const { waiting, refused, error, isKept } = page.outbox;
  const lines = [];
  if (waiting && error) {
    const { what, help } = explain(error);
    lines.push(h("p", {}, h("strong", {}, w("unsent", waiting)), ` — ${what} ${isKept ? help : w("notKept")}`));
  }
  if (refused.count) {
    const discard = h("button", { type: "button", className: "ghost" }, w("discard"));
    discard.addEventListener("click", () => page.outbox.discardRefused());
    lines.push(h("p", {}, h("strong", {}, w("refused", refused.count, refused.why)), discard));
  }
  page.desk.outbox.replaceChildren(...lines);
  page.desk.outbox.dataset.waiting = waiting;
}

function onKey(event) {
  const typing = event.target.matches?.("input[type=text], select, textarea");
  const foreign = event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.repeat;
  if (typing || foreign || byId("desk").hidden || byId("keys").open) return;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if (key === "Enter") {
    if (event.target.closest?.("button, a, summary")) return;
    save();
  } else if (key === "s") skip();
  else if (key === "u") undo();
  else if (key === "v") page.form.toggleGuides();
  else if (key === "?") openKeys();
  else if (!page.session.current || !page.form.press(key)) return;
  event.preventDefault();
}

function openKeys() {
  const text = w("keysText");
  const rows = [["1 … L", text.labels], [w("enter"), text.enter], ["U", text.u], ["S", text.s], ["V", text.v], ["?", text.question]];
  const close = h("button", { type: "button", className: "primary", on: { click: () => byId("keys").close() } }, w("close"));
  byId("keys").replaceChildren(
    h("h2", { id: "keys-title" }, w("keys")),
    h("dl", {}, rows.flatMap(([key, what]) => [h("dt", {}, h("kbd", {}, key)), h("dd", {}, what)])),
    close,
  );
  byId("keys").showModal();
}

function showNotice(error) {
  const { what, help } = explain(error);
  byId("notice").replaceChildren(h("p", {}, what), h("p", {}, help));
  byId("notice").hidden = false;
}

function showWords() {
  byId("title").textContent = w("title");
  byId("description").textContent = w("lead");
  document.title = t("page", w("title"));
  if (!page.session) return;
  if (!byId("settings").hidden) openSettings();
  if (byId("desk").hidden) return;
  buildDesk();
  showMention();
}

start();
