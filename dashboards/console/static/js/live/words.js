// What the live page says in Spanish and English.

import { currentLanguage } from "../i18n.js";

const WORDS = {
  es: {
    title: "En directo",
    lead: "Las menciones según llegan, la más nueva arriba, con lo que pesó en su intención.",
    live: "En directo",
    connecting: "Conectando…",
    away: "Sin conexión; se reintenta",
    database: "ClickHouse no responde; se reintenta",
    paused: "En pausa",
    pause: "Pausar",
    resume: "Seguir",
    pauseKeys: "Tecla P sobre la lista",
    fresh: (count) => (count === "1" ? "Mostrar 1 nueva" : `Mostrar ${count} nuevas`),
    count: (shown, came) => `Mostradas ${shown} de ${came} desde que abriste`,
    sampled: "llegan más de las que se pueden leer: se enseña una muestra",
    empty: "Todavía no ha llegado nada con estos filtros. Aparecerá aquí solo.",
    news: (count) => (count === "1" ? "Ha llegado 1 mención" : `Han llegado ${count} menciones`),
  },
  en: {
    title: "Live",
    lead: "Mentions as they come, the newest on top, with what weighed for their intent.",
    live: "Live",
    connecting: "Connecting…",
    away: "Disconnected; trying again",
    database: "ClickHouse does not answer; trying again",
    paused: "Paused",
    pause: "Pause",
    resume: "Go on",
    pauseKeys: "Key P on the list",
    fresh: (count) => `Show ${count} new`,
    count: (shown, came) => `Shown ${shown} of ${came} since you opened`,
    sampled: "more come than can be read: this is a sample",
    empty: "Nothing has come with these filters yet. It will appear here by itself.",
    news: (count) => (count === "1" ? "1 mention has come" : `${count} mentions have come`),
  },
};

/** A word of the page; functions take what they speak about. */
export function l(key, ...values) {
  const word = WORDS[currentLanguage()][key];
  return typeof word === "function" ? word(...values) : word;
}
