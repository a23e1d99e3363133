// What every page has at its top: the menu, who is signed in, language and theme.
//
// Which pages there are is the server's to say (/api/pages). After a change of language the document
// hears "escucha-language".

import { showAccount } from "./account.js";
import { pages } from "./api.js";
import { h, icon } from "./dom.js";
import { currentLanguage, pick, setLanguage, t } from "./i18n.js";
import { startMenu } from "./menu.js";
import { recall, remember, storedLanguage, storedTheme } from "./state.js";

const SUN =
  "M8 4.800a3.200 3.200 0 1 0 0 6.400 3.200 3.200 0 0 0 0-6.400M8 1v1.500M8 13.500V15M1 8h1.500M13.500 8H15M3 3l1.100 1.100M11.900 11.900 13 13M13 3l-1.100 1.100M4.100 11.900 3 13";
const MOON = "M13.500 9.800A6 6 0 0 1 6.200 2.500a6 6 0 1 0 7.300 7.300Z";

const byId = (id) => document.getElementById(id);
const darkPreferred = matchMedia("(prefers-color-scheme: dark)");
let menu = null;

/** Bring the header to life; the calls tell when language or theme have changed. */
export function startChrome({ onLanguage, onTheme = () => {} }) {
  setLanguage(storedLanguage());
  build();
  applyTheme(storedTheme());
  byId("language").addEventListener("click", () => {
    setLanguage(currentLanguage() === "es" ? "en" : "es");
    remember("language", currentLanguage());
    showWords();
    onLanguage();
    document.dispatchEvent(new Event("escucha-language"));
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
  showAccount(byId("person")).catch(() => {}); // the page itself says what is wrong
}

function build() {
  const brand = h(
    "a",
    { className: "brand", href: "/" },
    h("img", { src: "/static/favicon.svg", alt: "", width: 30, height: 30 }),
    h("span", {}, "Escucha"),
  );
  const actions = h(
    "div",
    { className: "top-actions" },
    h("button", { type: "button", className: "ghost", id: "language" }),
    h("button", { type: "button", className: "ghost icon", id: "theme" }),
  );
  const header = document.querySelector(".top");
  menu = startMenu(header, [h("div", { id: "person", className: "person" }), actions]);
  header.replaceChildren(brand, ...menu.elements);
  menu.show(known());
}

/** The menu as the last page had it, so that it is there at once; what the server says replaces it. */
function known() {
  try {
    return JSON.parse(recall("menu")) ?? [];
  } catch {
    return [];
  }
}

async function loadPages() {
  try {
    const { groups } = await pages();
    remember("menu", JSON.stringify(groups));
    menu.show(groups);
  } catch {
    // The page itself says what is wrong; the menu stays as it was known.
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
  menu.say();
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
