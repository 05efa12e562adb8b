// BokehJS of the kernel's bokeh package, loaded once a page, without a network.

const loading = new Map();

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
  if (!loading.has(version)) {
    const loaded = askForBokeh(model).then(runScript).then(() => presentBokeh(version));
    loaded.catch(() => loading.delete(version));
    loading.set(version, loaded);
  }
  return loading.get(version);
}

function askForBokeh(model) {
  return new Promise((resolve) => {
    const hear = (content, buffers) => {
      if (content.type !== "bokeh") return;
      model.off("msg:custom", hear);
      resolve(buffers[0]);
    };
    model.on("msg:custom", hear);
    model.send({ type: "bokeh" });
  });
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
