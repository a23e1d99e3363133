// The filters that /live and /search share: native controls, kept in the page's address.

import { variables } from "../api.js";
import { h } from "../dom.js";
import { formatValue } from "../format.js";
import { m } from "./words.js";

const BOARD = "escucha-listening"; // whose variables list the brands, topics, languages and sources
const LISTS = ["brand", "topic", "lang", "source"];
const LEAST = ["0.5", "0.7", "0.9"];
const NAMES = [...LISTS, "least", "intent"];

/** What the address asks for; nothing where it does not say. */
export function readFilters() {
  const address = new URLSearchParams(location.search);
  return Object.fromEntries(NAMES.map((name) => [name, address.get(name) ?? ""]));
}

/** The filters that are set, as a query of the API and of the address. */
export function filterQuery(filters) {
  return new URLSearchParams(NAMES.filter((name) => filters[name]).map((name) => [name, filters[name]]));
}

export class Filters {
  /** `onChange` is called when somebody has chosen something else, `onShow` to add more to them. */
  constructor(filters, onChange, onShow = () => {}) {
    this.filters = filters;
    this.onChange = onChange;
    this.onShow = onShow;
    this.known = Object.fromEntries(LISTS.map((name) => [name, []]));
    this.element = h("div", { className: "control-group" });
    this.show();
  }

  /** Ask what there is to choose from; without an answer what the address says stays. */
  async load() {
    const { variables: lists } = await variables(BOARD);
    for (const { name, options } of lists) if (name in this.known) this.known[name] = options;
    if (!this.element.contains(document.activeElement)) this.show(); // not under somebody's fingers
  }

  show() {
    const probability = [["", m("anyLeast")], ...LEAST.map((value) => [value, m("leastOf", formatValue(Number(value), { unit: "percentunit", decimals: 0 }))])];
    this.element.replaceChildren(
      ...LISTS.map((name) => {
        const all = name === "brand" || name === "source" ? m("any") : m("anyTopic");
        return this.select(name, [["", all], ...this.known[name].map((value) => [value, value])]);
      }),
      this.select("least", probability),
      this.box(),
    );
    this.onShow(this.element);
  }

  select(name, options) {
    const element = h("select", { id: `filter-${name}` });
    const now = this.filters[name];
    // A value of the address that the data does not have stays visible, to be taken out.
    if (!options.some(([value]) => value === now)) options.push([now, now]);
    element.append(...options.map(([value, text]) => h("option", { value }, text)));
    element.value = now;
    element.addEventListener("change", () => this.set(name, element.value));
    return h("label", { className: "choice", for: element.id }, h("span", {}, m(name)), element);
  }

  box() {
    const input = h("input", { type: "checkbox", id: "filter-intent", checked: this.filters.intent === "yes" });
    input.addEventListener("change", () => this.set("intent", input.checked ? "yes" : ""));
    return h("label", { className: "choice", for: input.id }, input, m("intentOnly"));
  }

  set(name, value) {
    this.filters[name] = value;
    this.onChange();
  }
}
