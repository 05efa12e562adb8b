// Single spikes in the raster of a network that rests: each at its exact time.
//
// While it runs the raster is a picture of counts. Of a network that rests the page asks the kernel
// for the spikes of what is to be seen, and paints them in the place of that part of the picture.

import { element } from "./page.js";

const CALM = 150; // ms without a move before spikes are asked for
const SIZES = [2, 5]; // px, the smallest and the largest point
const REACH_OF_POINT = 7; // px from the pointer

const same = (a, b) => a && b && a.every((value, at) => value === b[at]);

export class SpikePoints {
  /** `ask({start, end, low, high})` asks for the spikes of some time in ms and some rows. */
  constructor(ask) {
    this.ask = ask;
    this.note = element("div", { class: "snn-points-note", hidden: true });
    this.forget();
  }

  close() {
    clearTimeout(this.waiting);
  }

  /** The spikes that are known are those of another time. */
  forget() {
    clearTimeout(this.waiting);
    this.wanted = this.part = undefined;
    this.n = 0;
    this.note.hidden = true;
  }

  /** This is to be seen now: ask for its spikes when it stays so for a moment. */
  look(frame, window, resting) {
    if (!resting || window.newest < 0) {
      if (this.wanted) this.forget();
      return;
    }
    const columns = [window.oldest, window.newest + 1].map((column) => column * window.columnTime);
    const start = Math.max(frame.time[0], columns[0]);
    const end = Math.min(frame.time[1], columns[1]);
    const wanted = [start, end, ...frame.values, window.version];
    if (start >= end || same(wanted, this.wanted)) return;
    if (this.wanted && this.wanted[4] !== window.version) this.forget();
    this.wanted = wanted;
    clearTimeout(this.waiting);
    this.waiting = setTimeout(() => this.ask({ start, end, low: frame.values[0], high: frame.values[1] }), CALM);
  }

  /** An answer of the kernel: the spikes, or how many there would have been. */
  take({ start, end, low, high, count, most }, arrays) {
    const [from, to, bottom, top] = this.wanted ?? [];
    if (from !== start || to !== end || bottom !== low || top !== high) return; // no longer to be seen
    this.note.hidden = arrays !== undefined;
    if (!arrays) {
      this.part = undefined;
      this.n = 0;
      this.note.textContent = `${count.toLocaleString("en")} spikes: zoom in to below ${most.toLocaleString("en")} to see each`;
      return;
    }
    this.part = { time: [start, end], rows: [low, high] };
    Object.assign(this, { times: arrays.times.data, rows: arrays.rows.data, bands: arrays.bands.data, neurons: arrays.neurons.data });
    this.n = this.times.length;
  }

  /** Call `paint` with the context clipped to what the points do not cover. */
  around(context, frame, paint) {
    if (!this.part) return paint();
    const [left, right] = this.part.time.map((time) => frame.x(time));
    const [bottom, top] = this.part.rows.map((row) => frame.y(row));
    context.save();
    context.beginPath();
    context.rect(frame.left, frame.top, frame.width, frame.height);
    context.rect(left, top, right - left, bottom - top);
    context.clip("evenodd");
    paint();
    context.restore();
  }

  paint(context, frame, bands, shade) {
    if (!this.n) return;
    const colours = bands.map(({ colour }) => shade(colour));
    const sizes = bands.map(({ rows, neurons }) => {
      const room = (frame.height / (frame.values[1] - frame.values[0])) * (rows / neurons);
      return Math.min(SIZES[1], Math.max(SIZES[0], 0.8 * room));
    });
    for (let i = 0; i < this.n; i++) {
      const band = this.bands[i];
      const size = sizes[band];
      context.fillStyle = colours[band];
      context.fillRect(frame.x(this.times[i]) - size / 2, frame.y(this.rows[i]) - size / 2, size, size);
    }
  }

  /** The spike nearest to a place of the frame: band, neuron and time in ms; or undefined. */
  near(frame, x, y) {
    let found;
    let nearest = REACH_OF_POINT;
    for (let i = 0; i < this.n; i++) {
      const distance = Math.hypot(frame.x(this.times[i]) - x, frame.y(this.rows[i]) - y);
      if (distance >= nearest) continue;
      nearest = distance;
      found = { band: this.bands[i], neuron: this.neurons[i], time: this.times[i] };
    }
    return found;
  }
}
