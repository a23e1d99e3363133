// The page of the API: what /api/openapi.json says, to read.

import { openapi } from "../api.js";
import { startChrome } from "../chrome.js";
import { h } from "../dom.js";
import { currentLanguage, explain, t } from "../i18n.js";

const WORDS = {
  es: {
    title: "API de la consola",
    lead: "Lo que preguntan estas páginas, por si lo quiere preguntar un programa. Cada ruta dice qué papel necesita.",
    document: "El mismo documento en OpenAPI 3.1: ",
    everybody: "cualquiera",
    asks: "En la dirección",
    takes: "Cuerpo",
    answers: "Respuesta",
    required: "obligatorio",
  },
  en: {
    title: "The console's API",
    lead: "What these pages ask, for programs that want to ask it too. Each route says which role it needs.",
    document: "The same document as OpenAPI 3.1: ",
    everybody: "everybody",
    asks: "In the address",
    takes: "Body",
    answers: "Answer",
    required: "required",
  },
};
const DEEPEST = 5;
const byId = (id) => document.getElementById(id);
let described = null;

const a = (key) => WORDS[currentLanguage()][key];

async function start() {
  startChrome({ onLanguage: show });
  show();
  try {
    described = await openapi();
    show();
  } catch (error) {
    const { what, help } = explain(error);
    byId("notice").replaceChildren(h("p", {}, what), h("p", {}, help));
    byId("notice").hidden = false;
  }
}

function show() {
  byId("title").textContent = a("title");
  byId("description").textContent = a("lead");
  byId("document").replaceChildren(a("document"), h("a", { href: "/api/openapi.json" }, "/api/openapi.json"));
  document.title = t("page", a("title"));
  if (!described) return;
  const groups = Map.groupBy(operations(), ({ operation }) => operation.tags[0]);
  byId("routes").replaceChildren(
    ...[...groups].flatMap(([name, routes]) => [h("h2", {}, name), ...routes.map(route)]),
  );
}

function operations() {
  return Object.entries(described.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  );
}

/** One route; what it takes and gives is drawn when it is opened. */
function route({ path, method, operation }) {
  const role = operation["x-role"] === "everybody" ? a("everybody") : operation["x-role"];
  const body = h("div", { className: "route-body" });
  const element = h(
    "details",
    { className: "route", data: { method } },
    h(
      "summary",
      {},
      h("span", { className: "method" }, method.toUpperCase()),
      h("span", { className: "path" }, path),
      h("span", { className: "role" }, role),
      h("span", { className: "about", lang: "en" }, operation.summary),
    ),
    body,
  );
  element.addEventListener("toggle", () => {
    if (element.open) body.replaceChildren(...parts(operation));
  });
  return element;
}

function parts({ parameters = [], requestBody, responses }) {
  const schemaOf = (content) => content["application/json"].schema;
  const found = [];
  if (parameters.length) {
    const lines = parameters.map(({ name, required, schema }) =>
      h("li", {}, h("code", {}, name), ` ${kind(schema)}${required ? `, ${a("required")}` : ""}`),
    );
    found.push(h("h3", {}, a("asks")), h("ul", {}, lines));
  }
  const block = (title, content) =>
    found.push(h("h3", {}, title), h("pre", { tabIndex: 0 }, drawn(schemaOf(content))));
  if (requestBody) block(a("takes"), requestBody.content);
  block(a("answers"), responses["200"].content);
  return found;
}

/** A schema as something like JSON: names and what stands there. */
function drawn(schema, depth = 0) {
  const { properties, items, required = [] } = resolved(schema);
  const indent = "  ".repeat(depth + 1);
  if (depth > DEEPEST) return "…";
  if (items && typeof items === "object") return `[${drawn(items, depth)}]`;
  if (!properties) return kind(schema);
  const lines = Object.entries(properties).map(
    ([name, part]) => `${indent}${name}${required.includes(name) ? "" : "?"}: ${drawn(part, depth + 1)}`,
  );
  return `{\n${lines.join("\n")}\n${"  ".repeat(depth)}}`;
}

function resolved(schema) {
  return schema.$ref ? described.components.schemas[schema.$ref.split("/").at(-1)] : schema;
}

function kind(schema) {
  const { type, enum: values, anyOf, format } = resolved(schema);
  if (values) return values.map((value) => JSON.stringify(value)).join(" | ");
  if (anyOf) return anyOf.map((one) => (resolved(one).properties ? drawn(one, 1) : kind(one))).join(" | ");
  return format ?? type ?? "any";
}

start();
