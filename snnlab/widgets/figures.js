// The dashboard's Bokeh figures: sources filled in place from a window of columns.

import { element, paintTheme, skipStyleSheets } from "./page.js";

const SMOOTHING = 5; // ms, least width of the average a rate is drawn with
const SPIKE_STROKE = 0.45; // of a trace's range, above it

export class LiveFigures {
  constructor(bokeh, picture) {
    this.bokeh = bokeh;
    this.picture = picture;
    this.rows = picture.bands.reduce((sum, band) => sum + band.rows, 0);
    this.following = true;
    this.onFollow = () => {};
    this._span = [0, 1];
    this._ranges = { "trace-range": null, "rate-range": null };
  }

  /** Put the figures into `target`. */
  async embed(item, target) {
    this.views = await this.bokeh.embed.embed_item(item, target);
    skipStyleSheets(this.views.roots[0]);
    this.doc = this.views.roots[0].model.document;
    this.time = this._model("time");
    this.NDArray = this._model("raster")?.data.image[0].constructor;
    this.time.change.connect(() => this._timeMoved());
  }

  _model(name) {
    return this.doc.get_model_by_name(name);
  }

  /** One button a population, in its colour; it hides and shows the population's lines. */
  legend() {
    const names = new Map();
    const add = (name, colour, glyph) => {
      if (!names.has(name)) names.set(name, { colour, glyphs: [], labels: [] });
      names.get(name).glyphs.push(glyph);
      return names.get(name);
    };
    this.picture.bands.forEach((band, index) => add(band.name, band.colour, `rate-glyph-${index}`));
    this.picture.traces.forEach((trace, index) => add(trace.population, trace.colour, `trace-glyph-${index}`).labels.push(trace.label));
    const chips = [...names].map(([name, { colour, glyphs, labels }]) => {
      const chip = element("button", { type: "button", class: "snn-chip", "aria-pressed": "true", title: `Show or hide the lines of ${name}` }, name);
      if (labels.length) chip.append(element("span", {}, `trace ${labels.join(", ")}`));
      chip.style.setProperty("--snn-light", colour.light);
      chip.style.setProperty("--snn-dark", colour.dark);
      chip.addEventListener("click", () => {
        const shown = chip.getAttribute("aria-pressed") !== "true";
        chip.setAttribute("aria-pressed", String(shown));
        for (const model of this.doc._all_models.values())
          if (model.type === "GlyphRenderer" && glyphs.includes(model.glyph.name)) model.visible = shown;
      });
      return chip;
    });
    return element("div", { class: "snn-legend", role: "group", "aria-label": "populations" }, ...chips);
  }

  /** A person has panned or zoomed: stop following until asked to again. */
  _timeMoved() {
    const [start, end] = this._span;
    const moved = this.time.start !== start || this.time.end !== end;
    if (this.following && moved) this.follow(false);
  }

  follow(following) {
    this.following = following;
    if (following) this.time.setv({ start: this._span[0], end: this._span[1] });
    this.onFollow(following);
  }

  setTheme(theme) {
    this.dark = theme.dark;
    paintTheme(this.doc, theme);
    this.picture.traces.forEach((trace, index) => this._colour(`trace-glyph-${index}`, trace.colour));
    this.picture.bands.forEach((band, index) => this._colour(`rate-glyph-${index}`, band.colour));
    this.tables = this.picture.bands.map((band) => inkTable(this._shade(band.colour), band.neurons / band.rows));
  }

  _shade(colour) {
    return this.dark ? colour.dark : colour.light;
  }

  _colour(name, colour) {
    for (const glyph of this.doc._all_models.values())
      if (glyph.name === name) glyph.setv({ line_color: this._shade(colour) });
  }

  /** Draw the window. */
  draw(window) {
    const width = window.shape.columns * window.columnTime;
    const end = Math.max((window.newest + 1) * window.columnTime, width);
    this._span = [end - width, end];
    if (this.following) this.time.setv({ start: end - width, end });
    if (this.picture.bands.length) {
      this._drawRaster(window);
      this._drawRates(window);
    }
    if (this.picture.traces.length) this._drawTraces(window);
  }

  /** Columns of the window go side by side into one pixel where the figure has fewer pixels. */
  _drawRaster(window) {
    const { columns } = window.shape;
    const { oldest, newest } = window;
    const share = Math.max(1, Math.ceil(columns / (this._model("raster-figure").inner_width || columns)));
    const width = Math.ceil(columns / share) + 1;
    const first = Math.floor(oldest / share);
    if (this.image?.shape[1] !== width) {
      this.image = new this.NDArray(new Uint32Array(width * this.rows), [this.rows, width]);
      this.counts = new Uint16Array(width * this.rows);
    }
    const { image, counts } = this;
    counts.fill(0);
    for (let column = oldest; column <= newest; column++) {
      const from = window.slot(column) * this.rows;
      const to = Math.floor(column / share) - first;
      for (let row = 0; row < this.rows; row++) counts[row * width + to] += window.raster[from + row];
    }
    this.picture.bands.forEach((band, index) => {
      const table = this.tables[index];
      const end = (band.first_row + band.rows) * width;
      for (let at = band.first_row * width; at < end; at++) image[at] = table[Math.min(counts[at], 255)];
    });
    this._fill("raster", {
      image: [image],
      x: [first * share * window.columnTime],
      dw: [width * share * window.columnTime],
      y: [0],
      dh: [this.rows],
    });
  }

  _drawRates(window) {
    const { oldest, newest } = window;
    const reach = Math.max(1, Math.ceil(SMOOTHING / window.columnTime));
    let top = 0;
    this.picture.bands.forEach((band, index) => {
      const n = Math.max(0, newest - oldest); // the newest column is not full yet
      const x = new Float64Array(n);
      const y = new Float64Array(n);
      const scale = 1000 / (band.neurons * window.columnTime);
      let sum = 0;
      for (let i = 0; i < n; i++) {
        sum += window.sums[window.slot(oldest + i) * window.bands + index];
        if (i >= reach) sum -= window.sums[window.slot(oldest + i - reach) * window.bands + index];
        const count = Math.min(i + 1, reach);
        x[i] = (oldest + i + 1 - count / 2) * window.columnTime;
        y[i] = (sum * scale) / count;
        if (i >= reach - 1) top = Math.max(top, y[i]);
      }
      this._fill(`rate-${index}`, { x, y });
    });
    this._fit("rate-range", 0, Math.max(top * 1.1, 1));
  }

  _drawTraces(window) {
    const { oldest, newest } = window;
    const n = newest < 0 ? 0 : newest - oldest + 1;
    let bottom = Infinity;
    let top = -Infinity;
    this.picture.traces.forEach((_, index) => {
      const x = new Float64Array(2 * n);
      const y = new Float64Array(2 * n);
      let low = Infinity;
      let high = -Infinity;
      for (let i = 0; i < n; i++) {
        const at = (window.slot(oldest + i) * window.traces + index) * 2;
        for (let half = 0; half < 2; half++) {
          const value = window.pairs[at + half];
          x[2 * i + half] = (oldest + i + 0.25 + half / 2) * window.columnTime;
          y[2 * i + half] = value;
          if (value < low) low = value;
          if (value > high) high = value;
        }
      }
      this._fill(`trace-${index}`, { x, y });
      const spikes = window.spikes[index];
      const stroke = high + SPIKE_STROKE * Math.max(high - low, 1e-9);
      this._fill(`spikes-${index}`, {
        x: Float64Array.from(spikes, (step) => step * window.shape.dt),
        low: Float64Array.from(spikes, (step) => this._crest(window, index, step) ?? high),
        high: new Float64Array(spikes.length).fill(stroke),
      });
      bottom = Math.min(bottom, low);
      top = Math.max(top, spikes.length ? stroke : high);
    });
    if (bottom > top) return;
    const margin = 0.06 * (top - bottom) || 0.5;
    this._fit("trace-range", bottom - margin, top + margin);
  }

  /** Replace the columns of a source in place; an assignment would compare old and new first. */
  _fill(name, columns) {
    const source = this._model(name);
    Object.assign(source.data, columns);
    source.change.emit();
  }

  /** The highest value of a trace in the column of a step, where the stroke of a spike begins. */
  _crest(window, trace, step) {
    const column = Math.floor(step / window.shape.columnSteps);
    const at = (window.slot(column) * window.traces + trace) * 2;
    const crest = Math.max(window.pairs[at], window.pairs[at + 1]);
    return Number.isNaN(crest) ? undefined : crest;
  }

  /** Widen an axis at once, narrow it only when much is empty: a calm axis can be read. */
  _fit(name, low, high) {
    const old = this._ranges[name];
    const span = high - low;
    if (old && low >= old[0] && high <= old[1] && old[1] - old[0] < 1.7 * span) return;
    const room = old ? 0.1 * span : 0;
    const start = name === "rate-range" ? 0 : low - room;
    this._ranges[name] = [start, high + room];
    this._model(name).setv({ start, end: high + room });
  }
}

/** Pixel for each spike count; rows shared by many neurons grow darker with the count. */
function inkTable(colour, neuronsPerRow) {
  const [red, green, blue] = [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
  return Uint32Array.from({ length: 256 }, (_, count) => {
    if (count === 0) return 0;
    const ink = neuronsPerRow <= 1 ? 1 : 1 - Math.exp(-(count + 0.2) / 1.3);
    return ((Math.round(255 * ink) << 24) | (blue << 16) | (green << 8) | red) >>> 0;
  });
}
