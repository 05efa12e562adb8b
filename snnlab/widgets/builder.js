// The model builder: a cell's text with its errors in place, and its parameters as a table.

import { element, symbolElement, tell, watchKernel } from "./page.js";

const SETTLE = 200; // ms without a key until the kernel reads the text
const FIELDS = ["value", "unit", "low", "high", "help"];
const HEADS = { value: "value", unit: "unit", low: "from", high: "to", help: "meaning" };

class BuilderView {
  constructor(model, root) {
    this.model = model;
    this.name = element("input", { type: "text", class: "snn-name", spellcheck: false, disabled: true, "aria-label": "name of the neuron" });
    this.library = element("select", { "aria-label": "start from a neuron of the library" });
    this.numbers = element("div", { class: "snn-lines", "aria-hidden": "true" });
    this.editor = element("textarea", { class: "snn-text", spellcheck: false, disabled: true, wrap: "off", rows: 14, "aria-label": "text of the cell" });
    this.error = element("div", { class: "snn-refusal", role: "alert", hidden: true });
    this.table = element("div", { class: "snn-builder-table" });
    this.status = element("span", { class: "snn-status", role: "status" }, "…");
    this.told = element("span", { class: "snn-hint", role: "status" });
    const button = (text, title, action) => {
      const made = element("button", { type: "button", class: "snn-small", title }, text);
      made.addEventListener("click", action);
      return made;
    };
    this.root = element(
      "section",
      { class: "snn snn-builder", "aria-label": "model builder", "data-lm-suppress-shortcuts": "true" },
      element("header", {}, element("label", {}, element("code", {}, "%%neuron "), this.name), element("label", {}, "start from ", this.library), this.status),
      element("div", { class: "snn-editor" }, this.numbers, this.editor),
      this.error,
      this.table,
      element("footer", {}, button("insert as a new cell", "Write the cell below this one", () => this.insert()), button("copy the cell", "To paste it into a cell", () => this.copy()), this.told),
    );
    root.append(this.root);
    this.name.addEventListener("input", () => this.edited());
    this.editor.addEventListener("input", () => this.edited());
    this.editor.addEventListener("scroll", () => (this.numbers.scrollTop = this.editor.scrollTop));
    this.library.addEventListener("change", () => this.library.value && this.send({ type: "choose", name: this.library.value }));
    this.root.addEventListener("keydown", (event) => event.stopPropagation());
  }

  start() {
    const hear = (content) => this.hear(content);
    this.model.on("msg:custom", hear);
    const hide = (hidden) => () => (this.root.hidden = hidden);
    const stop = watchKernel(this.model, hide(true), hide(false));
    this.send({ type: "join" });
    return () => {
      stop();
      clearTimeout(this.waiting);
      this.model.off("msg:custom", hear);
    };
  }

  send(message) {
    tell(this.model, message);
  }

  edited() {
    this.drawLines();
    clearTimeout(this.waiting);
    this.waiting = setTimeout(() => {
      this.waiting = undefined;
      this.send({ type: "edit", name: this.name.value, text: this.editor.value });
    }, SETTLE);
  }

  hear(content) {
    if (content.type === "setup") this.library.replaceChildren(element("option", { value: "" }, "the library …"), ...content.library.map((name) => element("option", {}, name)));
    if (content.type === "state") this.show(content);
  }

  show(state) {
    // What is typed since the kernel read the text is newer than what it tells.
    if (this.waiting !== undefined && !state.rewritten) return;
    if (state.rewritten) {
      this.editor.value = state.text;
      this.name.value = state.name;
    }
    this.name.disabled = this.editor.disabled = false; // from now on there is something to be edited
    this.cell = state.cell;
    this.badLine = state.line;
    this.error.replaceChildren(...errorParts(state.error));
    this.error.hidden = !state.error;
    this.status.dataset.status = state.error ? "error" : "ready";
    this.status.textContent = state.error ? "has an error" : "reads well";
    this.drawLines();
    if (state.rows) this.drawTable(state.rows);
    this.table.classList.toggle("snn-stale", !state.rows);
  }

  /** Numbers as the cell will have them: the magic is line 1. */
  drawLines() {
    const n = this.editor.value.split("\n").length;
    this.editor.rows = Math.min(28, Math.max(8, n + 1));
    const lines = Array.from({ length: n }, (_, k) => element("span", { class: k + 2 === this.badLine ? "snn-bad" : "" }, `${k + 2}\n`));
    this.numbers.replaceChildren(...lines);
  }

  drawTable(rows) {
    if (this.table.contains(document.activeElement)) return; // a person is typing there
    const head = element("tr", {}, element("th"), ...FIELDS.map((name) => element("th", {}, HEADS[name])));
    const lines = rows.map((row) => {
      const boxes = Object.fromEntries(FIELDS.map((name) => [name, element("input", { type: "text", value: row[name], spellcheck: false, class: `snn-${name}`, "aria-label": `${row.name}, ${HEADS[name]}` })]));
      const change = () => this.send({ type: "parameter", line: row.line - 1, name: row.name, fields: Object.fromEntries(FIELDS.map((name) => [name, boxes[name].value])) });
      for (const box of Object.values(boxes)) {
        box.addEventListener("change", change);
        box.addEventListener("keydown", (event) => event.key === "Enter" && box.blur());
      }
      return element("tr", {}, element("th", { scope: "row" }, symbolElement(row.symbol, row.subscript)), ...FIELDS.map((name) => element("td", {}, boxes[name])));
    });
    this.table.replaceChildren(rows.length ? element("table", {}, head, ...lines) : "");
  }

  /** The extension for JupyterLab writes the cell; elsewhere it goes to the clipboard. */
  insert() {
    if (!this.cell) return;
    const request = new CustomEvent("snnlab:insert-cell", { detail: { text: this.cell }, cancelable: true });
    if (document.dispatchEvent(request)) this.copy("This page has no snnlab extension; the cell is copied: paste it into a new one.");
    else this.told.textContent = "written below";
  }

  async copy(told = "copied") {
    try {
      await navigator.clipboard.writeText(this.cell);
      this.told.textContent = told;
    } catch {
      this.editor.focus();
      this.editor.select();
      this.told.textContent = "This page may not use the clipboard; the text is selected: copy it.";
    }
  }
}

/** What is wrong may wrap; the line of the model and the carets under it stay as they are. */
function errorParts(error) {
  const lines = error.split("\n");
  const carets = lines.findIndex((line) => /^\s*\^+\s*$/.test(line));
  if (carets < 1) return [error];
  const pointed = lines.slice(carets - 1, carets + 1).join("\n");
  const rest = lines.slice(carets + 1).join("\n");
  return [element("p", {}, lines.slice(0, carets - 1).join("\n")), element("pre", {}, pointed), ...(rest ? [element("p", {}, rest)] : [])];
}

function render({ model, el }) {
  return new BuilderView(model, el).start();
}

export default { render };
