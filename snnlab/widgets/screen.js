// A dashboard on the whole screen, for a class: the figures grow into the room that there is.

import { element } from "./page.js";

const CORNERS = "M4 9V4h5v2H6v3zM15 4h5v5h-2V6h-3zM4 15h2v3h3v2H4zM18 15h2v5h-5v-2h3z";

export class FullScreen {
  /** `root()` is shown on the whole screen, `figures()` fill it; there are none before they are made. */
  constructor(root, figures) {
    Object.assign(this, { root, figures });
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    svg.setAttribute("viewBox", "0 0 24 24");
    svg.setAttribute("aria-hidden", "true");
    const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
    path.setAttribute("d", CORNERS);
    svg.append(path);
    const properties = { title: "Full screen (f)", "aria-label": "Full screen", "aria-keyshortcuts": "F" };
    this.button = element("button", { type: "button", class: "snn-screen", hidden: !document.fullscreenEnabled, ...properties }, svg);
    this.button.addEventListener("click", () => {
      this.toggle();
      this.root().focus({ preventScroll: true }); // where the other keys are heard
    });
  }

  get isOn() {
    return document.fullscreenElement === this.root();
  }

  /** Follow the screen; returns how to stop. */
  start() {
    const changed = () => this.fit();
    document.addEventListener("fullscreenchange", changed);
    window.addEventListener("resize", changed);
    return () => {
      document.removeEventListener("fullscreenchange", changed);
      window.removeEventListener("resize", changed);
      if (this.isOn) document.exitFullscreen();
    };
  }

  toggle() {
    if (this.isOn) document.exitFullscreen();
    else this.root().requestFullscreen().catch(() => (this.button.hidden = true)); // the page may not
  }

  /** Do what a key means; returns whether it means something. */
  key(key) {
    if (key !== "f" || !document.fullscreenEnabled) return false;
    this.toggle();
    return true;
  }

  /** Give the figures the height that nothing else takes, and their own one back. */
  fit() {
    const figures = this.figures();
    if (!figures) return;
    const before = figures.grown;
    if (!this.isOn && before === 1) return;
    const used = [...this.root().children].reduce((sum, part) => sum + part.offsetHeight, 0);
    const room = window.innerHeight - used - 2;
    figures.grow(this.isOn ? Math.max(1, before + room / figures.ownHeight) : 1);
  }
}
