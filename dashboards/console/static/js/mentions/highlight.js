// Text with parts of it marked. Text nodes and <mark> only: what people wrote is never read as HTML.

import { h } from "../dom.js";

const CUT_AT = 50; // words are stored up to this length

/** Where the words stand in a text, as [start, end) of it; words are in lower case, as written. */
export function placesOf(text, words) {
  if (!words.length) return [];
  const choices = [...words].sort((a, b) => b.length - a.length).map(patternOf);
  return [...text.matchAll(new RegExp(choices.join("|"), "giu"))].map((found) => [
    found.index,
    found.index + found[0].length,
  ]);
}

function patternOf(word) {
  const escaped = word.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&");
  const letter = "[\\p{L}\\p{N}_]";
  const before = /^[\p{L}\p{N}_]/u.test(word) ? `(?<!${letter})` : "";
  const after = /[\p{L}\p{N}_]$/u.test(word) && word.length < CUT_AT ? `(?!${letter})` : "";
  return before + escaped + after;
}

/** Places counted in code points, as Python does, as places in the text. */
export function fromCodePoints(text, places) {
  if (!/[\ud800-\udbff]/.test(text)) return places;
  const starts = [];
  let at = 0;
  for (const character of text) {
    starts.push(at);
    at += character.length;
  }
  starts.push(at);
  return places.map(([start, end]) => [starts[start] ?? at, starts[end] ?? at]);
}

/** The text as nodes, with the places in <mark>; they come in order and do not overlap. */
export function marked(text, places, className) {
  const parts = [];
  let at = 0;
  for (const [start, end] of places) {
    if (start < at || end <= start) continue;
    if (start > at) parts.push(text.slice(at, start));
    parts.push(h("mark", { className }, text.slice(start, end)));
    at = end;
  }
  if (at < text.length) parts.push(text.slice(at));
  return parts;
}
