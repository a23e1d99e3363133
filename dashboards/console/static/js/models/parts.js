// Parts that the page of models and its dialogs have in common.

import { h } from "../dom.js";
import { formatTime } from "../format.js";
import { m } from "./words.js";

/** A version by its day, hour and mark, as people can tell it from others. */
export function nameOf(version) {
  if (version === "keyword-rules") return m("keywords");
  const parts = /^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})Z-(\w{4})\w*(\+\w+)?$/.exec(version);
  if (!parts) return version;
  const [, year, month, day, hour, minute, second, mark, profile] = parts;
  const at = Date.UTC(year, month - 1, day, hour, minute, second);
  return `${formatTime(at - (at % 60_000))} · ${mark}${profile ?? ""}`;
}

/** What the gate said of a comparison that has ended. */
export function gate(made) {
  const { passed, state } = made;
  const words = state !== "done" ? m("couldNot") : passed ? m("passes") : m("refuses");
  const said = passed && state === "done" ? "" : h("blockquote", { lang: "en" }, made.gate);
  return h("div", { className: "gate", data: { passed: passed ? "yes" : "no" } }, h("p", {}, words), said, state === "failed" ? h("p", { className: "muted" }, m("couldNotHelp")) : "");
}

/** A comparison under way: how far it is, and the way to end it. */
export function jobBar(running, cancel) {
  const bar = h("progress", { max: running.of, value: running.done, "aria-label": m("progress") });
  return h(
    "div",
    { className: "job" },
    h("p", {}, `${m("runs", nameOf(running.a), nameOf(running.b), running.by)}…`),
    bar,
    cancel ? h("button", { type: "button", className: "quiet", on: { click: () => cancel(running.id) } }, m("cancel")) : null,
  );
}
