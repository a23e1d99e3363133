// What the search page says in Spanish and English.

import { currentLanguage } from "../i18n.js";

const WORDS = {
  es: {
    title: "Buscar",
    lead: "Entre todo lo que se ha oído, con el lenguaje de las reglas de escucha.",
    rule: "Qué buscar",
    hint: "Varias palabras: todas. Vacío: todo lo que dejan pasar los filtros. Intro busca; Mayús + Intro, otra línea.",
    period: "Periodo",
    search: "Buscar",
    cancel: "Cancelar",
    searching: "Buscando…",
    queued: "Hay otras búsquedas en marcha; esta empieza enseguida…",
    soFar: (found) => `${found} hasta ahora…`,
    exactly: (found) => (found === "1" ? "1 mención" : `${found} menciones`),
    atLeast: (found) => `Al menos ${found} menciones`,
    nothing: "Ninguna mención con esta búsqueda.",
    nothingHelp: "Prueba un periodo más largo, menos filtros u otras palabras unidas con OR.",
    progress: (looked, total) => `Miradas ${looked} de unas ${total}`,
    timeOver: (looked, total, when) => `Se acabó el tiempo: miradas ${looked} de unas ${total}, hasta el ${when}.`,
    cancelled: (looked, total) => `Cancelada: miradas ${looked} de unas ${total}.`,
    more: "Mostrar más",
    moreFailed: "No se han podido traer más.",
    save: "Guardar todo lo encontrado:",
    cut: (rows) => `Cada archivo tiene como mucho ${rows} filas, las más nuevas.`,
    columns: "Qué hay en cada columna",
    safe: "En CSV, un texto que empieza por = + - @, tabulador o salto de línea lleva delante un apóstrofo, para que la hoja de cálculo no lo ejecute como fórmula. Las listas van unidas con «; ». Parquet guarda todo tal cual.",
    problem: (line, column) => `Línea ${line}, columna ${column}`,
    goThere: "Ir al sitio",
    help: "Cómo se escribe una búsqueda",
    tryIt: "Probar",
  },
  en: {
    title: "Search",
    lead: "Among all that was heard, in the language of the listening rules.",
    rule: "What to search for",
    hint: "Several words: all of them. Empty: all that the filters let through. Enter searches; Shift + Enter makes a line.",
    period: "Period",
    search: "Search",
    cancel: "Cancel",
    searching: "Searching…",
    queued: "Other searches are running; this one begins soon…",
    soFar: (found) => `${found} so far…`,
    exactly: (found) => (found === "1" ? "1 mention" : `${found} mentions`),
    atLeast: (found) => `At least ${found} mentions`,
    nothing: "No mention with this search.",
    nothingHelp: "Try a longer period, fewer filters or other words joined with OR.",
    progress: (looked, total) => `Looked at ${looked} of about ${total}`,
    timeOver: (looked, total, when) => `The time was over: looked at ${looked} of about ${total}, back to ${when}.`,
    cancelled: (looked, total) => `Cancelled: looked at ${looked} of about ${total}.`,
    more: "Show more",
    moreFailed: "No more could be brought.",
    save: "Save all that was found:",
    cut: (rows) => `Each file has at most ${rows} rows, the newest.`,
    columns: "What stands in each column",
    safe: "In CSV a text that begins with = + - @, a tab or a line break gets an apostrophe before it, so that a spreadsheet does not run it as a formula. Lists are joined with “; ”. Parquet keeps everything as it is.",
    problem: (line, column) => `Line ${line}, column ${column}`,
    goThere: "Go there",
    help: "How a search is written",
    tryIt: "Try",
  },
};

/** A word of the page; functions take what they speak about. */
export function s(key, ...values) {
  const word = WORDS[currentLanguage()][key];
  return typeof word === "function" ? word(...values) : word;
}
