import { h } from "../dom.js";

/** Names of series beside their colours. */
export function legend(fields) {
  return h(
    "ul",
    { className: "legend" },
    fields.map((field) => {
      const swatch = h("span", { className: "swatch" });
      swatch.style.backgroundColor = field.color;
      return h("li", {}, swatch, field.name);
    }),
  );
}
