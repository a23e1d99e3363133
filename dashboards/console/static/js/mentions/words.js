// What /live and /search share in words.

import { currentLanguage } from "../i18n.js";

const WORDS = {
  es: {
    parent: "Responde a",
    nobody: "Sin nombre",
    original: "Ver original",
    intentHelp: "Intención de compra según el modelo, con su probabilidad.",
    why: "Por qué",
    whyHelp: "Las palabras que más pesaron en la intención, de más a menos.",
    brand: "Marca",
    topic: "Tema",
    lang: "Idioma",
    source: "Fuente",
    least: "Probabilidad",
    leastOf: (percent) => `Desde ${percent}`,
    intentOnly: "Solo con intención",
    any: "Todas",
    anyTopic: "Todos",
    anyLeast: "Cualquiera",
  },
  en: {
    parent: "Answers",
    nobody: "No name",
    original: "See original",
    intentHelp: "Purchase intent by the model, with its probability.",
    why: "Why",
    whyHelp: "The words that weighed most for the intent, strongest first.",
    brand: "Brand",
    topic: "Topic",
    lang: "Language",
    source: "Source",
    least: "Probability",
    leastOf: (percent) => `From ${percent}`,
    intentOnly: "With intent only",
    any: "All",
    anyTopic: "All",
    anyLeast: "Any",
  },
};

/** A word of both pages; functions take what they speak about. */
export function m(key, ...values) {
  const word = WORDS[currentLanguage()][key];
  return typeof word === "function" ? word(...values) : word;
}
