// The page of listening rules: the editor, what is wrong, what it would do, and what came before.

import { startChrome } from "../chrome.js";
import { h } from "../dom.js";
import { t } from "../i18n.js";
import { knowWho, storedSettings, storeSettings } from "../labels/settings.js";
import { askName } from "../labels/thumbs.js";
import * as api from "./api.js";
import { diffView } from "./diff_view.js";
import { dropDraft, storeDraft, storedDraft } from "./drafts.js";
import { Editor } from "./editor.js";
import { helpView } from "./help.js";
import { historyView, textOf } from "./history.js";
import { Previewing } from "./previewing.js";
import { PublishDialog } from "./publish.js";
import { count, moment, r, told } from "./words.js";

const CHECK_MS = 350;
const KEEP_MS = 300;
const SLOW_MS = 400;

const byId = (id) => document.getElementById(id);
const page = { about: null, base: null, baseText: "", checked: null, isKept: true, failure: null };

const editor = new Editor({
  describedBy: "source-keys",
  onInput: edited,
  onRun: () => previewing.run(),
  onSave: openPublish,
});
const previewing = new Previewing(byId("preview"), {
  text: () => editor.text,
  mayRun: () => page.about?.enabled && page.checked?.version,
  onDone: showActions,
});

async function start() {
  startChrome({ onLanguage: showWords });
  byId("editor").append(editor.element);
  byId("publish").addEventListener("click", openPublish);
  byId("discard").addEventListener("click", () => {
    if (confirm(r("discardAsk"))) useText(page.about.in_force.listening, page.about.in_force);
  });
  addEventListener("beforeunload", (event) => {
    if (!isDraft()) return;
    keep();
    if (!page.isKept || document.querySelector("dialog[open]")) event.preventDefault();
  });
  showWords();
  await load();
}

async function load() {
  try {
    page.about = await api.rules();
  } catch (error) {
    showNotice(error);
    const again = h("button", { type: "button", className: "quiet", on: { click: load } }, r("retry"));
    byId("notice").append(again);
    return;
  }
  byId("notice").hidden = true;
  const { in_force, enabled } = page.about;
  const draft = enabled ? storedDraft() : null;
  editor.area.readOnly = !enabled;
  if (draft && draft.text !== in_force.listening) {
    page.base = draft.base;
    page.baseText = in_force.listening;
    editor.replace(draft.text);
    await sayRestored(draft);
    await check();
  } else {
    useText(in_force.listening, in_force);
  }
  showWords();
}

/** Where a draft was brought back, say so, and say whether it is still about what holds. */
async function sayRestored(draft) {
  const { in_force } = page.about;
  const lines = [h("p", {}, r("restored", moment(draft.at)))];
  if (draft.base !== in_force.sequence) {
    page.baseText = await textOf(draft.base).catch(() => in_force.listening);
    const place = h("div");
    const see = h("button", { type: "button", className: "quiet" }, r("seeTheirs"));
    see.addEventListener("click", () => place.replaceChildren(diffView(page.baseText, in_force.listening)));
    lines.push(h("p", {}, h("strong", {}, r("overtaken", in_force.applied_by, in_force.sequence))), see, place);
  }
  byId("restored").replaceChildren(...lines);
  byId("restored").hidden = false;
}

/** Begin anew from a text that is published. */
function useText(text, { sequence }) {
  page.base = sequence;
  page.baseText = page.about.in_force.listening;
  dropDraft();
  byId("restored").hidden = true;
  editor.replace(text);
  if (text !== page.about.in_force.listening) keep();
  showActions();
  check();
}

function isDraft() {
  return page.about?.enabled && editor.text !== page.about.in_force.listening;
}

function keep() {
  clearTimeout(page.keeping);
  if (isDraft()) page.isKept = storeDraft(editor.text, page.base);
  else dropDraft();
}

function edited() {
  page.checked = null;
  clearTimeout(page.keeping);
  page.keeping = setTimeout(keep, KEEP_MS);
  clearTimeout(page.checking);
  page.checking = setTimeout(check, CHECK_MS);
  previewing.textChanged();
  showActions();
}

async function check() {
  if (!page.about.enabled) return;
  clearTimeout(page.checking);
  page.question?.abort();
  const question = new AbortController();
  page.question = question;
  const slow = setTimeout(() => (byId("status").textContent = r("checking")), SLOW_MS);
  try {
    if (new TextEncoder().encode(editor.text).length > page.about.limits.bytes) {
      page.checked = { mistakes: [], warnings: [], version: "", isTooLong: true };
    } else {
      page.checked = await api.check(editor.text, question.signal);
    }
    page.failure = null;
  } catch (error) {
    if (question.signal.aborted) return;
    page.checked = null;
    page.failure = error;
  } finally {
    clearTimeout(slow);
  }
  if (question.signal.aborted) return;
  editor.mark(page.checked?.mistakes ?? []);
  showChecked();
  showActions();
}

function showChecked() {
  const { checked } = page;
  const status = byId("status");
  const list = byId("mistakes");
  status.dataset.state = "";
  if (!checked) {
    status.textContent = page.failure ? Object.values(told(page.failure)).join(" ") : "";
    if (page.failure) status.dataset.state = "bad";
    list.replaceChildren();
    return;
  }
  const lang = document.documentElement.lang === "es" ? "es" : "en";
  const { mistakes, warnings } = checked;
  const said = [];
  if (checked.isTooLong) said.push(r("tooLong", count(page.about.limits.bytes)));
  else if (mistakes.length) said.push(r("mistakes", mistakes.length));
  else {
    said.push(r("fine"));
    const words = r("counts");
    for (const [section, number] of Object.entries(checked.counts)) if (number) said.push(words[section]?.(number));
  }
  if (warnings.length) said.push(r("warnings", warnings.length));
  status.textContent = said.filter(Boolean).join(" · ");
  status.dataset.state = mistakes.length || checked.isTooLong ? "bad" : "good";
  list.replaceChildren(
    ...mistakes.map(({ line, column, told: words }) => {
      const go = h("button", { type: "button", className: "mistake" }, h("strong", {}, r("place", line, column)), h("span", {}, words[lang]));
      go.addEventListener("click", () => editor.goTo(line, column));
      return h("li", {}, go);
    }),
    ...warnings.map((words) => h("li", { className: "warning" }, words[lang])),
  );
}

function showActions() {
  const { about } = page;
  const enabled = Boolean(about?.enabled);
  for (const id of ["publish", "discard", "days-choice", "run"]) byId(id).hidden = !enabled;
  if (!about) return;
  const { sequence, applied_by, applied_at } = about.in_force;
  byId("in-force").textContent = r("inForce", sequence, applied_by, applied_at && moment(applied_at));
  byId("draft").textContent = !enabled ? r("readOnly") : r(isDraft() ? "draft" : "same");
  byId("draft").dataset.state = isDraft() ? "draft" : "";
  byId("publish").disabled = !isDraft() || !page.checked?.version;
  byId("discard").disabled = !isDraft();
  byId("run").disabled = !page.checked?.version || previewing.isRunning;
}

async function openPublish() {
  if (byId("publish").disabled || document.querySelector("dialog[open]")) return;
  keep();
  const draft = { text: editor.text, base: page.base, baseText: page.baseText, preview: previewing.of(editor.text) };
  const dialog = new PublishDialog(draft, page.about.limits, {
    preview: () => previewing.run(),
    who,
    published: (inForce, fate) => published(draft.text, inForce, fate),
    rebased: (theirs) => {
      page.base = theirs.sequence;
      page.baseText = theirs.listening;
      previewing.clear(); // it was beside other rules
      keep();
      refresh();
    },
    taken: async (theirs) => {
      await refresh();
      useText(theirs.listening, theirs);
    },
  });
  dialog.element.addEventListener("close", () => byId("publish").focus());
}

async function published(text, inForce, fate) {
  const wasEdited = editor.text !== text;
  page.base = inForce.sequence;
  await refresh();
  if (fate === "saved" && !wasEdited) useText(page.about.in_force.listening, page.about.in_force);
  previewing.clear();
}

/** The history again, without touching what is being written. */
async function refresh() {
  try {
    page.about = await api.rules();
    showHistory();
    showActions();
  } catch (error) {
    showNotice(error);
  }
}

async function who() {
  await knowWho();
  const settings = storedSettings();
  settings.labeller ||= await askName();
  if (settings.labeller) storeSettings(settings);
  return settings.labeller;
}

function showHistory() {
  if (!page.about) return;
  const { versions, enabled } = page.about;
  byId("versions").replaceChildren(
    historyView(versions, {
      canEdit: enabled,
      onTake(number, text) {
        editor.area.focus();
        editor.replace(text);
        edited();
        byId("said").textContent = r("took", number);
        byId("editor").scrollIntoView({ block: "nearest" });
      },
    }),
  );
}

function showNotice(error) {
  const { what, help } = told(error);
  byId("notice").replaceChildren(h("p", {}, what), h("p", {}, help));
  byId("notice").hidden = false;
}

function showWords() {
  for (const element of document.querySelectorAll("[data-r]")) element.textContent = r(element.dataset.r);
  document.title = t("page", r("title"));
  byId("help").replaceChildren(helpView());
  previewing.showWords();
  showChecked();
  showHistory();
  showActions();
}

start();
