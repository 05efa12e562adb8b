// One parameter: symbol, slider, number box and unit in a row.

import { element, symbolElement } from "./page.js";

const NOTCHES = 400;
const SETTLE = 250; // ms

/** A value as short as can be told from its neighbours on the slider. */
export function shortNumber(value) {
  if (value === null) return "";
  return String(Number(value.toPrecision(4)));
}

export class Slider {
  /** `changed(value)` is called at most once a painted frame while a person moves it. */
  constructor(description, changed) {
    this.description = description;
    this._changed = changed;
    const { name, unit, help, low, high } = description;
    const id = `snn-${Math.random().toString(36).slice(2)}`;
    const hint = [help, `${shortNumber(low)} to ${shortNumber(high)}${unit ? ` ${unit}` : ""}`, "double click: back to the first value"]
      .filter(Boolean)
      .join("\n");
    this.range = element("input", { type: "range", id, min: 0, max: NOTCHES, step: 1, title: hint, "aria-label": `${name}${unit ? ` in ${unit}` : ""}` });
    this.box = element("input", { type: "text", class: "snn-number", inputMode: "decimal", spellcheck: false, "aria-label": `${name}, value` });
    this.note = element("div", { class: "snn-refusal", role: "alert", hidden: true });
    this.root = element(
      "div",
      { class: "snn-slider", title: hint, "data-key": description.key },
      element("label", { for: id }, symbolElement(description.symbol, description.subscript)),
      this.range,
      this.box,
      element("span", { class: "snn-unit" }, unit),
      this.note,
    );
    this.range.addEventListener("input", () => this._move(this._valueAt(Number(this.range.value))));
    this.range.addEventListener("keydown", (event) => event.stopPropagation());
    this.root.addEventListener("dblclick", (event) => {
      if (event.target !== this.box) this._move(description.initial);
    });
    this.box.addEventListener("keydown", (event) => {
      event.stopPropagation();
      if (event.key === "Enter") this._type();
      if (event.key === "Escape") this.show(this.value);
    });
    this.box.addEventListener("change", () => this._type());
    this.show(description.value);
  }

  /** Show a value that the kernel tells; while a person moves the slider it waits. */
  show(value) {
    this._told = value;
    this.root.dataset.told = shortNumber(value);
    if (!this._settling) this._display(value);
  }

  _display(value) {
    this.value = value;
    this.range.value = this._notchOf(value ?? this.description.low);
    this.range.style.setProperty("--snn-filled", `${(100 * this.range.value) / NOTCHES}%`);
    if (document.activeElement !== this.box) this.box.value = shortNumber(value);
  }

  refuse(reason) {
    this.note.textContent = reason;
    this.note.hidden = false;
  }

  _type() {
    const value = Number(this.box.value.replace(",", "."));
    if (this.box.value.trim() === "" || !Number.isFinite(value)) {
      this.refuse(`'${this.box.value}' is not a number; type one like ${shortNumber(this.description.initial)}.`);
      this.box.value = shortNumber(this.value);
    } else if (value !== this.value) this._move(value);
  }

  _move(value) {
    this.note.hidden = true;
    this._display(value);
    this.box.value = shortNumber(value);
    this._told = value;
    // What the kernel tells in the next moment may still be older than this move.
    clearTimeout(this._settling);
    this._settling = setTimeout(() => {
      this._settling = undefined;
      this._display(this._told);
    }, SETTLE);
    if (this._latest === undefined) requestAnimationFrame(() => this._send());
    this._latest = value;
  }

  _send() {
    this._changed(this._latest);
    this._latest = undefined;
  }

  _valueAt(notch) {
    const { low, high, log } = this.description;
    const part = notch / NOTCHES;
    const value = log ? low * (high / low) ** part : low + part * (high - low);
    return Number(value.toPrecision(4));
  }

  _notchOf(value) {
    const { low, high, log } = this.description;
    const part = log ? Math.log(value / low) / Math.log(high / low) : (value - low) / (high - low);
    return Math.round(NOTCHES * Math.min(1, Math.max(0, part)));
  }
}
