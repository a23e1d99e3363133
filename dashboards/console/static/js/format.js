// Numbers and times as people of the page's language write them.

import { currentLanguage } from "./i18n.js";

const DAY_MS = 86_400_000;
const makers = new Map();

function maker(kind, options) {
  const key = `${kind} ${currentLanguage()} ${JSON.stringify(options)}`;
  if (!makers.has(key)) {
    const Maker = kind === "number" ? Intl.NumberFormat : Intl.DateTimeFormat;
    makers.set(key, new Maker(currentLanguage() === "es" ? "es-ES" : "en-GB", options));
  }
  return makers.get(key);
}

/** A value in a unit of Grafana's: short, s, percentunit. */
export function formatValue(value, { unit = "short", decimals } = {}) {
  if (value === null || value === undefined) return "—";
  if (typeof value !== "number") return String(value);
  if (unit === "percentunit") {
    return maker("number", {
      style: "percent",
      minimumFractionDigits: decimals ?? 0,
      maximumFractionDigits: decimals ?? 1,
    }).format(value);
  }
  if (unit === "s") return formatSeconds(value, decimals);
  return maker("number", {
    useGrouping: "always",
    minimumFractionDigits: decimals ?? 0,
    maximumFractionDigits: decimals ?? 2,
  }).format(value);
}

function formatSeconds(value, decimals) {
  const [amount, unit] =
    value < 120 ? [value, "s"] : value < 7_200 ? [value / 60, "min"] : [value / 3_600, "h"];
  const options = { minimumFractionDigits: decimals ?? 0, maximumFractionDigits: decimals ?? 1 };
  return `${maker("number", options).format(amount)}\u202f${unit}`;
}

/** A short number for an axis. */
export function formatTick(value, unit) {
  if (unit === "s") return formatSeconds(value);
  if (unit === "percentunit") return formatValue(value, { unit, decimals: 0 });
  return maker("number", { notation: "compact", maximumFractionDigits: Math.abs(value) < 1 ? 2 : 1 }).format(value);
}

/** An instant in full, in the reader's own time zone. */
export function formatTime(ms) {
  const options = { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" };
  if (ms % 60_000 !== 0 && Math.abs(Date.now() - ms) < DAY_MS) options.second = "2-digit";
  return maker("time", options).format(ms);
}

/** An instant on an axis that spans `spanMs`. */
export function formatAxisTime(ms, spanMs) {
  const midnight = new Date(ms).getHours() === 0 && new Date(ms).getMinutes() === 0;
  if (spanMs > 3 * DAY_MS || (spanMs > DAY_MS / 2 && midnight)) {
    return maker("time", { day: "numeric", month: "short" }).format(ms);
  }
  const options = { hour: "2-digit", minute: "2-digit" };
  if (spanMs < 300_000) options.second = "2-digit";
  return maker("time", options).format(ms);
}
