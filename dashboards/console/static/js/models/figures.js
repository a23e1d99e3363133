// Tables of figures, and the chart of differences with their intervals that stands in one of them.

import { h } from "../dom.js";
import { formatValue } from "../format.js";
import { headName, m } from "./words.js";

const SVG = "http://www.w3.org/2000/svg";
const JUDGED = ["macro_f1", "average_precision"];
const WIDTH = 190;
const MIDDLE = 11;

export function number(value, decimals = 3) {
  return value === null || value === undefined ? "–" : formatValue(value, { decimals });
}

export function share(value, decimals = 0) {
  return value === null || value === undefined ? "–" : formatValue(value, { unit: "percentunit", decimals });
}

/** A table that scrolls in itself where it is too wide; its first `words` columns are words. */
export function table(name, header, words, rows) {
  return h(
    "div",
    { className: "figures", tabIndex: 0, role: "region", "aria-label": name },
    h("table", {}, h("thead", {}, h("tr", {}, header.map((one, index) => h("th", { scope: "col", className: index < words ? "" : "number" }, one)))), h("tbody", {}, rows)),
  );
}

export function row(first, cells, className = "") {
  return h("tr", { className }, h("th", { scope: "row" }, first), cells.map((one) => (one instanceof Node ? one : h("td", { className: "number" }, one))));
}

/** The differences of all heads, over all and by language, of the figures that the gate goes by. */
export function differences(found) {
  return JUDGED.map((metric) => {
    const lines = [];
    for (const head of found.comparison.heads) {
      lines.push([headName(head.head), head, ""]);
      for (const [lang, part] of Object.entries(found.languages)) {
        const own = part.heads.find((one) => one.head === head.head);
        if (own) lines.push([m("language", lang), own, "of-language"]);
      }
    }
    const known = lines.map(([name, head, className]) => [name, head.differences.find((one) => one.name === metric), className, head.mentions]);
    const ends = known.flatMap(([, one]) => (one ? [one.difference.low, one.difference.high, one.difference.value] : []));
    const reach = Math.max(0.02, ...ends.map((end) => Math.abs(end ?? 0))) * 1.08;
    const rows = known.filter(([, one]) => one).map(([name, one, className, mentions]) => line(name, one, className, mentions, reach));
    const title = m("metric")[metric];
    return h("div", {}, h("h4", {}, title), table(title, [m("head"), m("sheet").mentions, "A", "B", m("difference"), m("soIs"), m("plot")], 1, rows));
  });
}

/** Every figure of both models. */
export function allFigures(found) {
  const rows = found.comparison.heads.flatMap((head) =>
    head.differences.map((one) => {
      const so = soOf(one);
      return row(`${headName(head.head)}, ${(m("metric")[one.name] ?? one.name).toLowerCase()}`, [number(one.a), number(one.b), spanText(one.difference), h("td", { className: `number ${so}` }, m("so")[so])]);
    }),
  );
  return table(m("allFigures"), [m("head"), "A", "B", m("difference"), m("soIs")], 1, rows);
}

function line(name, one, className, mentions, reach) {
  const so = soOf(one);
  return row(
    name,
    [
      formatValue(mentions),
      number(one.a),
      number(one.b),
      spanText(one.difference),
      h("td", { className: `number ${so}` }, m("so")[so]),
      h("td", { className: "forest" }, forest(one.difference, so, reach)),
    ],
    className,
  );
}

/** What the interval allows to say; of an error less is better. */
export function soOf({ name, difference: { low, high } }) {
  if (low === 0 && high === 0) return "same";
  if (low === null || high === null || (low <= 0 && high >= 0)) return "open";
  return low > 0 === (name !== "ece") ? "better" : "worse";
}

function spanText({ value, low, high }) {
  if (value === null) return "–";
  if (low === 0 && high === 0) return "0";
  const signed = (one) => (one > 0 ? "+" : one < 0 ? "−" : "±") + number(Math.abs(one));
  return low === null || high === null ? signed(value) : `${signed(value)} (${signed(low)} … ${signed(high)})`;
}

/** A point, its interval and where nothing changes, on a scale that a table's rows share. */
function forest({ value, low, high }, so, reach) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", `0 0 ${WIDTH} ${MIDDLE * 2}`);
  svg.setAttribute("aria-hidden", "true"); // the row says the same in figures
  svg.setAttribute("class", so);
  const at = (one) => WIDTH / 2 + (one / reach) * (WIDTH / 2 - 6);
  const draw = (tag, className, attributes) => {
    const shape = document.createElementNS(SVG, tag);
    shape.setAttribute("class", className);
    for (const [name, one] of Object.entries(attributes)) shape.setAttribute(name, String(one));
    svg.append(shape);
  };
  draw("line", "zero", { x1: at(0), x2: at(0), y1: 0, y2: MIDDLE * 2 });
  if (low !== null && high !== null) draw("line", "span", { x1: at(low), x2: at(high), y1: MIDDLE, y2: MIDDLE });
  if (value !== null) draw("circle", "point", { cx: at(value), cy: MIDDLE, r: 4 });
  return svg;
}
