// One parameter: symbol, slider, number box and unit in a row, and its options below.

import { element, symbolElement } from "./page.js";

const NOTCHES = 400;
const SETTLE = 250; // ms

/** A value as short as can be told from its neighbours on the slider. */
export function shortNumber(value) {
  if (value === null || value === undefined) return "";
  return String(Number(value.toPrecision(4)));
}

/** What a person typed as a number, or NaN; a comma may stand for the point. */
export function typedNumber(text) {
  return text.trim() === "" ? NaN : Number(text.replace(",", "."));
}

export class Slider {
  /**
   * `changed(value)` is called at most once a painted frame while a person moves it, and
   * `draw(kind, first, second)` when neurons are to get values of their own.
   */
  constructor(description, changed, draw = () => {}) {
    this.description = description;
    this._changed = changed;
    this._draw = draw;
    this.low = description.low;
    this.high = description.high;
    this.ranged = typeof this.low === "number";
    this.log = Boolean(description.log);
    const { name, unit, help, owner } = description;
    const id = `snn-${Math.random().toString(36).slice(2)}`;
    const owned = owner ? `${name} of ${owner}` : name;
    const spelt = `${owned}${unit && unit !== "×" ? ` in ${unit}` : ""}`;
    const limits = this.ranged ? `${shortNumber(this.low)} to ${shortNumber(this.high)}${unit ? ` ${unit}` : ""}` : "no range in the model";
    const hint = [name, help, limits, "double click: back to the first value"].filter(Boolean).join("\n");
    this.range = element("input", { type: "range", id, min: 0, max: NOTCHES, step: 1, "aria-label": spelt, hidden: !this.ranged });
    this.box = element("input", { type: "text", class: "snn-number", inputMode: "decimal", spellcheck: false, "aria-label": `${owned}, value` });
    this.spread = element("div", { class: "snn-spread", hidden: true });
    this.note = element("div", { class: "snn-refusal", role: "alert", hidden: true });
    this.more = element("button", { type: "button", class: "snn-more", title: "Scale, first value, values for each neuron", "aria-label": `options of ${owned}`, "aria-expanded": "false" }, "⋯");
    this.options = element("div", { class: "snn-options", hidden: true });
    this.root = element(
      "div",
      { class: `snn-slider${this.ranged ? "" : " snn-unranged"}`, title: hint, "data-key": description.key },
      element("label", { for: id }, symbolElement(description.symbol, description.subscript)),
      this.range,
      this.box,
      element("span", { class: "snn-unit" }, unit),
      this.more,
      this.spread,
      this.options,
      this.note,
    );
    this.range.addEventListener("input", () => this._move(this._valueAt(Number(this.range.value))));
    this.root.addEventListener("keydown", (event) => event.stopPropagation());
    this.root.addEventListener("dblclick", (event) => {
      if (!event.target.closest("input[type=text], button, select")) this._move(description.initial);
    });
    this.box.addEventListener("keydown", (event) => {
      if (event.key === "Enter") this._type();
      if (event.key === "Escape") this._display(this._told);
    });
    this.box.addEventListener("change", () => this._type());
    this.more.addEventListener("click", () => this._open(this.options.hidden));
    this.show(description.value);
  }

  /** Show what the kernel tells; while a person moves the slider it waits. */
  show(value) {
    const [mean, least, greatest] = Array.isArray(value) ? value : [value];
    this._told = mean;
    this.root.dataset.told = shortNumber(mean);
    const varies = least !== undefined && least !== greatest;
    this.spread.hidden = !varies;
    if (varies) {
      const unit = this.description.unit === "×" ? "" : ` ${this.description.unit}`;
      this.spread.textContent = `varies: ${shortNumber(least)} to ${shortNumber(greatest)}${unit}, moved together`;
    }
    if (this._settling) return;
    if (document.activeElement !== this.range) {
      // What lay beyond the ends is gone; nobody holds the slider.
      this.low = this.description.low;
      this.high = this.description.high;
    }
    this._display(mean);
  }

  refuse(reason) {
    this.note.textContent = reason;
    this.note.hidden = false;
    clearTimeout(this._settling);
    this._settling = undefined;
    this._display(this._told);
    this.box.value = shortNumber(this._told);
  }

  _display(value) {
    this.value = value;
    if (this.ranged && typeof value === "number") this._reach(value);
    this.range.value = this.ranged ? this._notchOf(value ?? this.low) : 0;
    this.range.style.setProperty("--snn-filled", `${(100 * this.range.value) / NOTCHES}%`);
    this._say(value);
    if (document.activeElement !== this.box) this.box.value = shortNumber(value);
  }

  /** Tell a screen reader the value instead of the notch. */
  _say(value) {
    const { unit } = this.description;
    const text = `${shortNumber(value)}${unit ? ` ${unit === "×" ? "times" : unit}` : ""}`;
    if (this.ranged && this.range.getAttribute("aria-valuetext") !== text) this.range.setAttribute("aria-valuetext", text);
  }

  /** The slider grows where a value lies beyond its end. */
  _reach(value) {
    if (value > this.high) this.high = value;
    if (value < this.low) {
      this.low = value;
      this.log &&= value > 0;
    }
  }

  _type() {
    const value = typedNumber(this.box.value);
    if (!Number.isFinite(value)) {
      this.refuse(`'${this.box.value}' is not a number; type one like ${shortNumber(this.description.initial)}.`);
    } else if (this.box.value !== shortNumber(this.value)) {
      this._ask(value);
    }
  }

  _move(value) {
    if (value === null) return;
    this._display(value);
    this.box.value = shortNumber(value);
    this._ask(value);
  }

  /** Send a value; what the kernel tells in the next moment may still be older than this. */
  _ask(value) {
    this.note.hidden = true;
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
    const { low, high } = this;
    const part = notch / NOTCHES;
    const value = this.log ? low * (high / low) ** part : low + part * (high - low);
    const short = this.description.whole ? Math.round(value) : Number(value.toPrecision(4));
    return Math.min(high, Math.max(low, short));
  }

  _notchOf(value) {
    const { low, high } = this;
    if (!(high > low)) return 0;
    const part = this.log ? Math.log(value / low) / Math.log(high / low) : (value - low) / (high - low);
    return Math.round(NOTCHES * Math.min(1, Math.max(0, part)));
  }

  // Options ------------------------------------------------------------------------------

  _open(open) {
    this.more.setAttribute("aria-expanded", String(open));
    this.options.hidden = !open;
    if (!open) return;
    const button = (text, title, action) => {
      const made = element("button", { type: "button", class: "snn-small", title }, text);
      made.addEventListener("click", action);
      return made;
    };
    const { initial, unit, drawable } = this.description;
    const first = `${shortNumber(initial)}${unit ? ` ${unit}` : ""}`;
    const parts = [button(`back to ${first}`, "The value it had when the dashboard was opened", () => this._move(initial))];
    if (this.ranged && this.low > 0) {
      const scale = button("", "How the slider divides its range", () => {
        this.log = !this.log;
        name();
        this._display(this._told);
      });
      const name = () => (scale.textContent = this.log ? "linear scale" : "log scale");
      name();
      parts.push(scale);
    }
    if (drawable) parts.push(button("a value for each neuron …", "Draw the values from a distribution", () => this.options.replaceChildren(...parts, this._form())));
    this.options.replaceChildren(...parts);
  }

  /** Which distribution the neurons draw their values from. */
  _form() {
    const { name } = this.description;
    const box = (label, value) => element("input", { type: "text", class: "snn-number", inputMode: "decimal", spellcheck: false, "aria-label": `${name}, ${label}`, placeholder: label, value });
    const kind = element("select", { "aria-label": `${name}, distribution` }, element("option", {}, "Normal"), element("option", {}, "Uniform"));
    const mean = this._told ?? 0;
    const boxes = {
      Normal: [box("mean", shortNumber(mean)), box("sd", shortNumber(Math.abs(mean) * 0.1 || 1))],
      Uniform: [box("from", shortNumber(this.low ?? mean * 0.5)), box("to", shortNumber(this.high ?? mean * 1.5))],
    };
    const fields = element("span", { class: "snn-fields" });
    const arrange = () => fields.replaceChildren("(", boxes[kind.value][0], ", ", boxes[kind.value][1], ")");
    kind.addEventListener("change", arrange);
    arrange();
    const form = element("form", { class: "snn-draw" }, kind, fields, element("button", { type: "submit", class: "snn-small" }, "draw"));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.note.hidden = true;
      const [first, second] = boxes[kind.value].map((field) => typedNumber(field.value));
      if (Number.isFinite(first) && Number.isFinite(second)) this._draw(kind.value, first, second);
      else this.refuse("A distribution needs two numbers; type them.");
    });
    return form;
  }
}
