// What a person does besides moving sliders: the log, the past, stimuli by hand, and hints.

import { element, put } from "./page.js";
import { typedNumber } from "./slider.js";
import { timeText } from "./transport.js";

const PERIOD = 2000; // ms between two looks at the log and the past
const SOON = 150; // ms after something was done
const PAINTED = 100; // values of a painted course
const FEW_HINTS = 4; // that stand there unasked
const FINE = 2; // pixels of the canvas for one of the page

/** A row of tabs over their contents; the arrow keys move between them. */
class Tabs {
  constructor(contents, opened = () => {}) {
    this.opened = opened;
    this.names = Object.keys(contents);
    this.contents = contents;
    for (const name of this.names) {
      contents[name].setAttribute("role", "tabpanel");
      contents[name].setAttribute("aria-label", name);
    }
    this.buttons = this.names.map((name) => {
      const made = element("button", { type: "button", class: "snn-tab", role: "tab" }, name);
      made.addEventListener("click", () => {
        this.open(name);
        this.opened();
      });
      made.addEventListener("keydown", (event) => {
        const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
        if (!step) return;
        event.stopPropagation();
        const next = this.names[(this.names.indexOf(name) + step + this.names.length) % this.names.length];
        this.open(next);
        this.buttons[this.names.indexOf(next)].focus();
      });
      return made;
    });
    this.root = element("div", { class: "snn-tabs", role: "tablist", "aria-label": "what is shown beside the figures" }, ...this.buttons);
    this.open(this.names[0]);
  }

  open(chosen) {
    this.names.forEach((name, index) => {
      this.contents[name].hidden = name !== chosen;
      this.buttons[index].setAttribute("aria-selected", String(name === chosen));
      this.buttons[index].tabIndex = name === chosen ? 0 : -1;
    });
  }
}

/** A canvas on which a current is painted with the pointer, or chosen as a form. */
class Painter {
  constructor() {
    this.values = new Array(PAINTED).fill(0); // in parts of the largest, -1 to 1
    this.ends = ["", "", ""];
    this.canvas = element("canvas", { class: "snn-paint", role: "img", "aria-label": "course of the stimulus; paint it with the pointer, or choose a form" });
    this.canvas.addEventListener("pointerdown", (event) => {
      this.canvas.setPointerCapture(event.pointerId);
      this.last = undefined;
      this.paint(event);
    });
    this.canvas.addEventListener("pointermove", (event) => {
      if (event.buttons) this.paint(event);
    });
    new ResizeObserver(() => this.fit()).observe(this.canvas);
  }

  /** As many pixels as it has on the page, twice: letters are not stretched. */
  fit() {
    this.canvas.width = FINE * this.canvas.clientWidth;
    this.canvas.height = FINE * this.canvas.clientHeight;
    this.draw();
  }

  paint(event) {
    const box = this.canvas.getBoundingClientRect();
    const at = Math.min(PAINTED - 1, Math.max(0, Math.floor(((event.clientX - box.left) / box.width) * PAINTED)));
    const value = Math.min(1, Math.max(-1, 1 - (2 * (event.clientY - box.top)) / box.height));
    const from = this.last ?? { at, value };
    const steps = Math.max(1, Math.abs(at - from.at));
    for (let k = 0; k <= steps; k++) {
      const where = Math.round(from.at + ((at - from.at) * k) / steps);
      this.values[where] = from.value + ((value - from.value) * k) / steps;
    }
    this.last = { at, value };
    this.draw();
  }

  /** What the upper end and the length of the canvas stand for. */
  name(top, end) {
    this.ends = [top ? `+${top}` : "", top ? `−${top}` : "", end];
    this.draw();
  }

  fill(form) {
    this.values = this.values.map((_, k) => form(k / (PAINTED - 1)));
    this.draw();
  }

  draw() {
    const { canvas } = this;
    const context = canvas.getContext("2d");
    const style = getComputedStyle(canvas);
    const { width, height } = canvas;
    context.clearRect(0, 0, width, height);
    context.lineWidth = 1;
    context.strokeStyle = style.borderTopColor;
    context.beginPath();
    context.moveTo(0, height / 2);
    context.lineTo(width, height / 2);
    context.stroke();
    context.font = `${10 * FINE}px system-ui, sans-serif`;
    context.fillStyle = getComputedStyle(canvas.parentElement ?? canvas).color;
    context.globalAlpha = 0.7;
    [["left", 20], ["left", height - 6], ["right", height - 6]].forEach(([align, y], k) => {
      context.textAlign = align;
      context.fillText(this.ends[k], align === "left" ? 6 : width - 6, y);
    });
    context.globalAlpha = 1;
    context.lineWidth = 3;
    context.strokeStyle = style.color;
    context.beginPath();
    this.values.forEach((value, k) => {
      const y = (1 - value) * 0.5 * (height - 4) + 2;
      context.lineTo((k / PAINTED) * width, y);
      context.lineTo(((k + 1) / PAINTED) * width, y);
    });
    context.stroke();
  }
}

function field(label, control) {
  return element("label", { class: "snn-field" }, element("span", {}, label), control);
}

/** Where a slider's thumb, 14 px wide, has its middle. */
function placeOnTrack(part) {
  return `calc(7px + ${part} * (100% - 14px))`;
}

function smallButton(text, title, action) {
  const made = element("button", { type: "button", class: "snn-small", title }, text);
  made.addEventListener("click", action);
  return made;
}

export class Session {
  constructor(send, panel) {
    this.send = send;
    this.panel = panel;
    this.hints = element("div", { class: "snn-hints", role: "status", "aria-label": "hints", hidden: true });
    this.moreHints = element("details", {}, element("summary"), element("div"));
    this.stimuli = element("div", { class: "snn-stimuli" });
    this.askedAt = -Infinity; // ms, for the log and the past
    this.diverged = null; // ms, when a value ceased to be finite
    this.log = element("div", { class: "snn-log" });
    this.tabs = new Tabs({ parameters: panel.root, stimuli: this.stimuli, log: this.log }, () => this.say(""));
    this.past = element("div", { class: "snn-past", hidden: true });
    this.answer = element("div", { class: "snn-refusal", role: "alert", hidden: true });
    this.sidebar = [this.tabs.root, this.answer, panel.root, this.stimuli, this.log];
    this.buildPast();
    this.buildLog();
  }

  /** Look at the log and the past as long as the page shows them; returns how to stop. */
  start(viewer, shown) {
    this.viewer = viewer;
    // While frames come, the answer to one of them asks.
    const timer = setInterval(() => shown() && performance.now() - this.askedAt > 1.5 * PERIOD && this.ask(), PERIOD);
    return () => {
      clearInterval(timer);
      clearTimeout(this.soon);
    };
  }

  /** Whether it is time to ask; what is sent now does. */
  asks() {
    const due = performance.now() - this.askedAt > 0.9 * PERIOD;
    if (due) this.askedAt = performance.now();
    return due;
  }

  ask() {
    this.askedAt = performance.now();
    this.send({ type: "session", viewer: this.viewer });
  }

  /** Something was done: its trace will soon be there. */
  askSoon() {
    clearTimeout(this.soon);
    this.soon = setTimeout(() => this.ask(), SOON);
  }

  do(content) {
    this.answer.hidden = true;
    this.send({ type: "do", ...content });
    this.askSoon();
  }

  say(reason) {
    this.answer.textContent = reason;
    this.answer.hidden = !reason;
  }

  setUp({ groups }, sliders) {
    this.buildStimuli(groups, sliders);
    this.ask();
  }

  show(present) {
    this.showHints(present.diverged === null ? present.hints : []); // the error says more
    this.showLog(present);
    this.showPast(present);
  }

  /** The first ones; the others where a person asks for them, so that many leave the page as it is. */
  showHints(hints) {
    const text = hints.join("\n");
    if (text === this.hinted) return; // what is read, or has the focus, stays
    this.hinted = text;
    const lines = hints.map((hint) => element("p", {}, hint));
    const few = hints.length > FEW_HINTS + 1 ? FEW_HINTS : hints.length;
    const [summary, others] = this.moreHints.children;
    summary.textContent = `${hints.length - few} more hints`;
    others.replaceChildren(...lines.slice(few));
    this.hints.replaceChildren(...lines.slice(0, few), ...(few < hints.length ? [this.moreHints] : []));
    put(this.hints, "hidden", hints.length === 0);
  }

  // The log ------------------------------------------------------------------------------

  buildLog() {
    this.copy = smallButton("copy as code", "Python that repeats these changes at their steps", () => this.send({ type: "code", viewer: this.viewer }));
    this.count = element("span", { class: "snn-count" });
    this.copied = element("span", { class: "snn-count", role: "status" });
    this.list = element("ol", { class: "snn-changes", "aria-label": "changes" });
    this.code = element("textarea", { class: "snn-code", readOnly: true, hidden: true, rows: 8, "aria-label": "changes as Python" });
    this.log.append(element("div", { class: "snn-options" }, this.copy, this.count, this.copied), this.code, this.buildFile(), this.list);
  }

  /** A file for the whole state, beside the notebook. */
  buildFile() {
    this.file = element("input", { type: "text", class: "snn-file", value: "state.npz", spellcheck: false, "aria-label": "file of the state", title: "in the folder of the notebook, or a whole path" });
    this.store = smallButton("store", "Write the present state of the network to the file", () => this.keepFile("store"));
    this.load = smallButton("load", "Go on from the state in the file", () => this.keepFile("load"));
    this.kept = element("p", { class: "snn-count snn-kept", role: "status", hidden: true });
    this.file.addEventListener("input", () => this.mayOverwrite(undefined));
    this.file.addEventListener("keydown", (event) => {
      event.stopPropagation();
      if (event.key === "Enter") this.keepFile("store");
    });
    return element("div", { class: "snn-state" }, field("state", this.file), element("div", { class: "snn-options" }, this.store, this.load), this.kept);
  }

  keepFile(what) {
    const path = this.file.value;
    this.kept.textContent = "";
    this.do({ do: what, path, overwrite: path === this.overwritten });
  }

  /** The next press of the button overwrites the file of this name. */
  mayOverwrite(path) {
    this.overwritten = path;
    this.store.textContent = path === undefined ? "store" : "overwrite";
  }

  showKept({ path, exists, text, reason }) {
    this.mayOverwrite(exists ? path : undefined);
    this.say(reason);
    this.kept.textContent = text;
    this.kept.hidden = !text;
    this.askSoon();
  }

  showLog({ changes, n_changes: n }) {
    put(this.count, "textContent", n === 0 ? "" : n === 1 ? "1 change" : `${n} changes`);
    if (n !== this.copiedAt) this.copied.textContent = "";
    this.copiedAt = n;
    const key = `${n} ${JSON.stringify(changes[changes.length - 1])}`;
    if (this.shownLog === key) return;
    this.shownLog = key;
    const rows = changes.map(({ time, text }) => element("li", {}, element("span", { class: "snn-when" }, `${timeText(time)} ms`), element("span", {}, text)));
    rows.reverse();
    const left = n - changes.length;
    if (left > 0) rows.push(element("li", { class: "snn-hint" }, `${left} earlier ones are in the code`));
    const none = "Nothing was changed yet. Move a slider: it is noted here with its time.";
    this.list.replaceChildren(...(rows.length ? rows : [element("li", { class: "snn-hint" }, none)]));
  }

  /** To the clipboard, or into a box to copy from where the page may not use it. */
  async takeCode(text) {
    try {
      await navigator.clipboard.writeText(text);
      this.code.hidden = true;
      this.copied.textContent = "copied: paste it below the cell that builds the network, and run both";
    } catch {
      this.copied.textContent = "copy it from here:";
      this.code.value = text;
      this.code.hidden = false;
      this.code.focus();
      this.code.select();
    }
  }

  // The past -----------------------------------------------------------------------------

  buildPast() {
    this.scrub = element("input", { type: "range", class: "snn-scrub", min: 0, max: 1, step: "any", "aria-label": "time to go back to" });
    this.when = element("output", { class: "snn-when", "aria-live": "off" });
    this.marker = element("span", { class: "snn-marker", title: "here a value became infinite or not a number", hidden: true });
    this.back = smallButton("go back", "Bring back the network as it was then; playing on from there is a branch", () => this.goBack(Number(this.scrub.value)));
    this.good = smallButton("go to the last good moment", "The last state that was kept before it went wrong", () => this.goBack(this.lastGood));
    this.keep = smallButton("keep the past", "Keep snapshots while it runs, to go back to", () => this.do({ do: "keep", on: true }));
    this.branches = element("span", { class: "snn-count" });
    this.nothing = element("span", { class: "snn-count" });
    this.track = element("span", { class: "snn-track" }, this.scrub, this.marker);
    this.scrub.addEventListener("keydown", (event) => event.stopPropagation());
    this.scrub.addEventListener("input", () => {
      this.scrubbing = true;
      this.label();
    });
    this.past.append(element("span", { class: "snn-past-name" }, "past"), this.nothing, this.track, this.when, this.back, this.good, this.keep, this.branches);
  }

  showPast({ kept, oldest, newest, good, running, branches, diverged, time }) {
    const reachable = oldest !== null;
    // From now on it stays, while the network runs, too: nothing below it jumps.
    put(this.past, "hidden", false);
    this.diverged = diverged;
    this.lastGood = good;
    if (running) this.scrubbing = false;
    for (const part of [this.scrub, this.back]) put(part, "disabled", running);
    put(this.keep, "hidden", kept || reachable);
    put(this.nothing, "hidden", reachable);
    put(this.nothing, "textContent", kept ? "kept from the next step on, to go back to" : "is not kept, so there is no way back");
    for (const part of [this.track, this.when, this.back]) put(part, "hidden", !reachable);
    put(this.good, "hidden", good === null || diverged === null);
    put(this.branches, "textContent", branches ? `${branches} earlier ${branches === 1 ? "branch" : "branches"}` : "");
    if (!reachable) return;
    const end = Math.max(newest, diverged ?? newest);
    this.scrub.min = oldest;
    this.scrub.max = end;
    if (!this.scrubbing) this.scrub.value = time;
    this.marker.hidden = diverged === null;
    if (diverged !== null) this.marker.style.left = placeOnTrack((diverged - oldest) / (end - oldest || 1));
    this.label();
  }

  goBack(time) {
    this.scrubbing = false;
    this.do({ do: "back", time });
  }

  label() {
    const part = (Number(this.scrub.value) - this.scrub.min) / (this.scrub.max - this.scrub.min || 1);
    this.scrub.style.setProperty("--snn-filled", `${100 * part}%`);
    this.when.textContent = `${timeText(Number(this.scrub.value))} ms`;
    this.scrub.setAttribute("aria-valuetext", this.when.textContent);
  }

  // Stimuli ------------------------------------------------------------------------------

  buildStimuli(groups, sliders) {
    const parts = [];
    const stimulable = groups.filter((group) => group.variables.length);
    if (stimulable.length) parts.push(this.targetForm(stimulable));
    const inputs = sliders.filter(({ kind, name }) => (kind === "population" && name === "rates") || (kind === "drive" && name === "rate"));
    if (inputs.length) parts.push(element("h4", {}, "Poisson inputs"), ...inputs.map((input) => this.inputSwitch(input)));
    if (!parts.length) parts.push(element("p", { class: "snn-hint" }, "There is nothing to stimulate here."));
    this.stimuli.replaceChildren(...parts);
    this.stimuli.onkeydown = (event) => event.stopPropagation();
  }

  targetForm(groups) {
    const select = (label, texts) => element("select", { "aria-label": label }, ...texts.map((text) => element("option", {}, text)));
    const number = (label, value) => element("input", { type: "text", class: "snn-number", inputMode: "decimal", value, "aria-label": label });
    const group = select("population", groups.map(({ name }) => name));
    const variable = select("variable", []);
    const neurons = element("input", { type: "text", class: "snn-neurons", value: "all", spellcheck: false, "aria-label": "neurons", title: "all, or for example 0-9, 15" });
    const amount = number("amount", "5");
    const duration = number("duration in ms", "200");
    const largest = number("largest value", "5");
    const parameter = select("parameter", []);
    const parameterUnit = element("span", { class: "snn-unit" });
    const unit = element("span", { class: "snn-unit" });
    const painter = new Painter();
    const chosen = () => groups.find(({ name }) => name === group.value);
    const arrange = () => {
      const { variables } = chosen();
      const preferred = variables.find(({ name }) => ["v", "V", "r"].includes(name)) ?? variables[0];
      variable.replaceChildren(...variables.map(({ name }) => element("option", { selected: name === preferred.name }, name)));
      const { parameters } = chosen();
      const drive = parameters.find(({ name }) => ["I", "I_e", "I_ext", "rates"].includes(name)) ?? parameters[0];
      parameter.replaceChildren(...parameters.map(({ name }) => element("option", { selected: name === drive.name }, name)));
      relabel();
    };
    const unitOf = (list, name) => list.find((one) => one.name === name)?.unit ?? "";
    const relabel = () => {
      unit.textContent = unitOf(chosen().variables, variable.value);
      parameterUnit.textContent = unitOf(chosen().parameters, parameter.value);
      name();
    };
    const name = () => {
      const top = typedNumber(largest.value);
      painter.name(Number.isFinite(top) ? `${top} ${parameterUnit.textContent}` : "", `${duration.value} ms`);
    };
    for (const box of [largest, duration]) box.addEventListener("input", name);
    parameter.addEventListener("change", () => relabel());
    group.addEventListener("change", arrange);
    variable.addEventListener("change", relabel);
    arrange();
    const target = () => ({ group: group.value, variable: variable.value, neurons: neurons.value });
    const numbers = (use, ...boxes) => {
      const values = boxes.map((box) => typedNumber(box.value));
      if (values.every(Number.isFinite)) use(...values);
      else this.say("Amount and duration are numbers; type them.");
    };
    const form = (text, title, course) => smallButton(text, title, () => painter.fill(course));
    const silence = (on) => this.do({ do: "silence", group: group.value, neurons: neurons.value, on });
    const kick = () => numbers((value) => this.do({ do: "kick", ...target(), amount: value }), amount);
    const play = smallButton("apply from now on", "Add the painted course to the parameter, at each step", () =>
      numbers((top, ms) => this.do({ do: "stimulate", ...target(), variable: parameter.value, duration: ms, values: painter.values.map((part) => part * top) }), largest, duration),
    );
    requestAnimationFrame(() => painter.draw());
    this.painter = painter;
    return element(
      "div",
      {},
      element("h4", {}, "Neurons"),
      field("population", group),
      field("neurons", neurons),
      element("div", { class: "snn-options" }, smallButton("silence", "These neurons spike no more", () => silence(true)), smallButton("release", "They may spike again", () => silence(false))),
      element("h4", {}, "A kick"),
      field("variable", variable),
      field("amount", element("span", { class: "snn-amount" }, amount, unit)),
      element("div", { class: "snn-options" }, smallButton("kick", "Add the amount once, at the next step", kick)),
      element("h4", {}, "A course, painted by hand"),
      field("parameter", parameter),
      field("at most", element("span", { class: "snn-amount" }, largest, parameterUnit)),
      field("lasts", element("span", { class: "snn-amount" }, duration, element("span", { class: "snn-unit" }, "ms"))),
      painter.canvas,
      element("div", { class: "snn-options" }, form("step", "All the time", () => 1), form("ramp", "From 0 to the largest value", (x) => x), form("wave", "Two periods of a sine", (x) => Math.sin(4 * Math.PI * x)), form("clear", "Nothing", () => 0)),
      element("div", { class: "snn-options" }, play),
    );
  }

  /** A switch for a Poisson input: its rate becomes 0, and what it was before. */
  inputSwitch({ key, owner, initial }) {
    const box = element("input", { type: "checkbox", checked: true });
    const rate = element("span", { class: "snn-unit" });
    let last = initial || 10;
    this.watch ??= new Map();
    this.watch.set(key, (value) => {
      const now = Array.isArray(value) ? value[0] : value;
      box.checked = now > 0;
      if (now > 0) last = now;
      rate.textContent = `${Number((now ?? 0).toPrecision(4))} Hz`;
    });
    box.addEventListener("change", () => this.send({ type: "set", key, value: box.checked ? last : 0 }));
    return element("label", { class: "snn-switch" }, box, element("span", {}, owner), rate);
  }

  showValues(values) {
    for (const [key, show] of this.watch ?? []) if (key in values) show(values[key]);
  }
}
