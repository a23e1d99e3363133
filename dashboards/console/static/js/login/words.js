// Words of the page to sign in at.

import { currentLanguage } from "../i18n.js";

const WORDS = {
  es: {
    title: "Iniciar sesión",
    lead: "Entra para ver lo que se dice, a quién atender y quién quiere comprar.",
    name: "Nombre",
    password: "Contraseña",
    signIn: "Entrar",
    signingIn: "Entrando…",
    or: "o",
    byProvider: (label) => `Entrar con ${label}`,
    other: "English",
    away: "Esperando a la consola…",
    linkLead: "Esta consola es de una sola persona: quien la arrancó.",
    linkHelp: "Abre la dirección de un solo uso que se mostró al arrancar, o pide otra en el terminal:",
    usersHelp: "Para trabajar con más personas, añade usuarios:",
    opening: "Abriendo…",
    signedInAs: (name, role) => `Has entrado como ${name} (${role}).`,
    needs: (role) => `Esa página es para ${role}.`,
    home: "Ir a la primera página",
    signOut: "Salir y entrar con otro nombre",
    roles: { viewer: "lectura", agent: "atención", analyst: "análisis", admin: "administración" },
    problems: {
      wrong_sign_in: ["El nombre o la contraseña no son correctos.", "Prueba de nuevo o pregunta a quien administra."],
      wrong_link: ["Esa dirección ya se usó o no es de esta consola.", "Pide otra en el terminal: escucha users link"],
      too_many_sign_ins: ["Demasiados intentos.", "Espera 15 minutos y prueba de nuevo."],
      too_many: ["Demasiados intentos.", "Espera un minuto y prueba de nuevo."],
      database_away: ["ClickHouse no responde.", "Puede estar arrancando; se reintenta solo."],
      not_migrated: ["Las tablas aún no existen.", "Ejecuta escucha migrate."],
      offline: ["No se llega a la consola.", "Comprueba que sigue en marcha; se reintenta sola."],
      away: ["ClickHouse no responde.", "Prueba de nuevo dentro de un momento."],
      provider_away: ["El proveedor de identidad no responde.", "Prueba de nuevo dentro de un momento."],
      provider_refused: ["El proveedor de identidad no te ha dejado pasar.", "Prueba de nuevo."],
      provider_state: ["Ese inicio de sesión caducó o ya se usó.", "Empieza de nuevo."],
      provider_token: ["La respuesta del proveedor de identidad no vale.", "Avisa a quien administra la consola."],
      no_provider: ["Esta consola no tiene proveedor de identidad.", ""],
      no_role: ["Tu cuenta no tiene permiso para esta consola.", "Pide a quien administra que te lo dé."],
      taken: ["Ese nombre es de otra persona en esta consola.", "Avisa a quien administra la consola."],
      disabled: ["Tu cuenta está desactivada.", "Avisa a quien administra la consola."],
      internal: ["La consola falló.", "Mira su registro."],
    },
  },
  en: {
    title: "Sign in",
    lead: "See what is said, whom to answer and who wants to buy.",
    name: "Name",
    password: "Password",
    signIn: "Sign in",
    signingIn: "Signing in…",
    or: "or",
    byProvider: (label) => `Sign in with ${label}`,
    other: "Español",
    away: "Waiting for the console…",
    linkLead: "This console belongs to one person: who started it.",
    linkHelp: "Open the one-time address that was shown at the start, or ask for another in the terminal:",
    usersHelp: "To work with more people, add users:",
    opening: "Opening…",
    signedInAs: (name, role) => `You are signed in as ${name} (${role}).`,
    needs: (role) => `That page is for ${role}.`,
    home: "Go to the first page",
    signOut: "Sign out and use another name",
    roles: { viewer: "viewers", agent: "agents", analyst: "analysts", admin: "admins" },
    problems: {
      wrong_sign_in: ["Name or password is wrong.", "Try again, or ask an admin."],
      wrong_link: ["That address was used before, or is not of this console.", "Ask for another in the terminal: escucha users link"],
      too_many_sign_ins: ["Too many tries.", "Wait 15 minutes, then try again."],
      too_many: ["Too many tries.", "Wait a minute, then try again."],
      database_away: ["ClickHouse does not answer.", "It may be starting; the page keeps trying."],
      not_migrated: ["The tables are not there yet.", "Run escucha migrate."],
      offline: ["The console cannot be reached.", "Check that it is running; the page keeps trying."],
      away: ["ClickHouse does not answer.", "Try again in a moment."],
      provider_away: ["The identity provider does not answer.", "Try again in a moment."],
      provider_refused: ["The identity provider did not let you in.", "Try again."],
      provider_state: ["That sign-in was too old, or was used before.", "Start again."],
      provider_token: ["The identity provider's answer is not valid.", "Tell who runs the console."],
      no_provider: ["This console has no identity provider.", ""],
      no_role: ["Your account has no role at this console.", "Ask an admin for one."],
      taken: ["That name is somebody else's at this console.", "Tell who runs the console."],
      disabled: ["Your account is disabled.", "Tell who runs the console."],
      internal: ["The console failed.", "See its log."],
    },
  },
};

/** A word of this page. */
export function l(key, ...values) {
  const word = WORDS[currentLanguage()][key];
  return typeof word === "function" ? word(...values) : word;
}

/** What happened and what helps. */
export function problem(code) {
  const { problems } = WORDS[currentLanguage()];
  return problems[code] ?? problems.internal;
}
