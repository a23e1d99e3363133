// Who is signed in, at the top of every page, and the way out. Where a console has no accounts it
// shows nothing.

import * as api from "./api.js";
import { h } from "./dom.js";
import { currentLanguage } from "./i18n.js";

const WORDS = {
  es: {
    account: (name) => `Cuenta de ${name}`,
    roles: { viewer: "Lectura", agent: "Atención", analyst: "Análisis", admin: "Administración" },
    local: "Única persona de esta consola",
    api: "API de la consola",
    out: "Salir",
    failed: "No se ha podido salir; prueba otra vez.",
  },
  en: {
    account: (name) => `Account of ${name}`,
    roles: { viewer: "Viewer", agent: "Agent", analyst: "Analyst", admin: "Admin" },
    local: "The one person of this console",
    api: "The console's API",
    out: "Sign out",
    failed: "That did not work; try again.",
  },
};

const box = h("details", { className: "account" });

/** Fill `place` with who is signed in; throws as the API does. */
export async function showAccount(place) {
  const { person } = await api.session();
  if (!person) return;
  place.append(box);
  show(person);
  // The header says it in another language as soon as the page does.
  new MutationObserver(() => show(person)).observe(document.documentElement, { attributeFilter: ["lang"] });
  document.addEventListener("click", (event) => {
    if (!box.contains(event.target)) box.open = false;
  });
  box.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    box.open = false;
    box.querySelector("summary").focus();
  });
}

function show(person) {
  const words = WORDS[currentLanguage()];
  const fate = h("p", { className: "muted", role: "status" });
  const out = h("button", { type: "button" }, words.out);
  out.addEventListener("click", async () => {
    try {
      await api.signOut();
      location.assign("/login");
    } catch {
      fate.textContent = words.failed;
    }
  });
  box.replaceChildren(
    h("summary", { "aria-label": words.account(person.name) }, h("span", { className: "account-name" }, person.name)),
    h(
      "div",
      { className: "account-menu" },
      h("p", {}, person.name),
      h("p", { className: "muted" }, person.how === "link" ? words.local : words.roles[person.role]),
      h("a", { href: "/api" }, words.api),
      out,
      fate,
    ),
  );
}
