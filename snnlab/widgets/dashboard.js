// The dashboard: transport bar, figures and sliders of one network.

import { Analyses } from "./analyses.js";
import { bokehOf } from "./bokeh.js";
import { LiveFigures } from "./figures.js";
import { TimeWindow, unpack } from "./frames.js";
import { legend } from "./legend.js";
import { element, put, tell, themeOf, watchKernel, watchTheme, watchVisibility } from "./page.js";
import { plotsMenu } from "./plots_menu.js";
import { Panel } from "./panel.js";
import { saveAs } from "./save.js";
import { FullScreen } from "./screen.js";
import { Session } from "./session.js";
import { Transport } from "./transport.js";

const NO_NEURONS = ["The network has no neurons yet.", "Add some in a cell, like  cells = net.add(100, neuron);  they appear here."];
const MESSAGES = 3; // at once
const SILENCE = 3000; // ms without a frame of a running network until the page asks again
const LOST = 10_000; // ms without any message, though the page asks every few seconds
const UNHEARD = "The kernel does not answer: it is busy, or was restarted. After a restart run the cells of the network and this one again.";

class DashboardView {
  constructor(model, root) {
    this.model = model;
    this.viewer = crypto.randomUUID?.() ?? String(Math.random());
    this.transport = new Transport((message) => this.send(message));
    this.notice = element("div", { class: "snn-notice", role: "alert", hidden: true }); // of the network's state
    this.unheard = element("div", { class: "snn-unheard", role: "alert", hidden: true });
    this.messages = element("div", { class: "snn-messages", role: "alert" }); // answers, until they are read
    this.plots = element("div", { class: "snn-plots", role: "group", "aria-label": "live figures" });
    this.waiting = element("div", { class: "snn-waiting" }, "Loading figures …");
    this.analyses = new Analyses((message) => this.send({ ...message, viewer: this.viewer }));
    this.empty = element("div", { class: "snn-empty", hidden: true }, "Press play ▸", element("small", {}, "or the space bar; sliders act at once, also while it runs"));
    this.follow = element("button", { type: "button", class: "snn-follow", hidden: true }, "Follow ▸");
    this.follow.addEventListener("click", () => this.figures.follow(true));
    this.screen = new FullScreen(() => this.root, () => this.figures);
    this.panel = new Panel((message) => this.send(message));
    this.session = new Session((message) => this.send(message), this.panel);
    this.sidebar = element("aside", { class: "snn-sidebar", "aria-label": "parameters, stimuli and log" }, ...this.session.sidebar);
    this.root = element(
      "section",
      { class: "snn snn-dashboard", tabIndex: -1, "aria-label": "network dashboard", "data-lm-suppress-shortcuts": "true" },
      this.transport.root,
      this.session.past,
      this.unheard,
      this.notice,
      this.messages,
      element("div", { class: "snn-main" }, element("div", { class: "snn-stage" }, this.waiting, this.plots, this.session.hints, this.empty, this.follow), this.analyses.root, this.sidebar),
    );
    root.append(this.root);
    this.values = {}; // of parameters, to be shown
    this.spare = {}; // memory of the last frame
    this.cost = { work: 0, frames: 0 }; // ms of work for so many frames since the last answer
    this.lastHeard = performance.now();
    this.answered = performance.now();
    this.shown = true;
    this.stops = [];
  }

  /** Listen, fetch BokehJS if the page has none, then ask for the picture. */
  async start() {
    const hear = (content, buffers) => this.hear(content, buffers);
    this.model.on("msg:custom", hear);
    this.root.addEventListener("keydown", (event) => this.key(event));
    this.stops.push(watchKernel(this.model, () => this.stayAlone(), () => this.welcome()));
    const watch = setInterval(() => this.checkSilence(), 1000);
    this.stops.push(() => this.model.off("msg:custom", hear), () => clearInterval(watch));
    this.stops.push(this.screen.start());
    this.stops.push(this.session.start(this.viewer, () => !document.hidden && Boolean(this.window)));
    try {
      this.bokeh = await bokehOf(this.model);
    } catch (error) {
      this.waiting.textContent = `The figures cannot be shown: ${error.message}.`;
    }
    this.send({ type: "join", viewer: this.viewer });
  }

  stop() {
    this.stopped = true;
    this.send({ type: "leave", viewer: this.viewer });
    for (const stop of this.stops) stop();
    this.figures?.close();
  }

  send(message) {
    tell(this.model, message);
  }

  /** Nobody answers: a figure that stands still takes the place of the live ones, if there is one. */
  stayAlone() {
    const still = document.querySelector(".snn-still");
    this.root.hidden = still !== null && getComputedStyle(still).display !== "none";
    this.waiting.textContent = "No kernel answers. Run this cell to see the network live.";
  }

  welcome() {
    this.root.hidden = false;
    if (!this.figures) this.waiting.textContent = "Loading figures …";
  }

  hear(content, buffers) {
    this.answered = performance.now();
    if (!this.unheard.hidden) this.findKernel();
    switch (content.type) {
      case "setup":
        if (content.viewer === this.viewer) this.setUp(content);
        break;
      case "frame":
        this.lastHeard = performance.now();
        this.take(content, buffers[0]);
        break;
      case "session":
        if (content.viewer === this.viewer) this.showSession(content);
        break;
      case "code":
        if (content.viewer === this.viewer) this.session.takeCode(content.text);
        break;
      case "done":
        this.session.say(content.reason);
        break;
      case "file kept":
        this.session.showKept(content);
        break;
      case "analyses":
        this.analyses.setUp(content.analyses);
        this.screen.fit();
        break;
      case "picture":
        this.send({ type: "join", viewer: this.viewer });
        break;
      case "file":
        if (content.viewer === this.viewer) saveAs(content.name, new Blob([buffers[0]], { type: content.mime }));
        break;
      case "points":
        if (content.viewer === this.viewer) this.figures?.takePoints(content, buffers.length ? unpack(content.layout, buffers[0]) : undefined);
        break;
      case "refused":
        this.panel.refuse(content.key, content.reason);
        break;
      case "notice":
        this.tell(content.text);
        break;
    }
  }

  async setUp(setup) {
    this.transport.setUp(setup);
    this.panel.setUp(setup.sliders);
    this.session.setUp(setup.session, setup.sliders);
    this.analyses.setUp(setup.analyses);
    if (!this.bokeh || setup.picture.number === this.pictureNumber) return;
    const { bands, traces } = setup.picture;
    if (!bands.length && !traces.length) {
      this.waiting.replaceChildren(...NO_NEURONS.map((text) => element("p", {}, text)));
      return;
    }
    const rows = bands.reduce((sum, band) => sum + band.rows, 0);
    const figures = new LiveFigures(this.bokeh, setup.picture);
    figures.onFollow = (following) => (this.follow.hidden = following);
    figures.onPoints = (part) => this.send({ type: "points", viewer: this.viewer, ...part });
    figures.onPick = (population, neuron) => this.send({ type: "trace", population, variable: null, neuron });
    const plots = element("div", { class: "snn-plots", role: "group", "aria-label": "live figures" });
    plots.style.visibility = "hidden"; // until it can take the place of the old ones
    this.plots.after(plots);
    const window = new TimeWindow(rows, bands.length, traces.length);
    this.pictureNumber = setup.picture.number;
    this.window = window;
    this.figures?.close();
    this.figures = undefined;
    await figures.embed(setup.item, plots);
    if (this.stopped || this.window !== window) {
      figures.close();
      plots.remove();
      return;
    }
    this.plots.replaceWith(plots);
    this.plots = plots;
    plots.style.visibility = "";
    const menu = plotsMenu(setup, figures, (message) => this.send({ ...message, viewer: this.viewer }));
    const head = legend(figures, (trace) => this.send({ type: "untrace", ...trace }));
    head.append(this.follow, menu, this.screen.button);
    this.waiting.replaceWith(head);
    this.waiting = head;
    this.figures = figures;
    this.screen.fit();
    const paint = () => {
      const theme = themeOf(this.root);
      this.root.dataset.dark = theme.dark;
      this.figures?.setTheme(theme);
      this.analyses.setTheme(theme);
      this.redraw();
    };
    paint();
    if (this.watching) return;
    this.watching = true;
    this.stops.push(
      watchTheme(paint),
      watchVisibility(this.root, (shown) => this.show(shown)),
    );
  }

  show(shown) {
    this.shown = shown;
    this.lastHeard = performance.now();
    this.send({ type: "show", viewer: this.viewer, shown });
  }

  /** Keep a frame; it is painted soon, with others that have already come. */
  take(frame, buffer) {
    if (!this.window || this.stopped) return;
    const start = performance.now();
    // A frame of another picture is answered like any other, but not drawn.
    const arrays = frame.layout.length ? unpack(frame.layout, buffer, this.spare) : {};
    if (frame.picture === this.pictureNumber) this.window.add(frame, arrays);
    this.analyses.take(arrays);
    this.state = frame.state;
    this.values = { ...this.values, ...frame.values };
    if (frame.answer) this.owed = frame.number;
    this.cost.work += performance.now() - start;
    this.cost.frames += 1;
    if (this.scheduled) return;
    this.scheduled = true;
    // Not with an animation frame: that would have the page lay itself out and paint.
    setTimeout(() => this.paint());
  }

  /** Show the newest frame, and answer once the page has painted it. */
  paint() {
    this.scheduled = false;
    if (this.stopped) return;
    const start = performance.now();
    const { status, time } = this.state;
    if (status !== this.seen?.status || time < this.seen.time) this.session.askSoon(); // what of the past can be reached now
    this.seen = { status, time };
    this.transport.show(this.state);
    if (Object.keys(this.values).length) {
      this.panel.show(this.values);
      this.session.showValues(this.values);
      this.values = {};
    }
    const failed = this.state.status === "error";
    this.say(failed ? this.state.message : this.state.warnings.join("\n"));
    this.notice.classList.toggle("snn-failed", failed);
    this.redraw();
    if (this.analyses.changed) this.analyses.paint();
    this.root.dispatchEvent(new CustomEvent("snn-painted", { detail: time })); // for those who count
    this.cost.work += performance.now() - start;
    if (this.owed !== undefined) this.answer();
  }

  /** Acknowledge the frames so far, and tell what one of them costs the page in ms. */
  answer() {
    const { work, frames } = this.cost;
    const asking = this.session.asks(); // in one message: JupyterLab shows the kernel as busy for each
    this.send({ type: "drawn", viewer: this.viewer, number: this.owed, cost: work / Math.max(frames, 1), asking });
    this.owed = undefined;
    this.cost = { work: 0, frames: 0 };
  }

  redraw() {
    if (!this.figures) return;
    this.figures.resting = this.state !== undefined && !this.state.running;
    this.figures.nameEarlier(this.window.hasEarlier ? this.state.earlier : undefined);
    this.figures.diverged = this.state?.status === "error" ? this.session.diverged : null;
    this.figures.draw(this.window);
    put(this.empty, "hidden", this.window.newest >= 0);
  }

  showSession(content) {
    const before = this.session.diverged;
    this.session.show(content);
    if (this.session.diverged !== before) this.redraw();
  }

  say(text) {
    if (text === this.said) return;
    this.said = text;
    this.notice.textContent = text;
    this.notice.hidden = !text;
  }

  /** Show a message until somebody takes it away. */
  tell(text) {
    const shown = [...this.messages.children];
    shown.find((message) => message.firstChild.textContent === text)?.remove();
    const close = element("button", { type: "button", class: "snn-small", title: "Take this message away", "aria-label": "Take this message away" }, "×");
    const message = element("div", { class: "snn-message" }, element("span", {}, text), close);
    close.addEventListener("click", () => message.remove());
    this.messages.append(message);
    while (this.messages.children.length > MESSAGES) this.messages.firstChild.remove();
  }

  /** After a lost connection nobody owes the other a message: ask anew. */
  checkSilence() {
    this.checkKernel();
    if (!this.transport.running || !this.shown || performance.now() - this.lastHeard < SILENCE) return;
    this.lastHeard = performance.now();
    this.send({ type: "join", viewer: this.viewer });
  }

  /** Say when the kernel answers nothing any more, as after a restart: the last picture looks alive. */
  checkKernel() {
    if (document.hidden || !this.figures) {
      this.answered = performance.now(); // it was not asked
    } else if (this.unheard.hidden && performance.now() - this.answered > LOST) {
      this.unheard.hidden = false;
      this.unheard.textContent = UNHEARD; // after it is shown, so that it is read out
      this.transport.lose();
    }
  }

  findKernel() {
    this.unheard.hidden = true;
    this.send({ type: "join", viewer: this.viewer });
  }

  key(event) {
    if (event.target.closest("button, input, select") || event.ctrlKey || event.metaKey || event.altKey) return;
    if (this.transport.key(event.key) || this.screen.key(event.key)) event.preventDefault();
  }
}

function render({ model, el }) {
  const view = new DashboardView(model, el);
  view.start();
  return () => view.stop();
}

export default { render };
