// BokehJS of the kernel's bokeh package, loaded once a page, without a network.

const loading = new Map();

/** The BokehJS of this version that the page already has, or undefined. */
export function presentBokeh(version) {
  const bokeh = globalThis.Bokeh;
  return bokeh?.version === version ? bokeh : bokeh?.[version];
}

/**
 * BokehJS of `version`; `ask` is called when its text must come from the kernel and
 * returns a promise of it.
 */
export function loadBokeh(version, ask) {
  const present = presentBokeh(version);
  if (present) return Promise.resolve(present);
  if (!loading.has(version)) {
    const loaded = ask().then(runScript).then(() => presentBokeh(version));
    loaded.catch(() => loading.delete(version));
    loading.set(version, loaded);
  }
  return loading.get(version);
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
