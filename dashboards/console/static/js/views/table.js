// Rows and columns. On a phone each row becomes a card, by style sheet alone.

import { h, safeLink } from "../dom.js";
import { fieldOf, mappingOf, stepOf } from "../fields.js";
import { formatTime, formatValue } from "../format.js";
import { pick, t } from "../i18n.js";

export class TableView {
  constructor(panel) {
    this.panel = panel;
    this.seen = null;
    this.head = h("thead");
    this.body = h("tbody");
    this.columns = h("colgroup");
    this.table = h("table", {}, this.columns, this.head, this.body);
    this.element = h(
      "div",
      { className: "table-scroll", tabIndex: 0, role: "region", "aria-label": pick(panel.title) },
      this.table,
    );
  }

  isEmpty(data) {
    return data.rows.length === 0;
  }

  update(data) {
    const fields = data.columns.map((column) => fieldOf(this.panel, column.name));
    this.head.replaceChildren(
      h(
        "tr",
        {},
        data.columns.map((column, index) =>
          h("th", { scope: "col", className: kindOf(column, fields[index]) }, fields[index].name),
        ),
      ),
    );
    this.columns.replaceChildren(
      ...fields.map((field) => {
        const column = h("col");
        if (field.width) column.style.width = `${field.width}px`;
        return column;
      }),
    );
    const keys = new Set(data.rows.map((row) => JSON.stringify(row)));
    this.body.replaceChildren(
      ...data.rows.map((row) => {
        const isNew = this.seen !== null && !this.seen.has(JSON.stringify(row));
        return h(
          "tr",
          { className: isNew ? "arrived" : "" },
          row.map((value, index) => cell(value, data.columns[index], fields[index])),
        );
      }),
    );
    this.seen = keys;
  }

  reset() {
    this.seen = null; // another question: nothing has "arrived"
  }
}

/** A number that stands for a word reads as one. */
function kindOf(column, field) {
  return field.mappings.length > 0 ? "text" : column.kind;
}

function cell(value, column, field) {
  return h(
    "td",
    { className: `${kindOf(column, field)} c-${column.name}`, data: { label: field.name } },
    content(value, column, field),
  );
}

function content(value, column, field) {
  if (field.links.length > 0) return link(value, field);
  if (column.kind === "time") return h("time", { dateTime: iso(value) }, formatTime(value));
  const mapping = mappingOf(field, value);
  if (mapping) {
    const tag = h("span", { className: "tag", data: { value: String(value) } }, mapping.text);
    if (mapping.color) {
      tag.classList.add("dotted");
      tag.style.setProperty("--color", mapping.color);
    }
    return tag;
  }
  if (typeof value === "number") {
    const text = h("span", {}, formatValue(value, field));
    if (field.colored && stepOf(field, value).index > 0) text.className = "alarm";
    return text;
  }
  return h("span", { className: "value" }, value ?? "—");
}

function link(value, field) {
  const address = safeLink(value ?? "");
  if (address === null) return h("span", { className: "muted" }, "—");
  const text = pick(field.links[0].title) || t("link");
  return h("a", { href: address, target: "_blank", rel: "noopener noreferrer" }, text);
}

function iso(ms) {
  return ms === null ? "" : new Date(ms).toISOString();
}
