// Mistakes of a search: where they are, what is wrong and what helps.

import { h } from "../dom.js";
import { currentLanguage } from "../i18n.js";
import { fromCodePoints, marked } from "../mentions/highlight.js";
import { s } from "./words.js";

const AROUND = 40; // characters shown on each side of a mistake

/** Show the mistakes of a rule's text below its box; going to one selects its place. */
export function showProblems(element, box, rule, problems) {
  element.replaceChildren(...problems.map((problem) => one(box, rule, problem)));
  box.setAttribute("aria-invalid", String(problems.length > 0));
}

function one(box, rule, { start, end, message, remedy }) {
  const [[from, to]] = fromCodePoints(rule, [[start, Math.max(end, start)]]);
  const before = rule.slice(0, from);
  const line = before.split("\n").length;
  const column = [...before.slice(before.lastIndexOf("\n") + 1)].length + 1;
  const first = Math.max(0, from - AROUND);
  const around = rule.slice(first, to + AROUND);
  const place = from === to ? [] : [[from - first, to - first]];
  const say = (told) => withCode(told[currentLanguage()] ?? told.en);
  const go = h("button", { type: "button", className: "link" }, s("goThere"));
  go.addEventListener("click", () => {
    box.focus();
    box.setSelectionRange(from, to);
  });
  return h(
    "div",
    { className: "problem" },
    h("p", {}, h("strong", {}, s("problem", line, column)), ": ", say(message)),
    remedy ? h("p", {}, say(remedy)) : null,
    h("p", { className: "around" }, h("code", {}, marked(around, place, "wrong")), " ", go),
  );
}

/** What stands between backticks, as code. */
function withCode(sentence) {
  return sentence.split("`").map((part, index) => (index % 2 ? h("code", {}, part) : part));
}
