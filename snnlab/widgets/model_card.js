// The live half of a model card: compile status, preview figure, parameters.

import { bokehOf } from "./bokeh.js";
import { unpack } from "./frames.js";
import { element, embed, isPrinted, paintTheme, symbolElement, tell, themeOf, watchKernel, watchTheme } from "./page.js";
import { Slider } from "./slider.js";

const SPIKE_HEIGHT = 0.45; // of the curve's range, above it
const LINE = { light: "#0072b2", dark: "#56b4e9" };
const BESIDE = [
  { light: "#c95500", dark: "#ff8f4a" },
  { light: "#00805d", dark: "#2fc79a" },
];
const SHADE = { light: "#96700a", dark: "#f0c040" };

class CardView {
  constructor(model, root) {
    this.model = model;
    this.viewer = crypto.randomUUID?.() ?? String(Math.random());
    this.status = element("span", { class: "snn-status", role: "status" }, "…");
    this.caption = element("p", { class: "snn-caption" });
    this.view = this.choice("what the preview shows", "view");
    this.other = this.choice("neuron to compare with", "compare");
    this.beside = element("div", { class: "snn-beside" });
    this.plot = element("div", { class: "snn-preview", "aria-label": "preview" });
    this.refusal = element("div", { class: "snn-refusal", role: "alert", hidden: true });
    this.table = element("div", { class: "snn-table" });
    this.hint = element("p", { class: "snn-hint", hidden: true }, "The sliders drive this preview; the text of the cell keeps its values.");
    this.root = element(
      "section",
      { class: "snn snn-panel", "aria-label": "model preview", "data-lm-suppress-shortcuts": "true" },
      element("header", {}, this.status, this.view, this.other, this.caption),
      this.refusal,
      this.plot,
      this.beside,
      this.table,
      this.hint,
    );
    root.append(this.root);
    this.stops = [];
  }

  choice(label, type) {
    const made = element("select", { "aria-label": label, hidden: true });
    made.addEventListener("change", () => tell(this.model, { type, name: made.value }));
    return made;
  }

  async start() {
    const hear = (content, buffers) => this.hear(content, buffers);
    this.model.on("msg:custom", hear);
    this.stops.push(() => this.model.off("msg:custom", hear));
    const hide = (hidden) => () => {
      this.root.hidden = hidden;
      const card = this.root.closest(".snn-card");
      if (card) card.style.display = hidden && isPrinted() ? "none" : "";
    };
    this.stops.push(watchKernel(this.model, hide(true), hide(false)));
    try {
      this.bokeh = await bokehOf(this.model);
    } catch (error) {
      this.say(`The preview cannot be shown: ${error.message}.`);
    }
    tell(this.model, { type: "join", viewer: this.viewer });
  }

  stop() {
    this.stopped = true;
    for (const stop of this.stops) stop();
  }

  hear(content, buffers) {
    switch (content.type) {
      case "setup":
        if (content.viewer === this.viewer) this.setUp(content);
        break;
      case "build":
        this.status.dataset.status = content.state;
        this.status.textContent = content.text;
        break;
      case "curve":
        this.say("");
        this.other.disabled = !content.comparable;
        this.other.title = content.comparable ? "" : "A phase plane shows one neuron.";
        this.take(content, unpack(content.layout, buffers[0]));
        break;
      case "refused":
        this.say(content.reason);
        break;
    }
  }

  say(text) {
    this.refusal.textContent = text;
    this.refusal.hidden = !text;
  }

  async setUp({ item, rows, views, view, others, other }) {
    this.view.replaceChildren(...views.map((name) => element("option", { selected: name === view }, name)));
    this.view.hidden = views.length < 2;
    this.other.replaceChildren(...others.map((name) => element("option", { value: name, selected: name === other }, name ? `beside ${name}` : "compare with …")));
    this.other.hidden = others.length < 2;
    this.table.replaceChildren(...rows.map((row) => this.row(row)));
    const longest = Math.max(...rows.map(({ unit }) => unit.length), 3);
    this.table.style.setProperty("--snn-units", `${longest}ch`); // one column in all lines
    this.hint.hidden = !rows.some((row) => row.slider) || !item;
    if (!item || !this.bokeh || this.doc) {
      this.plot.hidden = !item;
      return;
    }
    const embedded = await embed(this.bokeh, item, this.plot);
    if (this.stopped) return;
    this.doc = embedded.roots[0].model.document;
    const paint = () => this.paint();
    paint();
    this.stops.push(watchTheme(paint));
    if (this.curve) this.draw();
  }

  /** A line of the parameter table; parameters with a range get a slider. */
  row(description) {
    const help = element("span", { class: "snn-help", title: description.help }, description.help);
    if (description.slider) {
      const slider = new Slider(description, (value) => {
        slider.show(value); // nobody else tells it
        tell(this.model, { type: "set", key: description.key, value });
      });
      slider.root.append(help);
      return slider.root;
    }
    return element(
      "div",
      { class: "snn-slider", title: description.help },
      element("span", {}, symbolElement(description.symbol, description.subscript)),
      element("span"),
      element("span", { class: "snn-fixed", title: description.text }, description.text),
      element("span", { class: "snn-unit" }, description.unit),
      element("span"),
      help,
    );
  }

  paint() {
    const theme = themeOf(this.root);
    const colour = (pair) => (theme.dark ? pair.dark : pair.light);
    this.root.dataset.dark = theme.dark;
    paintTheme(this.doc, theme);
    for (const model of this.doc._all_models.values()) {
      if (model.name === "preview-glyph") model.setv({ line_color: colour(LINE) });
      if (model.name?.startsWith("preview-beside-glyph-")) model.setv({ line_color: colour(BESIDE[Number(model.name.at(-1))]) });
      if (model.name === "preview-shade") model.setv({ fill_color: colour(SHADE) });
      if (model.name === "preview-zero") model.setv({ line_color: theme.line });
    }
  }

  take(content, arrays) {
    const lines = content.beside.map((label, k) => ({ label, x: arrays[`x${k}`].data, y: arrays[`y${k}`].data }));
    this.curve = { ...content, lines, x: arrays.x.data, y: arrays.y.data, spikes: arrays.spikes.data };
    this.caption.textContent = content.caption;
    this.beside.replaceChildren(...lines.map(({ label }, k) => element("span", { class: `snn-key snn-key-${k}` }, label)));
    if (this.doc) this.draw();
  }

  draw() {
    const { x, y, spikes, shaded, lines } = this.curve;
    const [first, right] = extent([x, ...lines.map((line) => line.x)]);
    const left = this.curve.x_label.startsWith("time") ? 0 : first;
    const [low, high] = extent([y, ...lines.map((line) => line.y)]);
    const span = high - low || Math.abs(high) || 1;
    const stroke = high + SPIKE_HEIGHT * span;
    this.fill("preview-line", { x, y });
    BESIDE.forEach((_, k) => this.fill(`preview-beside-${k}`, { x: lines[k]?.x ?? [], y: lines[k]?.y ?? [] }));
    this.fill("preview-spikes", {
      x: spikes,
      low: Float64Array.from(spikes, (spike) => crest(x, y, spike) ?? high),
      high: new Float64Array(spikes.length).fill(stroke),
    });
    const shade = this.doc.get_model_by_name("preview-shade");
    shade.setv(shaded ? { left: shaded[0], right: shaded[1], visible: true } : { visible: false });
    this.doc.get_model_by_name("preview-x").setv({ start: left, end: right > left ? right : left + 1 });
    const top = spikes.length ? stroke : high;
    this.doc.get_model_by_name("preview-y").setv({ start: low - 0.08 * span, end: top + 0.08 * span });
    this.doc.get_model_by_name("preview-x-axis").setv({ axis_label: this.curve.x_label });
    this.doc.get_model_by_name("preview-y-axis").setv({ axis_label: this.curve.y_label });
  }

  fill(name, columns) {
    const source = this.doc.get_model_by_name(name);
    Object.assign(source.data, columns);
    source.change.emit();
  }
}

/** How high a curve is about a place; undefined where it is not known. */
function crest(x, y, place) {
  const next = x.findIndex((at) => at > place);
  const near = y.slice(Math.max(0, next - 2), next + 1).filter(Number.isFinite);
  return near.length ? Math.max(...near) : undefined;
}

/** The least and the greatest of several arrays; NaN is passed over. */
function extent(arrays) {
  let low = Infinity;
  let high = -Infinity;
  for (const array of arrays)
    for (const value of array) {
      if (value < low) low = value;
      if (value > high) high = value;
    }
  return [low, high];
}

function render({ model, el }) {
  const view = new CardView(model, el);
  view.start();
  return () => view.stop();
}

export default { render };
