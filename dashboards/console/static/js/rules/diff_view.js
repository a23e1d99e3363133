// Two texts beside each other, as lines that went and lines that came.

import { h } from "../dom.js";
import { diff } from "./diff.js";
import { r } from "./words.js";

const CONTEXT = 3;

/** What changed from one text to another, with some lines around. */
export function diffView(before, after) {
  const lines = diff(before, after);
  const shown = new Set();
  lines.forEach(([sign], at) => {
    if (sign === " ") return;
    for (let near = at - CONTEXT; near <= at + CONTEXT; near++) shown.add(near);
  });
  if (!shown.size) return h("p", { className: "muted" }, r("noDifference"));
  const rows = [];
  lines.forEach((line, at) => {
    if (shown.has(at)) rows.push(row(line));
    else if (shown.has(at - 1)) rows.push(h("div", { className: "gap", "aria-hidden": "true" }, "⋯"));
  });
  const of = (sign) => lines.filter((line) => line[0] === sign).length;
  return h(
    "div",
    { className: "diff-view" },
    h("p", { className: "muted diff-sum" }, r("lines", of("+"), of("-"))),
    h("div", { className: "diff", tabIndex: 0, role: "region", "aria-label": r("changes") }, rows),
  );
}

function row([sign, text, oldNumber, newNumber]) {
  const tag = { "+": "ins", "-": "del", " ": "div" }[sign];
  const word = { "+": r("added"), "-": r("removed"), " ": "" }[sign];
  return h(
    tag,
    { className: "diff-line" },
    h("span", { className: "diff-number", "aria-hidden": "true" }, String(newNumber ?? oldNumber)),
    h("span", { className: "diff-sign", "aria-hidden": "true" }, { "+": "+", "-": "−", " ": "" }[sign]),
    word ? h("span", { className: "sr" }, `${word}: `) : null,
    h("span", { className: "diff-text" }, text),
  );
}
