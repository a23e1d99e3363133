// The page for an address that leads nowhere: what there is instead.

import { pages } from "./api.js";
import { startChrome } from "./chrome.js";
import { h } from "./dom.js";
import { explain, pick, t } from "./i18n.js";

const byId = (id) => document.getElementById(id);
let groups = [];

async function start() {
  startChrome({ onLanguage: show });
  show();
  try {
    ({ groups } = await pages());
  } catch (error) {
    byId("trouble").textContent = Object.values(explain(error)).join(" ");
  }
  show();
}

function show() {
  byId("title").textContent = t("missing");
  byId("description").textContent = t("missingHelp", location.pathname);
  document.title = t("page", t("missing"));
  byId("groups").replaceChildren(
    ...groups.map(({ name, pages: listed }) =>
      h(
        "section",
        { className: "card" },
        h("h2", {}, t("groups")[name] ?? name),
        h("ul", {}, listed.map(({ path, title }) => h("li", {}, h("a", { href: path }, pick(title))))),
      ),
    ),
  );
}

start();
