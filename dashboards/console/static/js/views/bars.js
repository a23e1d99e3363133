// One lying bar for each category, its series one after the other.

import { h } from "../dom.js";
import { fieldOf, mappingOf } from "../fields.js";
import { formatValue } from "../format.js";
import { pick } from "../i18n.js";
import { addressOf } from "../links.js";
import { legend } from "./legend.js";

export class BarsView {
  constructor(panel) {
    this.panel = panel;
    this.list = h("ul", { className: "bars" });
    this.legend = h("div");
    this.element = h("div", { className: "bars-view" }, this.list, this.legend);
  }

  isEmpty(data) {
    return data.rows.length === 0;
  }

  update(data) {
    const category = Math.max(
      data.columns.findIndex((column) => column.name === this.panel.options?.xField),
      0,
    );
    const fields = data.columns.map((column) => fieldOf(this.panel, column.name));
    const numbers = data.columns.flatMap((column, index) =>
      column.kind === "number" && index !== category ? [index] : [],
    );
    const totals = data.rows.map((row) => numbers.reduce((sum, index) => sum + row[index], 0));
    const most = Math.max(...totals, 1);
    this.list.replaceChildren(
      ...data.rows.map((row, position) => {
        const name = mappingOf(fields[category], row[category])?.text ?? String(row[category]);
        const segments = numbers
          .filter((index) => row[index] > 0)
          .map((index) => segment(row[index], most, fields[index]));
        return h(
          "li",
          {},
          h("span", { className: "bar-name", title: name }, linked(fields[category], row[category], data, row, name)),
          h("span", { className: "bar-track" }, segments),
          h("span", { className: "bar-total" }, formatValue(totals[position])),
        );
      }),
    );
    this.legend.replaceChildren(legend(numbers.map((index) => fields[index])));
  }
}

/** The name of a category, leading to what it is made of where the dashboard says so. */
function linked(field, value, data, row, name) {
  const [way] = field.links;
  const values = Object.fromEntries(data.columns.map((column, index) => [column.name, row[index]]));
  // One that is the same for every category stands in the panel's heading.
  const address = way?.url.includes("__data.fields") ? addressOf(way, value, values) : null;
  return address === null ? name : h("a", { href: address, title: `${pick(way.title)}: ${name}` }, name);
}

function segment(value, most, field) {
  const text = `${field.name}: ${formatValue(value)}`;
  const part = h("span", { className: "bar-part", title: text, role: "img", "aria-label": text });
  part.style.width = `${(value / most) * 100}%`;
  part.style.backgroundColor = field.color;
  return part;
}
