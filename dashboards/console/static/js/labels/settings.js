// Who labels, and what they are offered: a form, kept in this browser.

import { session } from "../api.js";
import { h } from "../dom.js";
import { recall, remember } from "../state.js";
import { w } from "./words.js";

const DAYS = [7, 30, 90, 365];
const GOALS = [10, 25, 50, 100, 200];
const DEFAULTS = { labeller: "", langs: ["es", "en"], days: 30, goal: 50, showModel: false };

let signedIn = ""; // then nobody is asked for a name, and no other one counts

/** Find out who is signed in, null where nobody has to be; throws as the API does. */
export async function knowWho() {
  const { person } = await session();
  signedIn = person?.name ?? "";
  return person;
}

/** Whether a label is of who is signed in: another one may have used this browser. */
export function isMine(label) {
  return !signedIn || label.labeller === signedIn;
}

/** What was chosen last. */
export function storedSettings() {
  const who = signedIn ? { labeller: signedIn } : {};
  try {
    return { ...DEFAULTS, ...JSON.parse(recall("labelling") ?? "{}"), ...who };
  } catch {
    return { ...DEFAULTS, ...who };
  }
}

export function storeSettings(settings) {
  remember("labelling", JSON.stringify(settings));
}

/** The form; `onBegin` gets what was chosen. */
export function settingsForm(settings, onBegin) {
  const name = h("input", {
    id: "labeller",
    type: "text",
    required: true,
    maxLength: 80,
    autocomplete: "nickname",
    value: settings.labeller,
    "aria-describedby": "labeller-help",
  });
  const langs = ["es", "en"].map((lang) =>
    h("input", { type: "checkbox", value: lang, checked: settings.langs.includes(lang) }),
  );
  const days = select("days", DAYS, settings.days, (count) => w("lastDays", count));
  const goal = select("goal", GOALS, settings.goal, String);
  const showModel = h("input", { type: "checkbox", id: "show-model", checked: settings.showModel });
  const form = h(
    "form",
    { className: "settings" },
    signedIn ? null : h("div", { className: "field" }, h("label", { for: "labeller" }, w("you")), name,
      h("p", { className: "muted", id: "labeller-help" }, w("youHelp"))),
    h("fieldset", { className: "field" }, h("legend", {}, w("languages")),
      langs.map((box) => h("label", { className: "check" }, box, h("span", {}, w(box.value))))),
    h("div", { className: "field" }, h("label", { for: "days" }, w("days")), days),
    h("div", { className: "field" }, h("label", { for: "goal" }, w("goal")), goal),
    h("div", { className: "field wide" },
      h("label", { className: "check" }, showModel, h("span", {}, w("showModel"))),
      h("p", { className: "muted" }, w("showModelHelp"))),
    h("button", { type: "submit", className: "primary" }, w("begin")),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const labeller = name.value.trim();
    name.setCustomValidity(labeller ? "" : w("youHelp"));
    if (!form.reportValidity()) return;
    const chosen = langs.filter((box) => box.checked).map((box) => box.value);
    onBegin({
      labeller,
      langs: chosen.length ? chosen : DEFAULTS.langs,
      days: Number(days.value),
      goal: Number(goal.value),
      showModel: showModel.checked,
    });
  });
  name.addEventListener("input", () => name.setCustomValidity(""));
  return form;
}

function select(id, values, value, text) {
  const options = [...new Set([...values, value])].sort((one, other) => one - other);
  const element = h("select", { id }, options.map((one) => h("option", { value: String(one) }, text(one))));
  element.value = String(value);
  return element;
}
