// Figures of a recorded run in the colours of the page, from a script that an output of a cell holds.

import { embed, paintTheme, themeOf, watchTheme } from "./page.js";

async function unpacked(text) {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).text();
}

/** The BokehJS of this version that the page has, or what all its figures wait for. */
async function bokehFrom(version, packed) {
  const present = () => (globalThis.Bokeh?.version === version ? globalThis.Bokeh : globalThis.Bokeh?.[version]);
  const loading = (globalThis.snnlabPackedBokeh ??= new Map());
  if (present()) return present();
  if (!loading.has(version)) loading.set(version, unpacked(packed).then((text) => (0, eval)(text)));
  await loading.get(version);
  return present();
}

function paint(doc, root, { colours, ramps }) {
  const theme = themeOf(root);
  paintTheme(doc, theme);
  const inkOf = (index) => colours[index][theme.dark ? 1 : 0];
  for (const model of doc._all_models.values()) {
    if (model.type === "Figure") model.setv({ background_fill_color: theme.ground, border_fill_color: theme.ground });
    if (model.name === "note") model.text_color = theme.muted;
    const ink = model.name?.match(/^ink-(\d+)$/);
    if (ink) for (const property of ["line_color", "fill_color"]) if (model.properties[property] && model[property]?.value !== null) model[property] = inkOf(ink[1]);
    const shades = model.name?.match(/^shades-(\d+)-(\d+)$/);
    if (shades) model.palette = ramps[shades[1]].map((part) => inkOf(shades[2]) + Math.round(255 * part).toString(16).padStart(2, "0"));
  }
}

/** Let go of figures whose output was replaced; those of a cell out of sight come back. */
function forgetReplaced(shown) {
  for (const one of shown) {
    if (one.root.isConnected || one.root.closest(".jp-Cell")) continue;
    one.stop();
    shown.delete(one);
  }
}

/** Draw the figures; returns how to let go of them. */
async function draw(bokeh, root, content) {
  const { item, ...inks } = JSON.parse(content);
  const { roots } = await embed(bokeh, item, root);
  paint(roots[0].model.document, root, inks);
  return () => {
    roots[0].remove?.();
    root.replaceChildren();
  };
}

async function showRun(name, version, packedBokeh, packedContent) {
  const root = (document.currentScript?.parentElement ?? document).querySelector(`#${name}`);
  const shown = (globalThis.snnlabRuns ??= new Set());
  forgetReplaced(shown);
  const inTurn = { root, last: Promise.resolve() };
  try {
    const [bokeh, content] = await Promise.all([bokehFrom(version, packedBokeh), unpacked(packedContent)]);
    let remove = await draw(bokeh, root, content);
    let colours = JSON.stringify(themeOf(root));
    // Drawn anew: a canvas that is painted over keeps an edge of the colour that it had.
    const repaint = async () => {
      if (!root.isConnected || colours === JSON.stringify(themeOf(root))) return;
      colours = JSON.stringify(themeOf(root));
      remove();
      remove = await draw(bokeh, root, content);
    };
    const stopWatching = watchTheme(() => (inTurn.last = inTurn.last.then(repaint)));
    inTurn.stop = () => (stopWatching(), remove());
    shown.add(inTurn);
  } catch (error) {
    root.textContent = `The figures cannot be drawn here: ${error.message}`;
  }
}
