// Words of the dashboard itself; they too are only text.

import { h } from "../dom.js";
import { pick } from "../i18n.js";

export class TextView {
  constructor(panel) {
    const paragraphs = pick(panel.options?.content ?? "").split("\n");
    this.element = h("div", { className: "prose" }, paragraphs.map((line) => h("p", {}, line)));
  }
}
