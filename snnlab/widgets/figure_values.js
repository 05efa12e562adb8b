// What lies under the pointer in the live figures: times, neurons and values with their units.

import { timeText } from "./transport.js";

const REACH = 5; // ms from a line's end at which its value is still told

/** Which neurons a height in the raster stands for. */
export function neuronAt(bands, value) {
  const row = Math.floor(value);
  const band = bands.find(({ first_row, rows }) => row >= first_row && row < first_row + rows);
  if (!band) return undefined;
  const first = Math.ceil(((row - band.first_row) * band.neurons) / band.rows);
  const last = Math.ceil(((row + 1 - band.first_row) * band.neurons) / band.rows) - 1;
  return { band, row, first, last };
}

/** Lines of text about a place of the figures, none outside of their frames. */
export function reading(figures, x, y) {
  const index = figures.figureAt(x, y);
  if (index < 0) return [];
  const frame = figures.frames[index];
  const time = frame.timeAt(x);
  const spike = figures.plots[index].model.name === "raster-figure" && figures.points.near(frame, x, y);
  if (spike) return [`${figures.picture.bands[spike.band].name}[${spike.neuron}]`, `spike at ${stepText(spike.time, figures.window.shape.dt)} ms`];
  const lines = [`${timeText(time, figures.window.columnTime < 1 ? 2 : 1)} ms`];
  const { bands, traces } = figures.picture;
  switch (figures.plots[index].model.name) {
    case "raster-figure":
      return [...lines, ...rasterReading(figures, time, frame.valueAt(y))];
    case "traces-figure":
      traces.forEach(({ label, variable, unit }, at) => {
        const text = (value) => `${value.toPrecision(4)}${unit ? ` ${unit}` : ""}`;
        lines.push(...lineReading(`${variable} ${label}`, figures.traces[at], figures.earlier.traces[at], time, text));
      });
      return lines;
    default:
      bands.forEach(({ name }, at) => {
        lines.push(...lineReading(name, figures.rates[at], figures.earlier.rates[at], time, (value) => `${value.toFixed(1)} Hz`));
      });
      return lines;
  }
}

/** The value of a line, and beside it that of an earlier run. */
function lineReading(name, line, earlier, time, text) {
  const value = valueNear(line, time);
  if (value === undefined) return [];
  const before = earlier && valueNear(earlier, time);
  return [`${name}: ${text(value)}${before === undefined ? "" : ` (earlier run: ${text(before)})`}`];
}

/** A time in ms with as many decimals as the step has. */
function stepText(time, dt) {
  return timeText(time, Math.min(6, Math.max(0, Math.ceil(-Math.log10(dt) - 1e-9))));
}

function rasterReading({ picture, window }, time, value) {
  const found = neuronAt(picture.bands, value);
  if (!found) return [];
  const { band, row, first, last } = found;
  const lines = [first === last ? `${band.name}[${first}]` : `${band.name}[${first} … ${last}]`];
  const column = Math.floor(time / window.columnTime);
  if (column >= window.oldest && column <= window.newest) {
    const count = window.raster[window.slot(column) * window.rows + row];
    lines.push(`${count} ${count === 1 ? "spike" : "spikes"} in ${window.columnTime} ms`);
  }
  return lines;
}

/** The value of a line at the time nearest to `time`, or undefined. */
function valueNear({ x, y }, time) {
  if (!x.length || time < x[0] - REACH || time > x[x.length - 1] + REACH) return undefined;
  let low = 0;
  let high = x.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (x[middle] < time) low = middle + 1;
    else high = middle;
  }
  if (low > 0 && time - x[low - 1] < x[low] - time) low -= 1;
  return Number.isNaN(y[low]) ? undefined : y[low];
}
