// The analyses below the live figures: which there are, and what is new in them.

import { figureOf } from "./analysis_kinds.js";
import { element } from "./page.js";

/** All analyses of a dashboard; `send` takes messages to the kernel. */
export class Analyses {
  constructor(send) {
    this.send = send;
    this.root = element("div", { class: "snn-analyses", "aria-label": "analyses" });
    this.shown = new Map(); // by number
    this.newest = {}; // arrays of the last frame that had any
  }

  /** Show these analyses and no others. */
  setUp(described) {
    const before = this.shown;
    this.shown = new Map(described.map((about) => [about.number, before.get(about.number) ?? figureOf(about, this.send)]));
    this.root.replaceChildren(...[...this.shown.values()].map((figure) => figure.root));
    for (const [number, figure] of before) if (!this.shown.has(number)) figure.close();
    this.paint();
  }

  /** Keep the numbers of a frame; most frames have none. */
  take(arrays) {
    if (!Object.keys(arrays).some((name) => name.startsWith("analysis-"))) return;
    this.newest = arrays;
    this.changed = true;
  }

  setTheme(theme) {
    this.theme = theme;
    for (const figure of this.shown.values()) figure.setTheme(theme);
  }

  /** Paint what is new. */
  paint() {
    if (!this.theme) return;
    this.changed = false;
    for (const [number, figure] of this.shown) {
      const [x, y] = ["x", "y"].map((axis) => this.newest[`analysis-${number}-${axis}`]?.data);
      if (x) figure.show(x, y);
      figure.setTheme(this.theme);
    }
  }
}
