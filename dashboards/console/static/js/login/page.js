// The page to sign in at: by a password, a one-time address, or at a provider.

import * as api from "../api.js";
import { h } from "../dom.js";
import { currentLanguage, setLanguage, t } from "../i18n.js";
import { remember, storedLanguage, storedTheme } from "../state.js";
import { l, problem } from "./words.js";

const RETRY_MS = 3_000;
const byId = (id) => document.getElementById(id);
const asked = new URLSearchParams(location.search);
const page = { session: null, problem: asked.get("problem"), isOpening: false, name: "" };

async function start() {
  setLanguage(storedLanguage());
  const theme = storedTheme();
  if (theme === "dark" || theme === "light") document.documentElement.dataset.theme = theme;
  byId("language").addEventListener("click", () => {
    setLanguage(currentLanguage() === "es" ? "en" : "es");
    remember("language", currentLanguage());
    show();
  });
  show();
  const token = location.hash.slice(1);
  // Out of the address at once: it is good once, and nobody should find it in the history.
  if (token) history.replaceState(null, "", location.pathname + location.search);
  if (token) await open(token);
  await look();
}

/** Where to go on to: a page of this console, whatever the address says. */
function next() {
  try {
    const url = new URL(asked.get("next") ?? "/", location.origin);
    return url.origin === location.origin ? url.pathname + url.search : "/";
  } catch {
    return "/";
  }
}

async function open(token) {
  page.isOpening = true;
  show();
  try {
    await api.signIn("/api/session/link", { token });
    location.replace(next());
    await new Promise(() => {}); // until the page is left
  } catch (error) {
    page.problem = error.code === "wrong_sign_in" ? "wrong_link" : error.code;
  }
  page.isOpening = false;
}

async function look() {
  try {
    page.session = await api.sessionFor(next().split("?")[0]);
    if (["offline", "database_away", "not_migrated"].includes(page.problem)) page.problem = null;
  } catch (error) {
    page.problem = error.code;
    show();
    setTimeout(look, RETRY_MS);
    return;
  }
  if (!page.session.accounts || (page.session.person && page.session.may && !page.problem)) {
    location.replace(next());
    return;
  }
  show();
  byId("name")?.focus();
}

function show() {
  document.documentElement.lang = currentLanguage();
  document.title = t("page", l("title"));
  byId("title").textContent = l("title");
  byId("language").textContent = l("other");
  byId("language").lang = currentLanguage() === "es" ? "en" : "es";
  const { session } = page;
  const isLink = session?.ways.link && !session.person;
  byId("lead").hidden = Boolean(session?.person);
  byId("lead").textContent = page.isOpening ? l("opening") : !session ? l("away") : isLink ? l("linkLead") : l("lead");
  showProblem();
  if (page.isOpening || !session) byId("ways").replaceChildren();
  else if (session.person) byId("ways").replaceChildren(...inAlready(session));
  else if (isLink) byId("ways").replaceChildren(...linkHelp());
  else byId("ways").replaceChildren(...ways(session.ways));
}

function showProblem() {
  const notice = byId("notice");
  notice.hidden = !page.problem;
  if (page.problem) notice.replaceChildren(...problem(page.problem).filter(Boolean).map((text) => h("p", {}, text)));
}

function inAlready({ person, may, needs }) {
  const roles = l("roles");
  const out = h("button", { type: "button", className: "login-button second" }, l("signOut"));
  out.addEventListener("click", async () => {
    try {
      await api.signOut();
    } catch (error) {
      page.problem = error.code;
    }
    await look();
  });
  return [
    h("p", {}, l("signedInAs", person.name, roles[person.role])),
    may ? null : h("p", {}, l("needs", roles[needs])),
    h("a", { className: "login-button first", href: "/" }, l("home")),
    h("p", { className: "login-or" }, l("or")),
    out,
  ].filter(Boolean);
}

function linkHelp() {
  return [
    h("p", {}, l("linkHelp")),
    h("code", {}, "escucha users link"),
    h("p", { className: "login-or" }, l("or")),
    h("p", {}, l("usersHelp")),
    h("code", {}, "escucha users add NAME --role admin"),
  ];
}

function ways({ provider }) {
  const form = passwordForm(provider ? "login-button second" : "login-button");
  if (!provider) return [form];
  const address = `/login/provider?${new URLSearchParams({ next: next() })}`;
  return [
    h("a", { className: "login-button", href: address }, l("byProvider", provider)),
    h("p", { className: "login-or" }, l("or")),
    form,
  ];
}

function passwordForm(className) {
  const name = h("input", { id: "name", name: "username", type: "text", required: true, maxLength: 64, autocomplete: "username", autocapitalize: "none", spellcheck: false, value: page.name });
  const password = h("input", { id: "password", name: "password", type: "password", required: true, maxLength: 200, autocomplete: "current-password" });
  const button = h("button", { type: "submit", className }, l("signIn"));
  const form = h(
    "form",
    { className: "login-form" },
    h("label", { for: "name" }, l("name"), name),
    h("label", { for: "password" }, l("password"), password),
    button,
  );
  name.addEventListener("input", () => (page.name = name.value));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    button.disabled = true;
    button.textContent = l("signingIn");
    try {
      await api.signIn("/api/session", { name: name.value, password: password.value });
      location.replace(next());
      return;
    } catch (error) {
      page.problem = error.code;
      showProblem();
    }
    button.disabled = false;
    button.textContent = l("signIn");
    password.value = "";
    password.focus();
  });
  return form;
}

start();
