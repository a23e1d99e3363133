// Rows and columns. On a phone each row becomes a card, by style sheet alone.

import { h, safeLink } from "../dom.js";
import { fieldOf, mappingOf, stepOf } from "../fields.js";
import { formatTime, formatValue } from "../format.js";
import { pick, t } from "../i18n.js";
import { addressOf, isOurs } from "../links.js";
import { thumbs, thumbsTitle } from "../labels/thumbs.js";

const THUMBS_WIDTH = 145;

export class TableView {
  constructor(panel) {
    this.panel = panel;
    this.seen = null;
    this.head = h("thead");
    this.body = h("tbody");
    this.columns = h("colgroup");
    this.table = h("table", {}, this.columns, this.head, this.body);
    this.scroll = h(
      "div",
      { className: "table-scroll", tabIndex: 0, role: "region", "aria-label": pick(panel.title) },
      this.table,
    );
    // For who points; keys scroll the region itself.
    this.more = h("button", { type: "button", className: "table-more", tabIndex: -1, "aria-hidden": "true", title: t("moreColumns") }, "›");
    this.more.addEventListener("click", () => this.scroll.scrollBy({ left: this.scroll.clientWidth * 0.7, behavior: "smooth" }));
    this.element = h("div", { className: "table-frame" }, this.scroll, this.more);
    this.scroll.addEventListener("scroll", () => this.cue(), { passive: true });
    const sizes = new ResizeObserver(() => this.cue());
    sizes.observe(this.scroll);
    sizes.observe(this.table);
  }

  /** Show where columns lie outside of what is seen. */
  cue() {
    const { scrollLeft, scrollWidth, clientWidth } = this.scroll;
    this.element.classList.toggle("more-left", scrollLeft > 1);
    this.element.classList.toggle("more-right", scrollLeft + clientWidth < scrollWidth - 1);
  }

  isEmpty(data) {
    return data.rows.length === 0;
  }

  update(data) {
    const fields = data.columns.map((column) => fieldOf(this.panel, column.name));
    const shown = fields.flatMap((field, index) => (field.hidden ? [] : [index]));
    const title = thumbsTitle(data.columns);
    const titles = shown.map((index) =>
      h("th", { scope: "col", className: kindOf(data.columns[index], fields[index]) }, fields[index].name),
    );
    if (title) titles.push(h("th", { scope: "col", className: "text" }, title));
    this.head.replaceChildren(h("tr", {}, titles));
    const widths = shown.map((index) => fields[index].width);
    if (title) widths.push(THUMBS_WIDTH);
    this.columns.replaceChildren(
      ...widths.map((width) => {
        const column = h("col");
        if (width) column.style.width = `${width}px`;
        return column;
      }),
    );
    const held = this.body.contains(document.activeElement) ? document.activeElement.dataset.thumb : null;
    const keys = new Set(data.rows.map((row) => JSON.stringify(row)));
    this.body.replaceChildren(
      ...data.rows.map((row) => {
        const isNew = this.seen !== null && !this.seen.has(JSON.stringify(row));
        return h(
          "tr",
          { className: isNew ? "arrived" : "" },
          shown.map((index) => cell(row[index], data.columns[index], fields[index], named(data.columns, row))),
          title ? h("td", { className: "text c-thumbs", data: { label: title } }, thumbs(data.columns, row)) : null,
        );
      }),
    );
    this.seen = keys;
    // Not to take a button from under somebody's finger.
    if (held) this.body.querySelector(`[data-thumb="${CSS.escape(held)}"]`)?.focus();
  }

  reset() {
    this.seen = null; // another question: nothing has "arrived"
  }
}

/** A number that stands for a word reads as one. */
function kindOf(column, field) {
  return field.mappings.length > 0 ? "text" : column.kind;
}

function named(columns, row) {
  return Object.fromEntries(columns.map(({ name }, index) => [name, row[index]]));
}

function cell(value, column, field, row) {
  return h(
    "td",
    { className: `${kindOf(column, field)} c-${column.name}`, data: { label: field.name } },
    content(value, column, field, row),
  );
}

function content(value, column, field, row) {
  const [way] = field.links;
  if (way && isOurs(way)) return inside(way, value, row, plain(value, column, field));
  if (way) return link(value, field);
  return plain(value, column, field);
}

/** What is shown, leading to a page of the console. */
function inside(way, value, row, shown) {
  const address = addressOf(way, value, row);
  return address === null ? shown : h("a", { href: address, title: pick(way.title) }, shown);
}

function plain(value, column, field) {
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
