// The dashboard: transport bar, figures and sliders of one network.

import { bokehOf } from "./bokeh.js";
import { LiveFigures } from "./figures.js";
import { TimeWindow, unpack } from "./frames.js";
import { element, themeOf, watchTheme, watchVisibility } from "./page.js";
import { Panel } from "./panel.js";
import { Session } from "./session.js";
import { Transport } from "./transport.js";

const SILENCE = 3000; // ms without a frame of a running network until the page asks again

class DashboardView {
  constructor(model, root) {
    this.model = model;
    this.viewer = crypto.randomUUID?.() ?? String(Math.random());
    this.transport = new Transport((message) => this.send(message));
    this.notice = element("div", { class: "snn-notice", role: "alert", hidden: true });
    this.plots = element("div", { class: "snn-plots", "aria-label": "live figures" });
    this.waiting = element("div", { class: "snn-waiting" }, "Loading figures …");
    this.empty = element("div", { class: "snn-empty", hidden: true }, "Press play ▸");
    this.follow = element("button", { type: "button", class: "snn-follow", hidden: true }, "Follow ▸");
    this.follow.addEventListener("click", () => this.figures.follow(true));
    this.panel = new Panel((message) => this.send(message));
    this.session = new Session((message) => this.send(message), this.panel);
    this.sidebar = element("aside", { class: "snn-sidebar", "aria-label": "parameters, stimuli and log" }, ...this.session.sidebar);
    this.root = element(
      "section",
      { class: "snn snn-dashboard", tabIndex: -1, "aria-label": "network dashboard", "data-lm-suppress-shortcuts": "true" },
      this.transport.root,
      this.session.past,
      this.notice,
      this.session.hints,
      element("div", { class: "snn-main" }, element("div", { class: "snn-stage" }, this.waiting, this.plots, this.empty, this.follow), this.sidebar),
    );
    root.append(this.root);
    this.pending = undefined;
    this.lastHeard = performance.now();
    this.stops = [];
  }

  /** Listen, fetch BokehJS if the page has none, then ask for the picture. */
  async start() {
    const hear = (content, buffers) => this.hear(content, buffers);
    this.model.on("msg:custom", hear);
    this.root.addEventListener("keydown", (event) => this.key(event));
    const watch = setInterval(() => this.checkSilence(), 1000);
    this.stops.push(() => this.model.off("msg:custom", hear), () => clearInterval(watch));
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
  }

  send(message) {
    this.model.send(message);
  }

  hear(content, buffers) {
    switch (content.type) {
      case "setup":
        if (content.viewer === this.viewer) this.setUp(content);
        break;
      case "frame":
        this.lastHeard = performance.now();
        this.take(content, buffers[0]);
        break;
      case "session":
        if (content.viewer === this.viewer) this.session.show(content);
        break;
      case "code":
        if (content.viewer === this.viewer) this.session.takeCode(content.text);
        break;
      case "done":
        this.session.say(content.reason);
        break;
      case "refused":
        this.panel.refuse(content.key, content.reason);
        break;
      case "notice":
        this.say(content.text);
        break;
    }
  }

  async setUp(setup) {
    this.transport.setUp(setup);
    this.panel.setUp(setup.sliders);
    this.session.setUp(setup.session, setup.sliders);
    const { bands, traces } = setup.picture;
    if (!this.window) {
      const rows = bands.reduce((sum, band) => sum + band.rows, 0);
      this.window = new TimeWindow(rows, bands.length, traces.length);
    }
    if (this.figures || !this.bokeh) return;
    const figures = new LiveFigures(this.bokeh, setup.picture);
    await figures.embed(setup.item, this.plots);
    if (this.stopped) return;
    this.waiting.replaceWith(figures.legend());
    this.figures = figures;
    figures.onFollow = (following) => (this.follow.hidden = following);
    const paint = () => {
      const theme = themeOf(this.root);
      this.root.dataset.dark = theme.dark;
      figures.setTheme(theme);
      this.redraw();
    };
    paint();
    this.stops.push(
      watchTheme(paint),
      watchVisibility(this.root, (shown) => this.send({ type: "show", viewer: this.viewer, shown })),
    );
  }

  /**
   * Draw a frame and acknowledge it when it is painted. Drawing at once lets BokehJS, which
   * paints with the next animation frame, paint in the one that acknowledges.
   */
  take(frame, buffer) {
    if (!this.window || this.stopped) return;
    this.window.add(frame, frame.last < 0 ? {} : unpack(frame.layout, buffer));
    this.transport.show(frame.state);
    if (frame.values) {
      this.panel.show(frame.values);
      this.session.showValues(frame.values);
    }
    this.say(frame.state.status === "error" ? frame.state.message : frame.state.warnings.join("\n"));
    this.redraw();
    const painted = this.pending === undefined;
    this.pending = frame.number;
    if (painted) requestAnimationFrame(() => this.acknowledge());
  }

  acknowledge() {
    const number = this.pending;
    this.pending = undefined;
    if (!this.stopped) this.send({ type: "drawn", viewer: this.viewer, number });
  }

  redraw() {
    if (!this.figures) return;
    this.figures.draw(this.window);
    this.empty.hidden = this.window.newest >= 0;
  }

  say(text) {
    if (text === this.said) return;
    this.said = text;
    this.notice.textContent = text;
    this.notice.hidden = !text;
  }

  /** After a lost connection nobody owes the other a message: ask anew. */
  checkSilence() {
    if (!this.transport.running || document.hidden || performance.now() - this.lastHeard < SILENCE) return;
    this.lastHeard = performance.now();
    this.send({ type: "join", viewer: this.viewer });
  }

  key(event) {
    if (event.target.closest("button, input, select") || event.ctrlKey || event.metaKey || event.altKey) return;
    if (this.transport.key(event.key)) event.preventDefault();
  }
}

function render({ model, el }) {
  const view = new DashboardView(model, el);
  view.start();
  return () => view.stop();
}

export default { render };
