// The questions about one mention. Native radios and checkboxes, so that keyboards, screen readers
// and fingers work; each answer also has a letter or digit of its own.

import { h } from "../dom.js";
import { currentLanguage } from "../i18n.js";
import { guide as english } from "./guide_en.js";
import { guide as spanish } from "./guide_es.js";
import { NOTHING } from "./outbox.js";
import { w } from "./words.js";

/** Which key gives which answer. */
export const KEYS = {
  intent: { none: "1", latent: "2", active: "3" },
  stage: { none: "q", awareness: "w", consideration: "e", decision: "r", use: "t", advocacy: "y" },
  needs_reply: { no: "4", yes: "5" },
  sentiment: { negative: "7", neutral: "8", positive: "9" },
  acts: {
    question: "a",
    order_status: "d",
    incident: "f",
    complaint: "g",
    praise: "h",
    asks_recommendation: "j",
    gives_recommendation: "k",
    usage_tip: "l",
    none: "0",
  },
};

/** The guide in the language of the page. */
export function guide() {
  return currentLanguage() === "es" ? spanish : english;
}

export class JudgementForm {
  /** `onAnswer` is told in words what was answered by a key. */
  constructor({ onAnswer }) {
    this.onAnswer = onAnswer;
    this.inputs = {};
    this.guides = [];
    const heads = Object.entries(guide().heads);
    this.element = h("div", { className: "heads" }, heads.map(([head, about]) => this.head(head, about)));
  }

  head(head, about) {
    const many = head === "acts";
    const labels = Object.entries(about.labels);
    this.inputs[head] = {};
    const hint = h("p", { className: "hint", id: `hint-${head}` }, about.asks);
    const describe = (says) => {
      hint.textContent = says ?? this.chosenHint(head, about);
    };
    const options = labels.map(([value, { name, says }]) =>
      this.option(head, value, name, many, () => describe(), () => describe(says)),
    );
    if (many) options.push(this.option(head, "none", about.none, true, () => describe(), () => describe(about.none)));
    const { toggle, panel } = this.guideOf(head, about, labels);
    return h(
      "fieldset",
      { className: "head", data: { head }, "aria-describedby": hint.id },
      h("legend", {}, about.name),
      toggle,
      h("div", { className: "options", on: { mouseleave: () => describe() } }, options),
      hint,
      panel,
    );
  }

  option(head, value, name, many, onChange, onHover) {
    const input = h("input", { type: many ? "checkbox" : "radio", name: head, value });
    this.inputs[head][value] = input;
    input.addEventListener("change", () => {
      this.settle(head, value);
      onChange();
    });
    input.describe = onChange;
    const key = KEYS[head][value];
    return h(
      "label",
      { className: "option", on: { mouseenter: onHover } },
      input,
      h("span", {}, name),
      h("kbd", { "aria-hidden": "true" }, key.toUpperCase()),
    );
  }

  guideOf(head, about, labels) {
    const panel = h(
      "dl",
      { className: "guide", id: `guide-${head}`, hidden: true },
      labels.flatMap(([, { name, says, examples }]) => [
        h("dt", {}, name),
        h("dd", {}, says, h("ul", {}, examples.map((example) => h("li", {}, `«${example}»`)))),
      ]),
    );
    const toggle = h(
      "button",
      {
        type: "button",
        className: "guide-toggle",
        "aria-expanded": "false",
        "aria-controls": panel.id,
        "aria-label": `${w("guide")}: ${about.name}`,
      },
      w("guide"),
    );
    const open = (isOpen) => {
      panel.hidden = !isOpen;
      toggle.setAttribute("aria-expanded", String(isOpen));
    };
    toggle.addEventListener("click", () => open(panel.hidden));
    this.guides.push({ open, panel });
    return { toggle, panel };
  }

  /** Open all guides, or close them if any is open. */
  toggleGuides() {
    const anyOpen = this.guides.some(({ panel }) => !panel.hidden);
    for (const { open } of this.guides) open(!anyOpen);
  }

  /** "None of these" and the acts exclude one another. */
  settle(head, value) {
    if (head !== "acts" || !this.inputs.acts[value].checked) return;
    for (const [other, input] of Object.entries(this.inputs.acts)) {
      if ((value === "none") !== (other === "none")) input.checked = false;
    }
  }

  chosenHint(head, about) {
    const chosen = Object.entries(this.inputs[head]).filter(([, input]) => input.checked);
    if (chosen.length !== 1) return about.asks;
    return about.labels[chosen[0][0]]?.says ?? about.none;
  }

  /** Answer by a key; returns whether the key means an answer. The same key again takes it back. */
  press(key) {
    for (const [head, keys] of Object.entries(KEYS)) {
      const [value] = Object.entries(keys).find(([, own]) => own === key) ?? [];
      if (!value) continue;
      const input = this.inputs[head][value];
      input.checked = !input.checked;
      this.settle(head, value);
      input.describe();
      const { name, labels, none } = guide().heads[head];
      this.onAnswer(`${name}: ${input.checked ? (labels[value]?.name ?? none) : "—"}`);
      return true;
    }
    return false;
  }

  /** The answers as a label has them; null where there is none. */
  get answers() {
    const one = (head) =>
      Object.entries(this.inputs[head]).find(([, input]) => input.checked)?.[0] ?? null;
    const reply = one("needs_reply");
    const acts = Object.entries(this.inputs.acts).filter(([, input]) => input.checked);
    return {
      intent: one("intent"),
      stage: one("stage"),
      needs_reply: reply === null ? null : reply === "yes",
      sentiment: one("sentiment"),
      acts: acts.length ? acts.map(([act]) => act).filter((act) => act !== "none") : null,
    };
  }

  set answers({ intent, stage, needs_reply, sentiment, acts }) {
    const reply = needs_reply === null ? null : needs_reply ? "yes" : "no";
    const chosen = { intent, stage, needs_reply: reply, sentiment };
    const given = acts === null ? [] : acts.length ? acts : ["none"];
    for (const [head, inputs] of Object.entries(this.inputs)) {
      for (const [value, input] of Object.entries(inputs)) {
        input.checked = head === "acts" ? given.includes(value) : chosen[head] === value;
        input.describe();
      }
    }
  }

  clear() {
    this.answers = NOTHING;
  }
}
