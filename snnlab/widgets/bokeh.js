// BokehJS of the kernel's bokeh package, loaded once a page, without a network.

const PATIENCE = 2000; // ms for an answer before another widget's kernel is asked

// By version: the request that all widgets of the page wait for. Each has its own copy of this
// module, so it stands where all of them find it.
const loading = (globalThis.snnlabBokeh ??= new Map());

/** The BokehJS of this version that the page already has, or undefined. */
function presentBokeh(version) {
  const bokeh = globalThis.Bokeh;
  return bokeh?.version === version ? bokeh : bokeh?.[version];
}

/** The BokehJS that fits the widget of `model`; its kernel sends it when the page has none. */
export function bokehOf(model) {
  const version = model.get("bokeh_version");
  const present = presentBokeh(version);
  if (present) return Promise.resolve(present);
  if (!loading.has(version)) loading.set(version, new BokehRequest(version));
  return loading.get(version).answerFor(model);
}

/**
 * BokehJS is asked for until one kernel answers.
 *
 * Its text is long, so one widget asks for all of them. But that one may be closed, or its kernel
 * may end, before the answer has come: then the next one asks.
 */
class BokehRequest {
  constructor(version) {
    this.waiting = 0; // widgets
    this.stops = [];
    const text = new Promise((resolve) => (this.take = resolve));
    this.answer = text.then(runScript).then(() => presentBokeh(version));
    const over = () => this.stops.forEach((stop) => stop());
    this.answer.then(over, () => {
      over();
      loading.delete(version);
    });
  }

  answerFor(model) {
    const before = this.waiting++;
    if (before) {
      const turn = setTimeout(() => this.ask(model), before * PATIENCE);
      this.stops.push(() => clearTimeout(turn));
    } else this.ask(model);
    return this.answer;
  }

  ask(model) {
    const hear = (content, buffers) => content.type === "bokeh" && this.take(buffers[0]);
    model.on("msg:custom", hear);
    this.stops.push(() => model.off("msg:custom", hear));
    try {
      model.send({ type: "bokeh" });
    } catch {
      // its widget was closed: another one asks
    }
  }
}

/** Run a classic script: BokehJS sets `window.Bokeh`, which a module cannot do for it. */
function runScript(text) {
  return new Promise((resolve, reject) => {
    const url = URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
    const script = document.createElement("script");
    script.src = url;
    script.onload = () => resolve(URL.revokeObjectURL(url));
    script.onerror = () => reject(new Error("the page does not allow BokehJS to run"));
    document.head.append(script);
  });
}
