// Thumbs on a table of mentions: a quick word on the model's intent, saved as a label.

import { labelling } from "../api.js";
import { h, icon } from "../dom.js";
import { guide } from "./form.js";
import { NOTHING, Outbox } from "./outbox.js";
import { knowWho, storedSettings, storeSettings } from "./settings.js";
import { w } from "./words.js";

const UP = "M5.500 7 8 1.500c1.400 0 2 1 1.700 2.300L9.300 6h4.200l-1.200 7.500H5.500M5.500 7v6.500H2.500V7Z";
const DOWN = "M5.500 9 8 14.500c1.400 0 2-1 1.700-2.300L9.300 10h4.200l-1.200-7.500H5.500M5.500 9V2.500H2.500V9Z";

const given = new Map(); // by mention: the intent that was said, or "?" while it is being chosen
let outbox = null;
let guideVersion = "";

/** Find out whether labels are taken here; `onReady` is called when they are. */
export async function startThumbs(onReady) {
  try {
    const person = await knowWho();
    if (person?.role === "viewer") return; // who only looks
    const { enabled, guide_version, now } = await labelling();
    if (!enabled) return;
    guideVersion = guide_version;
    outbox = new Outbox(showFate, now);
    onReady();
  } catch {
    // The page says that the console is away; thumbs come with the next load.
  }
}

/** The heading of the column, or null where there are no thumbs to give. */
export function thumbsTitle(columns) {
  return outbox && placeOf(columns, "mention_id") >= 0 ? w("thumbs") : null;
}

/** Two thumbs for the mention of a row. */
export function thumbs(columns, row) {
  const mention = { id: row[placeOf(columns, "mention_id")], intent: row[placeOf(columns, "intent")] };
  const box = h("span", { className: "thumbs" });
  draw(box, mention);
  return box;
}

function placeOf(columns, name) {
  return columns.findIndex((column) => column.name === name);
}

function draw(box, mention, focus = null) {
  const said = given.get(mention.id);
  const { labels } = guide().heads.intent;
  const button = (action, name, content, isPressed, onClick) =>
    h(
      "button",
      {
        type: "button",
        className: "tool",
        title: name,
        "aria-label": name,
        "aria-pressed": String(isPressed),
        data: { thumb: `${mention.id} ${action}` },
        on: { click: onClick },
      },
      content,
    );
  const to = (intent, action) => () => say(box, mention, intent, action);
  const parts = [
    button("up", w("thumbUp"), icon(UP), said === mention.intent, to(said === mention.intent ? null : mention.intent, "up")),
    button("down", w("thumbDown"), icon(DOWN), Boolean(said) && said !== mention.intent, () => {
      if (said && said !== "?" && said !== mention.intent) {
        say(box, mention, null, "down");
        return;
      }
      if (said === "?") given.delete(mention.id);
      else given.set(mention.id, "?");
      draw(box, mention, said === "?" ? "down" : "other");
    }),
  ];
  if (said === "?") {
    const others = Object.entries(labels).filter(([intent]) => intent !== mention.intent);
    const choices = others.map(([intent, { name }], index) => {
      const attributes = { type: "button", className: "thumb-other", on: { click: to(intent, "down") } };
      return h("button", { ...attributes, data: { thumb: `${mention.id} ${index ? intent : "other"}` } }, name);
    });
    parts.push(h("span", { className: "thumb-choice", role: "group", "aria-label": w("thumbOther") }, choices));
  } else if (said && said !== mention.intent) {
    parts.push(h("span", { className: "thumb-said" }, labels[said].name));
  }
  parts.push(h("span", { className: "thumb-fate", role: "status" }));
  box.replaceChildren(...parts);
  if (focus) box.querySelector(`[data-thumb="${CSS.escape(`${mention.id} ${focus}`)}"]`)?.focus();
}

async function say(box, mention, intent, action) {
  const settings = storedSettings();
  settings.labeller ||= await askName();
  if (!settings.labeller) return;
  storeSettings(settings);
  if (intent === null) given.delete(mention.id);
  else given.set(mention.id, intent);
  draw(box, mention, action);
  outbox.add({
    mention_id: mention.id,
    labeller: settings.labeller,
    labelled_at: outbox.now(),
    guide_version: guideVersion,
    ...NOTHING,
    intent,
    how: "thumb",
    saw_model: true,
  });
  box.querySelector(".thumb-fate").dataset.asked = "yes";
}

/** Say at the thumbs that were pressed last what became of them. */
function showFate() {
  for (const fate of document.querySelectorAll(".thumb-fate[data-asked]")) {
    if (outbox.waiting && !outbox.error) continue;
    fate.textContent = w(outbox.waiting ? "thumbKept" : "thumbSaved");
    if (!outbox.waiting) delete fate.dataset.asked;
  }
}

/** The labeller's name; empty when the question was closed. */
export function askName() {
  const input = h("input", { type: "text", id: "thumb-name", required: true, maxLength: 80 });
  const form = h(
    "form",
    { method: "dialog", className: "ask" },
    h("label", { for: "thumb-name" }, w("askName")),
    input,
    h("button", { type: "submit", className: "choice" }, w("save")),
  );
  const dialog = h("dialog", {}, form);
  let name = "";
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    name = input.value.trim();
    if (name) dialog.close();
  });
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(name);
    });
  });
}
