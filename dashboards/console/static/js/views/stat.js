// One number, large; a word beside it says what its colour says.

import { h } from "../dom.js";
import { fieldOf, stepOf } from "../fields.js";
import { formatValue } from "../format.js";
import { t } from "../i18n.js";

const WORDS = ["good", "warn", "bad"];

export class StatView {
  constructor(panel) {
    this.panel = panel;
    this.number = h("p", { className: "stat-number" });
    this.word = h("p", { className: "stat-word" });
    this.element = h("div", { className: "stat" }, this.number, this.word);
  }

  isEmpty() {
    return false; // an absent number is shown as such
  }

  update(data) {
    const value = data.rows[0]?.[0] ?? null;
    const field = fieldOf(this.panel, data.columns[0]?.name);
    const step = stepOf(field, value);
    const text = formatValue(value, field);
    if (this.number.textContent && this.number.textContent !== text) this.flash();
    this.number.textContent = text;
    const level = value === null || field.steps.length < 2 ? "" : WORDS[Math.min(step.index, 2)];
    this.element.dataset.level = level;
    this.word.textContent = value === null ? t("emptyStat") : level ? t(level) : "";
  }

  flash() {
    this.number.classList.remove("changed");
    requestAnimationFrame(() => this.number.classList.add("changed"));
  }
}
