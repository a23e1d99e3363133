// What the reader chose. Period and filters live in the address, as Grafana writes them, so that
// a view can be sent to somebody; language and theme live in this browser.

import { preferredLanguage } from "./i18n.js";

const RANGES = ["now-15m", "now-1h", "now-6h", "now-24h", "now-7d", "now-30d", "now-90d"];

export const ranges = RANGES;

export function readState(board) {
  const address = new URLSearchParams(location.search);
  const values = new Map();
  for (const [name, value] of address) {
    if (!name.startsWith("var-") || value === "$__all") continue;
    const variable = name.slice(4);
    values.set(variable, [...(values.get(variable) ?? []), value]);
  }
  return {
    from: address.get("from") ?? board.time.from,
    to: address.get("to") ?? board.time.to,
    refresh: address.get("refresh") ?? board.refresh,
    values,
  };
}

/** The part of the state that a panel's data depends on, as a query string. */
export function dataQuery(state) {
  const query = new URLSearchParams({ from: state.from, to: state.to });
  for (const [name, several] of state.values) {
    for (const value of several) query.append(`var-${name}`, value);
  }
  return query.toString();
}

export function writeState(state) {
  const query = new URLSearchParams(dataQuery(state));
  query.set("refresh", state.refresh);
  history.replaceState(null, "", `${location.pathname}?${query}`);
}

export function storedLanguage() {
  return recall("language") ?? preferredLanguage();
}

export function storedTheme() {
  return recall("theme");
}

export function remember(name, value) {
  try {
    localStorage.setItem(`escucha.${name}`, value);
  } catch {
    // A browser that keeps nothing still shows the page.
  }
}

export function recall(name) {
  try {
    return localStorage.getItem(`escucha.${name}`);
  } catch {
    return null;
  }
}
