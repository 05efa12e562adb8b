// A canvas context that writes what is painted as SVG: the same painters make a file of lines.

const BASELINES = { top: "hanging", middle: "central", alphabetic: "alphabetic" };
const ANCHORS = { left: "start", start: "start", center: "middle", right: "end" };

const number = (value) => String(Math.round(value * 100) / 100);

function escaped(text) {
  return String(text).replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
}

/** The part of CanvasRenderingContext2D that the figures paint with. */
export class SvgContext {
  constructor(width, height) {
    Object.assign(this, { width, height, parts: [], path: [], clips: 0, saved: [] });
    this.state = { fillStyle: "#000", strokeStyle: "#000", lineWidth: 1, globalAlpha: 1, font: "11px sans-serif", textAlign: "start", textBaseline: "alphabetic", moves: [], within: "" };
    for (const name of Object.keys(this.state)) Object.defineProperty(this, name, { get: () => this.state[name], set: (value) => (this.state[name] = value) });
    this.ruler = document.createElement("canvas").getContext("2d");
  }

  get text() {
    const { width, height, parts } = this;
    return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">\n${parts.join("\n")}\n</svg>\n`;
  }

  save() {
    this.saved.push({ ...this.state });
  }

  restore() {
    Object.assign(this.state, this.saved.pop());
  }

  translate(x, y) {
    this.moves = [...this.moves, `translate(${number(x)} ${number(y)})`];
  }

  rotate(angle) {
    this.moves = [...this.moves, `rotate(${number((angle * 180) / Math.PI)})`];
  }

  measureText(text) {
    this.ruler.font = this.font;
    return this.ruler.measureText(text);
  }

  /** A path that is made apart; `strokePath` draws it. */
  newPath() {
    const parts = [];
    return {
      parts,
      moveTo: (x, y) => parts.push(`M${number(x)} ${number(y)}`),
      lineTo: (x, y) => parts.push(`L${number(x)} ${number(y)}`),
    };
  }

  strokePath({ parts }) {
    this.path = parts;
    this.stroke();
  }

  beginPath() {
    this.path = [];
  }

  moveTo(x, y) {
    this.path.push(`M${number(x)} ${number(y)}`);
  }

  lineTo(x, y) {
    this.path.push(`${this.path.length ? "L" : "M"}${number(x)} ${number(y)}`);
  }

  rect(x, y, width, height) {
    this.path.push(`M${number(x)} ${number(y)}h${number(width)}v${number(height)}h${number(-width)}z`);
  }

  /** A whole circle; the painters need no other arc. */
  arc(x, y, radius) {
    const [r, across] = [number(radius), number(2 * radius)];
    this.path.push(`M${number(x - radius)} ${number(y)}a${r} ${r} 0 1 0 ${across} 0a${r} ${r} 0 1 0 -${across} 0z`);
  }

  clip() {
    this.clips += 1;
    this.parts.push(`<clipPath id="clip${this.clips}"><path d="${this.path.join("")}"/></clipPath>`);
    this.within = ` clip-path="url(#clip${this.clips})"`;
  }

  fill() {
    this._put("path", `d="${this.path.join("")}" ${this._filled}`);
  }

  stroke() {
    this._put("path", `d="${this.path.join("")}" ${this._stroked}`);
  }

  fillRect(x, y, width, height) {
    this._put("rect", `${this._box(x, y, width, height)} ${this._filled}`);
  }

  strokeRect(x, y, width, height) {
    this._put("rect", `${this._box(x, y, width, height)} ${this._stroked}`);
  }

  fillText(text, x, y) {
    const place = `x="${number(x)}" y="${number(y)}" text-anchor="${ANCHORS[this.textAlign]}" dominant-baseline="${BASELINES[this.textBaseline]}"`;
    this._put("text", `${place} style="font: ${escaped(this.font)}" ${this._filled}`, escaped(text));
  }

  /** A whole canvas, its pixels left as they are. */
  drawImage(canvas, x, y, width, height) {
    this._put("image", `${this._box(x, y, width, height)} preserveAspectRatio="none" style="image-rendering: pixelated" href="${canvas.toDataURL()}"`);
  }

  get _filled() {
    return `fill="${escaped(this.fillStyle)}" fill-opacity="${number(this.globalAlpha)}"`;
  }

  get _stroked() {
    return `fill="none" stroke="${escaped(this.strokeStyle)}" stroke-width="${number(this.lineWidth)}" stroke-opacity="${number(this.globalAlpha)}"`;
  }

  _box(x, y, width, height) {
    return `x="${number(x)}" y="${number(y)}" width="${number(width)}" height="${number(height)}"`;
  }

  _put(tag, attributes, content = "") {
    const moves = this.moves.length ? ` transform="${this.moves.join(" ")}"` : "";
    const drawn = `<${tag} ${attributes}${moves}>${content}</${tag}>`;
    // A clip belongs to the figure; what is turned or moved within it must not turn it, too.
    this.parts.push(this.within ? `<g${this.within}>${drawn}</g>` : drawn);
  }
}
