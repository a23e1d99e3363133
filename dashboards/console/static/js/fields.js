// What a panel's JSON says about one column or series: its name, colour, unit, mappings, links.

import { pick } from "./i18n.js";

// For series the dashboard gives no colour; told apart with any colour vision.
const PALETTE = ["#3f8fd6", "#c4602a", "#7d66c9", "#8a7a2e", "#0b8a6f", "#b0478a"];

/** The settings of the field called `name`; later overrides win, as in Grafana. */
export function fieldOf(panel, name) {
  const settings = { ...panel.defaults };
  for (const override of panel.overrides) {
    if (override.matcher.id !== "byName" || override.matcher.options !== name) continue;
    for (const { id, value } of override.properties) settings[id] = value;
  }
  const fixed = settings.color?.mode === "fixed" ? settings.color.fixedColor : null;
  const templated = settings.displayName?.includes("${");
  return {
    name: templated || !settings.displayName ? name : pick(settings.displayName),
    color: fixed ?? PALETTE[hashOf(name) % PALETTE.length],
    unit: settings.unit,
    decimals: settings.decimals,
    width: settings["custom.width"],
    hidden: settings["custom.hidden"] ?? false,
    links: settings.links ?? [],
    mappings: settings.mappings ?? [],
    steps: settings.thresholds?.steps ?? [],
    colored: settings["custom.cellOptions"]?.type === "color-text",
  };
}

/** By name and not by place, so that a filter does not repaint what stays. */
function hashOf(name) {
  return [...String(name)].reduce((sum, letter) => (sum * 31 + letter.codePointAt(0)) % 9973, 7);
}

/** The text and colour a value is mapped to, or null. */
export function mappingOf(field, value) {
  for (const mapping of field.mappings) {
    const result = mapping.type === "value" ? mapping.options[String(value)] : undefined;
    if (result) return { text: pick(result.text), color: result.color ?? null };
  }
  return null;
}

/** Which threshold step a number has reached: its index and colour. */
export function stepOf(field, value) {
  let reached = { index: 0, color: field.steps[0]?.color ?? null };
  field.steps.forEach((step, index) => {
    const limit = step.value ?? -Infinity;
    if (value !== null && value >= limit) reached = { index, color: step.color };
  });
  return reached;
}
