// A text area with line numbers, colours and marks. The text area is the browser's own, so that
// undoing, dictating, screen readers and a phone's keyboard work; its letters are transparent and
// the painted ones lie behind it. Only the lines in sight are painted.

import { h } from "../dom.js";
import { blocksOf, parts } from "./paint.js";

const LINE_PX = 22; // as in the style sheet
const AROUND = 6; // lines painted above and below what is in sight
const INDENT = "  ";

export class Editor {
  constructor({ describedBy, onInput, onRun, onSave }) {
    this.area = h("textarea", {
      id: "source",
      className: "source",
      spellcheck: false,
      wrap: "off",
      autocomplete: "off",
      "aria-describedby": describedBy,
      "aria-labelledby": "source-title",
    });
    this.area.setAttribute("autocapitalize", "off");
    this.numbers = h("div", { className: "numbers", "aria-hidden": "true" });
    this.paper = h("div", { className: "paper", "aria-hidden": "true" });
    this.element = h(
      "div",
      { className: "editor" },
      h("div", { className: "gutter" }, this.numbers),
      h("div", { className: "sheet" }, this.paper, this.area),
    );
    this.mistakes = new Map(); // by line: the column of the first
    this.area.addEventListener("input", () => {
      this.mistakes = new Map(); // places of the text before
      this.read();
      onInput();
    });
    this.area.addEventListener("scroll", () => this.paint(), { passive: true });
    this.area.addEventListener("keydown", (event) => this.key(event, { onRun, onSave }));
    document.addEventListener("selectionchange", () => {
      if (document.activeElement === this.area) this.paint();
    });
    new ResizeObserver(() => this.paint()).observe(this.area);
    this.read();
  }

  get text() {
    return this.area.value;
  }

  /** Put another text in; what was there can be undone where it was typed. */
  replace(text) {
    if (document.activeElement === this.area && this.area.value) {
      this.area.select();
      insert(text);
    }
    if (this.area.value !== text) this.area.value = text;
    this.area.setSelectionRange(0, 0);
    this.area.scrollTop = 0;
    this.mistakes = new Map();
    this.read();
  }

  mark(mistakes) {
    this.mistakes = new Map();
    for (const { line, column } of mistakes) {
      if (!this.mistakes.has(line)) this.mistakes.set(line, column);
    }
    this.paint();
  }

  /** Go to a place; both count from 1, columns in whole characters. */
  goTo(line, column) {
    const before = this.lines.slice(0, line - 1).reduce((sum, one) => sum + one.length + 1, 0);
    const at = before + offsetIn(this.lines[line - 1] ?? "", column);
    this.area.focus({ preventScroll: true });
    this.area.setSelectionRange(at, at);
    this.area.scrollTop = Math.max(0, (line - 4) * LINE_PX);
    this.area.scrollLeft = Math.max(0, (column - 30) * 8);
    this.element.scrollIntoView({ block: "nearest" });
    this.paint();
  }

  read() {
    this.lines = this.area.value.split("\n");
    this.blocks = blocksOf(this.lines);
    this.paint();
  }

  paint() {
    const { scrollTop, scrollLeft, clientHeight } = this.area;
    const first = Math.max(0, Math.floor(scrollTop / LINE_PX) - AROUND);
    const last = Math.min(this.lines.length, Math.ceil((scrollTop + clientHeight) / LINE_PX) + AROUND);
    const current = this.lineOfCaret();
    const numbers = [];
    const lines = [];
    for (let at = first; at < last; at++) {
      const column = this.mistakes.get(at + 1);
      const state = [column && "has-mistake", at + 1 === current && "current"].filter(Boolean).join(" ");
      numbers.push(h("div", { className: state }, String(at + 1)));
      const wrongAt = column ? offsetIn(this.lines[at], column) : -1;
      const painted = parts(this.lines[at], this.blocks[at], wrongAt).map(([text, name]) =>
        name ? h("span", { className: name }, text) : text,
      );
      if (column && wrongAt >= this.lines[at].length) painted.push(h("span", { className: "wrong" }, " "));
      lines.push(h("div", { className: state }, painted));
    }
    this.numbers.replaceChildren(...numbers);
    this.paper.replaceChildren(...lines);
    const top = first * LINE_PX - scrollTop;
    this.numbers.style.transform = `translateY(${top}px)`;
    this.paper.style.transform = `translate(${-scrollLeft}px, ${top}px)`;
  }

  lineOfCaret() {
    const at = this.area.selectionStart;
    let line = 1;
    for (let index = this.area.value.indexOf("\n"); index >= 0 && index < at; index = this.area.value.indexOf("\n", index + 1)) line++;
    return line;
  }

  key(event, { onRun, onSave }) {
    if (event.isComposing) return;
    const command = event.ctrlKey || event.metaKey;
    if (command && event.key === "Enter") onRun();
    else if (command && event.key.toLowerCase() === "s") onSave();
    else if (this.area.readOnly || command || event.altKey) return;
    else if (event.key === "Escape") {
      this.leaves = true; // the next Tab goes on to what follows the editor
      return;
    } else if (event.key === "Tab" && !this.leaves) this.indent(event.shiftKey);
    else if (event.key === "Enter") this.breakLine();
    else {
      if (event.key !== "Shift") this.leaves = false;
      return;
    }
    event.preventDefault();
  }

  /** Tab: to the next even column, or all chosen lines further in; with Shift further out. */
  indent(isOut) {
    const { selectionStart, selectionEnd, value } = this.area;
    const begin = value.lastIndexOf("\n", selectionStart - 1) + 1;
    const isOneLine = !value.slice(selectionStart, selectionEnd).includes("\n");
    if (isOneLine && !isOut) {
      insert(" ".repeat(INDENT.length - ((selectionStart - begin) % INDENT.length)));
      return;
    }
    const found = value.indexOf("\n", Math.max(selectionStart, selectionEnd - 1));
    const end = found < 0 ? value.length : found;
    const chosen = value.slice(begin, end).split("\n");
    const moved = chosen.map((line) => (isOut ? line.replace(/^ {1,2}|^\t/, "") : line && INDENT + line)).join("\n");
    if (moved === chosen.join("\n")) return;
    this.area.setSelectionRange(begin, end);
    insert(moved);
    this.area.setSelectionRange(begin, begin + moved.length);
  }

  breakLine() {
    const { selectionStart, value } = this.area;
    const line = value.slice(value.lastIndexOf("\n", selectionStart - 1) + 1, selectionStart);
    const deeper = /:\s*[>|]?\s*$/.test(line) ? INDENT : "";
    insert(`\n${line.match(/^\s*/)[0].replaceAll("\t", INDENT)}${deeper}`);
  }
}

/** Insert as if it was typed, so that it can be undone; there is no other way to. */
function insert(text) {
  document.execCommand(text ? "insertText" : "delete", false, text);
}

/** Where the character of a column begins: columns count whole characters, not halves of emoji. */
function offsetIn(line, column) {
  return [...line].slice(0, column - 1).join("").length;
}
