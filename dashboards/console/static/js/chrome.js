// What every page has at its top: the pages there are, language and theme.

import { boards } from "./api.js";
import { h, icon } from "./dom.js";
import { currentLanguage, pick, setLanguage, t } from "./i18n.js";
import { remember, storedLanguage, storedTheme } from "./state.js";

const SUN =
  "M8 4.800a3.200 3.200 0 1 0 0 6.400 3.200 3.200 0 0 0 0-6.400M8 1v1.500M8 13.500V15M1 8h1.500M13.500 8H15M3 3l1.100 1.100M11.900 11.900 13 13M13 3l-1.100 1.100M4.100 11.900 3 13";
const MOON = "M13.500 9.800A6 6 0 0 1 6.200 2.500a6 6 0 1 0 7.300 7.300Z";

const byId = (id) => document.getElementById(id);
const darkPreferred = matchMedia("(prefers-color-scheme: dark)");
let pages = [];

/** Bring the header to life; the calls tell when language or theme have changed. */
export function startChrome({ onLanguage, onTheme = () => {} }) {
  setLanguage(storedLanguage());
  applyTheme(storedTheme());
  byId("language").addEventListener("click", () => {
    setLanguage(currentLanguage() === "es" ? "en" : "es");
    remember("language", currentLanguage());
    showWords();
    onLanguage();
  });
  byId("theme").addEventListener("click", () => {
    const theme = isDark() ? "light" : "dark";
    remember("theme", theme);
    applyTheme(theme);
    onTheme();
  });
  darkPreferred.addEventListener("change", () => {
    applyTheme(storedTheme());
    onTheme();
  });
  showWords();
  loadPages();
}

async function loadPages() {
  try {
    pages = (await boards()).dashboards;
    showPages();
  } catch {
    // The page itself says what is wrong, and the way to label is there without an answer.
  }
}

function showWords() {
  document.documentElement.lang = currentLanguage();
  for (const element of document.querySelectorAll("[data-t]")) {
    element.textContent = t(element.dataset.t);
  }
  const other = byId("language");
  other.textContent = t("otherLanguage");
  other.lang = currentLanguage() === "es" ? "en" : "es";
  nameTheme();
  showPages();
}

function showPages() {
  const nav = byId("pages");
  nav.setAttribute("aria-label", t("pages"));
  const here = location.pathname;
  const links = pages.map(({ uid, title }, index) => {
    const address = `/d/${encodeURIComponent(uid)}`;
    return pageLink(address, pick(title), here === address || (here === "/" && index === 0));
  });
  const desks = [["/leads", "leadsPage"], ["/care", "carePage"], ["/labels", "labelPage"]];
  nav.replaceChildren(...links, ...desks.map(([address, name]) => pageLink(address, t(name), here === address)));
}

function pageLink(href, text, isHere) {
  return h("a", { href, "aria-current": isHere ? "page" : null }, text);
}

function isDark() {
  const chosen = document.documentElement.dataset.theme;
  return chosen ? chosen === "dark" : darkPreferred.matches;
}

function applyTheme(theme) {
  if (theme === "dark" || theme === "light") document.documentElement.dataset.theme = theme;
  nameTheme();
}

function nameTheme() {
  const button = byId("theme");
  const name = t(isDark() ? "themeToLight" : "themeToDark");
  button.title = name;
  button.setAttribute("aria-label", name);
  button.replaceChildren(icon(isDark() ? SUN : MOON));
}
