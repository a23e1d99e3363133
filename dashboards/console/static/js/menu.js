// The menu: two groups of pages. Each group is a button that opens a list; on a wide screen the
// pages to work on stand side by side, on a narrow one all of it is one sheet. Which of these it
// is, the style sheet decides; here is what keys and clicks do.

import { h } from "./dom.js";
import { pick, t } from "./i18n.js";

/** The menu of a header; `extras` stand at its end, in the sheet too. */
export function startMenu(header, extras) {
  const here = h("p", { className: "here-name" });
  const toggle = h("button", { type: "button", className: "menu-toggle", id: "menu-toggle", "aria-controls": "menu" });
  const nav = h("nav", { className: "pages", id: "pages" });
  const sheet = h("div", { className: "top-menu", id: "menu" }, nav, ...extras);
  let groups = [];

  const isSheetOpen = () => toggle.getAttribute("aria-expanded") === "true";
  const openSheet = (open) => {
    toggle.setAttribute("aria-expanded", String(open));
    sheet.classList.toggle("open", open);
  };
  openSheet(false);
  toggle.addEventListener("click", () => openSheet(!isSheetOpen()));

  header.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    const button = nav.querySelector('.group-button[aria-expanded="true"]') ?? (isSheetOpen() ? toggle : null);
    if (!button) return;
    closeAll();
    button.focus();
  });
  document.addEventListener("pointerdown", (event) => {
    if (!header.contains(event.target)) closeAll();
  });
  header.addEventListener("focusout", ({ relatedTarget }) => {
    if (!relatedTarget) return;
    for (const group of nav.querySelectorAll(".group")) if (!group.contains(relatedTarget)) expand(group, false);
    if (!header.contains(relatedTarget)) openSheet(false);
  });

  function closeAll() {
    for (const group of nav.querySelectorAll(".group")) expand(group, false);
    openSheet(false);
  }

  function draw() {
    const focused = nav.contains(document.activeElement) ? document.activeElement.dataset.key : null;
    const current = currentOf(groups);
    here.textContent = current ? pick(current.title) : "";
    toggle.textContent = t("menu");
    nav.setAttribute("aria-label", t("pages"));
    nav.replaceChildren(...groups.map((group) => groupOf(group, current)));
    if (focused) nav.querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus();
  }

  return {
    elements: [here, toggle, sheet],
    say: draw,
    show(found) {
      if (JSON.stringify(found) === JSON.stringify(groups)) return; // not from under somebody's finger
      groups = found;
      draw();
    },
  };
}

/** The page of a menu that is being looked at; the first dashboard is the first page. */
function currentOf(groups) {
  const path = location.pathname === "/" ? groups[0]?.pages[0]?.path : location.pathname;
  return groups.flatMap((group) => group.pages).find((page) => page.path === path) ?? null;
}

function groupOf({ name, pages }, current) {
  const title = t("groups")[name] ?? name;
  const at = pages.find((page) => page.path === current?.path);
  const button = h(
    "button",
    {
      type: "button",
      className: "group-button",
      "aria-expanded": "false",
      "aria-controls": `group-${name}`,
      data: { key: `group-${name}` },
    },
    h("span", { className: "group-title" }, title),
    at ? h("span", { className: "group-here" }, h("span", { className: "sr" }, ": "), pick(at.title)) : null,
  );
  const list = h(
    "ul",
    { id: `group-${name}`, className: "group-list", "aria-label": title },
    pages.map((page) =>
      h(
        "li",
        {},
        h(
          "a",
          { href: page.path, "aria-current": page.path === current?.path ? "page" : null, data: { key: page.path } },
          pick(page.title),
        ),
      ),
    ),
  );
  const group = h("div", { className: "group", data: { group: name } }, button, h("p", { className: "group-name", "aria-hidden": "true" }, title), list);
  button.addEventListener("click", () => expand(group, button.getAttribute("aria-expanded") !== "true"));
  group.addEventListener("keydown", (event) => move(event, group, button));
  return group;
}

function expand(group, open) {
  group.querySelector(".group-button").setAttribute("aria-expanded", String(open));
}

/** Arrows open a list and walk through it. */
function move(event, group, button) {
  const links = [...group.querySelectorAll("a")];
  const at = links.indexOf(document.activeElement);
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: links.length - 1 }[event.key];
  if (to === undefined || (at < 0 && event.key !== "ArrowDown")) return;
  event.preventDefault();
  if (document.activeElement === button) expand(group, true);
  if (to < 0) button.focus();
  else links[Math.min(to, links.length - 1)].focus();
}
