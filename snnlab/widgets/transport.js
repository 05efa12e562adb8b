// The transport bar: play, step, reset, time, speed and what the network is doing.

import { element, put } from "./page.js";
import { typedNumber } from "./slider.js";

const ICONS = {
  play: "M8 5v14l11-7z",
  pause: "M6 5h4v14H6zM14 5h4v14h-4z",
  step: "M6 5v14l9-7zM16 5h3v14h-3z",
  reset: "M12 5V1L6 6l6 5V7a5 5 0 1 1-5 5H5a7 7 0 1 0 7-7z",
};
const STATUS = {
  compiling: "compiling",
  ready: "ready",
  running: "running",
  paused: "paused",
  error: "error",
};
const CLOCK_PERIOD = 500; // ms, while it runs: nobody reads faster, and all of the page is laid out for it
const FASTEST = 100; // the notch that means as fast as possible

function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
}

/** A time in ms with thin spaces between thousands. */
export function timeText(ms, digits = 1) {
  const [whole, part] = ms.toFixed(digits).split(".");
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, "\u2009");
  return part ? `${grouped}.${part}` : grouped;
}

function factorText(factor) {
  if (!(factor > 0)) return "–";
  return `${factor >= 100 ? factor.toFixed(0) : Number(factor.toPrecision(2))} ×`;
}

export class Transport {
  constructor(send) {
    this.send = send;
    this.running = false;
    this.speeds = [0.001, 10];
    const button = (name, title, key, action) => {
      const properties = { title: `${title} (${key.toLowerCase()})`, "aria-label": title, "aria-keyshortcuts": key };
      const made = element("button", { type: "button", class: `snn-button snn-${name}`, ...properties }, icon(name));
      made.addEventListener("click", action);
      return made;
    };
    this.play = button("play", "Play", "Space", () => this.toggle());
    this.stepButton = button("step", "One step", "S", () => this.act("step"));
    this.resetButton = button("reset", "Reset to time 0", "R", () => this.act("reset"));
    this.time = element("output", { class: "snn-time", title: "simulated time", "aria-label": "simulated time in ms", "aria-live": "off" }, "0.0");
    this.status = element("span", { class: "snn-status", role: "status" }, "…");
    this.speed = element("input", { type: "range", min: 0, max: FASTEST, step: 1, value: FASTEST, "aria-label": "speed", "aria-valuetext": "as fast as possible" });
    this.speedText = element("span", { class: "snn-speed-text" }, "max");
    this.factor = element("output", { class: "snn-factor", title: "simulated time per real time", "aria-live": "off" }, "–");
    this.durations = element("select", { "aria-label": "time window" });
    this.duration = element("input", { type: "text", class: "snn-number", inputMode: "decimal", value: "100", "aria-label": "duration in ms", title: "Run for so many ms (Enter)" });
    this.runButton = element("button", { type: "button", class: "snn-small", title: "Run for so long, then pause" }, "run for");
    this.runButton.addEventListener("click", () => this.runFor());
    this.duration.addEventListener("keydown", (event) => {
      event.stopPropagation();
      if (event.key === "Enter") this.runFor();
    });
    this.speed.addEventListener("input", () => this.changeSpeed());
    this.speed.addEventListener("keydown", (event) => event.stopPropagation());
    this.durations.addEventListener("change", () => this.send({ type: "window", duration: Number(this.durations.value) }));
    this.root = element(
      "header",
      { class: "snn-transport", role: "toolbar", "aria-label": "transport" },
      element("div", { class: "snn-buttons" }, this.play, this.stepButton, this.resetButton),
      element("div", { class: "snn-run" }, this.runButton, this.duration, element("span", { class: "snn-ms" }, "ms")),
      element("div", { class: "snn-clock" }, this.time, element("span", { class: "snn-ms" }, "ms")),
      this.status,
      element("span", { class: "snn-real" }, "now ", this.factor),
      element("label", { class: "snn-speed", title: "simulated time per real time, at most" }, "speed", this.speed, this.speedText),
      element("label", { class: "snn-window" }, "window", this.durations),
    );
  }

  setUp({ durations, duration, speeds }) {
    this.speeds = speeds;
    const text = (ms) => (ms < 1000 ? `${ms} ms` : `${ms / 1000} s`);
    this.durations.replaceChildren(...durations.map((ms) => element("option", { value: ms, selected: ms === duration }, text(ms))));
  }

  show(state) {
    this.running = state.running || state.building; // what is being built for a run can be paused, too
    const name = this.running ? "pause" : "play";
    if (this.shownIcon !== name) {
      this.shownIcon = name;
      this.play.replaceChildren(icon(name));
      this.play.setAttribute("aria-label", this.running ? "Pause" : "Play");
      this.play.classList.toggle("snn-on", this.running);
    }
    put(this.play, "title", state.building ? `${state.message}; press to not begin (space)` : `${this.running ? "Pause" : "Play"} (space)`);
    this.play.classList.toggle("snn-pending", state.building);
    put(this.runButton, "disabled", this.running);
    this.showClock(state);
    const text = state.building && !state.message.startsWith("compiling") ? "building" : STATUS[state.status];
    if (this.shownStatus !== text) {
      this.shownStatus = text;
      this.status.textContent = text;
      this.status.dataset.status = state.status;
    }
    put(this.status, "title", state.message);
    if (document.activeElement !== this.speed && this.shownSpeed !== state.speed) this.showSpeed(state.speed);
  }

  /** Nobody answers: nothing is known of the network until the next frame. */
  lose() {
    this.shownStatus = "no answer";
    this.status.textContent = this.shownStatus;
    this.status.dataset.status = "error";
    this.factor.textContent = "–";
  }

  showClock({ running, time, factor }) {
    const now = performance.now();
    if (running && now - this.clockShown < CLOCK_PERIOD) return;
    this.clockShown = running ? now : undefined;
    put(this.time, "textContent", timeText(time));
    put(this.factor, "textContent", running ? factorText(factor) : "–");
  }

  toggle() {
    this.act(this.running ? "pause" : "play");
  }

  runFor() {
    this.send({ type: "do", do: "run", duration: typedNumber(this.duration.value) });
  }

  act(action) {
    this.send({ type: "act", action });
  }

  /** Do what a key means; returns whether it means something. */
  key(key) {
    const actions = { " ": () => this.toggle(), s: () => this.act("step"), r: () => this.act("reset") };
    actions[key]?.();
    return key in actions;
  }

  changeSpeed() {
    const notch = Number(this.speed.value);
    const [low, high] = this.speeds;
    const speed = notch >= FASTEST ? null : Number((low * (high / low) ** (notch / (FASTEST - 1))).toPrecision(2));
    this.showSpeed(speed);
    this.send({ type: "speed", speed });
  }

  showSpeed(speed) {
    this.shownSpeed = speed;
    const [low, high] = this.speeds;
    const part = speed === null ? 1 : Math.log(speed / low) / Math.log(high / low);
    const notch = speed === null ? FASTEST : Math.round((FASTEST - 1) * part);
    if (document.activeElement !== this.speed) this.speed.value = notch;
    this.speed.style.setProperty("--snn-filled", `${notch}%`);
    this.speedText.textContent = speed === null ? "max" : `${Number(speed.toPrecision(2))} ×`;
    const spoken = speed === null ? "as fast as possible" : `${Number(speed.toPrecision(2))} times real time`;
    this.speed.setAttribute("aria-valuetext", spoken);
  }
}
