// The live half of a model card: compile status, preview figure, parameters.

import { bokehOf } from "./bokeh.js";
import { unpack } from "./frames.js";
import { element, paintTheme, symbolElement, themeOf, watchTheme } from "./page.js";
import { Slider } from "./slider.js";

const SPIKE_HEIGHT = 0.45; // of the curve's range, above it
const LINE = { light: "#0072b2", dark: "#56b4e9" };
const SHADE = { light: "#96700a", dark: "#f0c040" };

class CardView {
  constructor(model, root) {
    this.model = model;
    this.viewer = crypto.randomUUID?.() ?? String(Math.random());
    this.status = element("span", { class: "snn-status", role: "status" }, "…");
    this.caption = element("p", { class: "snn-caption" });
    this.plot = element("div", { class: "snn-preview", "aria-label": "preview" });
    this.refusal = element("div", { class: "snn-refusal", role: "alert", hidden: true });
    this.table = element("div", { class: "snn-table" });
    this.hint = element("p", { class: "snn-hint", hidden: true }, "The sliders drive this preview; the text of the cell keeps its values.");
    this.root = element(
      "section",
      { class: "snn snn-panel", "aria-label": "model preview", "data-lm-suppress-shortcuts": "true" },
      element("header", {}, this.status, this.caption),
      this.refusal,
      this.plot,
      this.table,
      this.hint,
    );
    root.append(this.root);
    this.stops = [];
  }

  async start() {
    const hear = (content, buffers) => this.hear(content, buffers);
    this.model.on("msg:custom", hear);
    this.stops.push(() => this.model.off("msg:custom", hear));
    try {
      this.bokeh = await bokehOf(this.model);
    } catch (error) {
      this.say(`The preview cannot be shown: ${error.message}.`);
    }
    this.model.send({ type: "join", viewer: this.viewer });
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

  async setUp({ item, rows }) {
    this.table.replaceChildren(...rows.map((row) => this.row(row)));
    this.hint.hidden = !rows.some((row) => row.slider) || !item;
    if (!item || !this.bokeh || this.doc) {
      this.plot.hidden = !item;
      return;
    }
    const views = await this.bokeh.embed.embed_item(item, this.plot);
    if (this.stopped) return;
    this.doc = views.roots[0].model.document;
    const paint = () => this.paint();
    paint();
    this.stops.push(watchTheme(paint));
    if (this.curve) this.draw();
  }

  /** A line of the parameter table; parameters with a range get a slider. */
  row(description) {
    const help = element("span", { class: "snn-help", title: description.help }, description.help);
    if (description.slider) {
      const slider = new Slider(description, (value) => this.model.send({ type: "set", key: description.key, value }));
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
    paintTheme(this.doc, theme);
    for (const model of this.doc._all_models.values()) {
      if (model.name === "preview-glyph") model.setv({ line_color: colour(LINE) });
      if (model.name === "preview-shade") model.setv({ fill_color: colour(SHADE) });
      if (model.name === "preview-zero") model.setv({ line_color: theme.line });
    }
  }

  take(content, arrays) {
    this.curve = { ...content, x: arrays.x.data, y: arrays.y.data, spikes: arrays.spikes.data };
    this.caption.textContent = content.caption;
    if (this.doc) this.draw();
  }

  draw() {
    const { x, y, spikes, shaded } = this.curve;
    let low = Infinity;
    let high = -Infinity;
    for (const value of y) {
      if (value < low) low = value;
      if (value > high) high = value;
    }
    const span = high - low || Math.abs(high) || 1;
    const stroke = high + SPIKE_HEIGHT * span;
    this.fill("preview-line", { x, y });
    this.fill("preview-spikes", {
      x: spikes,
      low: new Float64Array(spikes.length).fill(high),
      high: new Float64Array(spikes.length).fill(stroke),
    });
    const shade = this.doc.get_model_by_name("preview-shade");
    shade.setv(shaded ? { left: shaded[0], right: shaded[1], visible: true } : { visible: false });
    this.doc.get_model_by_name("preview-x").setv({ start: x[0], end: x[x.length - 1] });
    const top = spikes.length ? stroke : high;
    this.doc.get_model_by_name("preview-y").setv({ start: low - 0.08 * span, end: top + 0.08 * span });
  }

  fill(name, columns) {
    const source = this.doc.get_model_by_name(name);
    Object.assign(source.data, columns);
    source.change.emit();
  }
}

function render({ model, el }) {
  const view = new CardView(model, el);
  view.start();
  return () => view.stop();
}

export default { render };
