// Pictures of the live figures as files: what is painted on the page, with the axes and the key
// that a figure needs elsewhere.

import { FAINT } from "./figures.js";
import { element } from "./page.js";
import { Frame, LABEL_FONT, paintTimeAxis, ticksBetween } from "./paint.js";
import { SvgContext } from "./svg.js";

const SHARP = 2; // pixels of the file for one of the page: such a picture can be projected
const KEY_HEIGHT = 26; // px, of the line of names above
const AXIS_HEIGHT = 46; // px, of the time axis below
const GAP = 12; // px between two figures
const KEY_FONT = LABEL_FONT.replace("11px", "12px");

/** The figures of these names, from the top, as a file of `format`, png or svg. */
export async function fileOf(figures, names, format) {
  figures.draw(figures.window); // what is shown now
  const views = figures.plots.map((view, index) => ({ view, index })).filter(({ view }) => names.includes(view.model.name));
  const width = figures.target.clientWidth;
  const height = KEY_HEIGHT + views.reduce((sum, { index }) => sum + figures.frames[index].height + GAP, 0) + AXIS_HEIGHT - GAP;
  if (format === "svg") {
    const context = new SvgContext(width, height);
    paintFile(context, figures, views, width, height);
    return new Blob([context.text], { type: "image/svg+xml" });
  }
  const canvas = element("canvas", { width: SHARP * width, height: SHARP * height });
  const context = canvas.getContext("2d");
  context.scale(SHARP, SHARP);
  paintFile(context, figures, views, width, height);
  return new Promise((resolve) => canvas.toBlob(resolve));
}

function paintFile(context, figures, views, width, height) {
  const { theme } = figures;
  context.fillStyle = theme.ground;
  context.fillRect(0, 0, width, height);
  let top = KEY_HEIGHT;
  const frames = views.map(({ index }) => {
    const shown = figures.frames[index];
    const frame = new Frame(shown.left, top, shown.width, shown.height, shown.time, shown.values);
    top += shown.height + GAP;
    return frame;
  });
  paintKey(context, figures, views.map(({ view }) => view.model.name), frames[0].left, width);
  paintTimeAxis(context, frames, theme);
  views.forEach(({ view, index }, at) => {
    const frame = frames[at];
    paintValueAxis(context, frame, theme, view.model.name === "raster-figure" ? bandTicks(figures, frame) : ticksBetween(...frame.values));
    nameValueAxis(context, frame, theme, view.model.left[0].axis_label ?? "");
    frame.within(context, () => paintContent(context, figures, index, frame));
  });
  const lowest = frames[frames.length - 1];
  context.font = KEY_FONT;
  context.fillStyle = theme.text;
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.fillText("time (ms)", lowest.left + lowest.width / 2, lowest.top + lowest.height + 34);
}

/** A swatch and a name for each line that is shown, as far as there is room. */
function paintKey(context, figures, names, left, width) {
  context.font = KEY_FONT;
  context.textAlign = "left";
  context.textBaseline = "middle";
  const { bands, traces } = figures.picture;
  const entries = [];
  const add = (label, colour) => entries.some((one) => one.label === label) || entries.push({ label, colour });
  if (names.some((name) => name !== "traces-figure")) bands.forEach(({ name, colour }) => figures.hidden.has(name) || add(name, colour));
  if (names.includes("traces-figure")) traces.forEach(({ label, variable, population, colour }) => figures.hidden.has(population) || add(`${variable} ${label}`, colour));
  let x = left;
  for (const { label, colour } of entries) {
    const room = 22 + context.measureText(label).width;
    if (x + room > width) break;
    context.fillStyle = figures.shade(colour);
    context.fillRect(x, KEY_HEIGHT / 2 - 2, 14, 4);
    context.fillStyle = figures.theme.text;
    context.fillText(label, x + 20, KEY_HEIGHT / 2);
    x += room + 18;
  }
  const compared = figures.showsEarlier && names.some((name) => name !== "raster-figure") ? figures.earlierName : undefined;
  if (!compared) return;
  // As the page says it, or where there is no room for what was changed, in short.
  const label = [compared, "earlier run"].find((text) => x + 22 + context.measureText(text).width <= width);
  if (!label) return;
  context.fillStyle = figures.theme.text;
  context.globalAlpha = FAINT;
  context.fillRect(x, KEY_HEIGHT / 2 - 2, 14, 4);
  context.globalAlpha = 1;
  context.fillText(label, x + 20, KEY_HEIGHT / 2);
}

/** The middle of each population in the raster, with its name where it has room. */
function bandTicks({ picture }, frame) {
  const height = frame.height / (frame.values[1] - frame.values[0]);
  const inside = ({ at }) => at >= frame.values[0] && at <= frame.values[1];
  return picture.bands.map(({ name, first_row: first, rows }) => ({ at: first + rows / 2, label: rows * height >= 12 ? name : "", bare: true })).filter(inside);
}

function paintValueAxis(context, frame, theme, ticks) {
  context.strokeStyle = theme.line;
  context.lineWidth = 1;
  context.globalAlpha = 0.5;
  context.beginPath();
  for (const { at } of ticks.filter(({ bare }) => !bare)) {
    context.moveTo(frame.left, Math.round(frame.y(at)) + 0.5);
    context.lineTo(frame.left + frame.width, Math.round(frame.y(at)) + 0.5);
  }
  context.stroke();
  context.globalAlpha = 1;
  context.beginPath();
  context.moveTo(Math.round(frame.left) + 0.5, frame.top);
  context.lineTo(Math.round(frame.left) + 0.5, frame.top + frame.height);
  context.lineTo(frame.left + frame.width, Math.round(frame.top + frame.height) + 0.5);
  context.stroke();
  context.font = LABEL_FONT;
  context.fillStyle = theme.muted;
  context.textAlign = "right";
  context.textBaseline = "middle";
  for (const { at, label } of ticks) context.fillText(label, frame.left - 8, frame.y(at));
}

function nameValueAxis(context, frame, theme, label) {
  context.save();
  context.font = KEY_FONT;
  context.fillStyle = theme.text;
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.translate(14, frame.top + frame.height / 2);
  context.rotate(-Math.PI / 2);
  context.fillText(label, 0, 0);
  context.restore();
}

function paintContent(context, figures, index, frame) {
  switch (figures.plots[index].model.name) {
    case "raster-figure":
      if (figures.points.part) figures.points.paint(context, frame, figures.picture.bands, (colour) => figures.shade(colour));
      else paintRaster(context, frame, figures);
      break;
    case "traces-figure":
      figures.paintTraces(context, frame);
      break;
    default:
      figures.paintRates(context, frame);
  }
}

/** The picture of the counts, unrolled. */
function paintRaster(context, frame, { window, bitmap, rows }) {
  const { oldest, newest, columnTime } = window;
  if (newest < 0) return;
  const n = newest - oldest + 1;
  const canvas = element("canvas", { width: n, height: rows });
  bitmap.unroll(canvas.getContext("2d"), window);
  const [left, right] = [oldest, newest + 1].map((column) => frame.x(column * columnTime));
  context.imageSmoothingEnabled = false;
  context.drawImage(canvas, left, frame.y(rows), right - left, frame.y(0) - frame.y(rows));
}
