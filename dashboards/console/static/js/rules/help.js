// How rules are written, by example.

import { h } from "../dom.js";
import { r } from "./words.js";

const SAMPLE = `topics:
  - name: asks for a recommendation
    rule: >
      (recomend* OR suggest*)
        NEAR/6 (móvil OR phone*)
    exclude: 'type:repost'`;

export function helpView() {
  const rows = r("syntax").map(([write, finds]) =>
    h("tr", {}, h("td", {}, h("code", {}, write)), h("td", {}, finds)),
  );
  return h(
    "div",
    { className: "syntax" },
    h(
      "table",
      {},
      h("thead", {}, h("tr", {}, h("th", { scope: "col" }, r("youWrite")), h("th", { scope: "col" }, r("itFinds")))),
      h("tbody", {}, rows),
    ),
    h("h3", {}, r("sample")),
    h("pre", { tabIndex: 0 }, SAMPLE),
    h("p", { className: "muted" }, r("sampleHelp")),
  );
}
