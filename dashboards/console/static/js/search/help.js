// The rule language in short: what can be written and what it finds, each to be tried at once.

import { h } from "../dom.js";
import { currentLanguage } from "../i18n.js";
import { s } from "./words.js";

const EXAMPLES = [
  ["móvil barato", "las dos palabras, en cualquier orden; mayúsculas y acentos no cuentan", "both words, in any order; case and accents do not count"],
  ["móvil OR celular", "una de las dos; los operadores van en mayúsculas", "one of them; operators are in capitals"],
  ['"muy bueno"', "estas palabras, una tras otra", "these words, one after the other"],
  ["portátil NOT oferta", "con lo primero y sin lo segundo", "the first without the second"],
  ["~comprar", "sus formas: compro, compré, comprando", "its forms: compro, compré, comprando"],
  ["recom*", "palabras que empiezan así", "words that begin so"],
  ["móvil NEAR/3 barato", "a lo sumo tres palabras entre medias", "at most three words between them"],
  ["(móvil OR celular) (precio OR barat*)", "paréntesis: primero lo de dentro", "parentheses: first what is inside"],
  ["#oferta", "solo la etiqueta", "the hashtag only"],
  ["@nimbara", "solo el nombre de cuenta", "the handle only"],
  ["lang:es has:link", "por lo que se sabe de ella: lang, source, site, author, type, has, followers", "by what is known of it: lang, source, site, author, type, has, followers"],
  ["author:@juan type:reply", "de esta cuenta, y respuesta", "by this account, and a reply"],
];

/** Fill the help; `onTry` is called with an example. */
export function showHelp(element, onTry) {
  const rows = EXAMPLES.map(([example, es, en]) => {
    const button = h("button", { type: "button", className: "example", title: s("tryIt") }, example);
    button.addEventListener("click", () => onTry(example));
    return h("div", {}, h("dt", {}, button), h("dd", {}, currentLanguage() === "es" ? es : en));
  });
  element.replaceChildren(h("summary", {}, s("help")), h("dl", { className: "examples" }, rows));
}
