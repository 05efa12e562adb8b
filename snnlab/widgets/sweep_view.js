// A sweep: its figure in the colours of the page, or a table where no kernel sends BokehJS.

import { bokehOf } from "./bokeh.js";
import { element, embed, isPrinted, paintTheme, themeOf, watchKernel, watchTheme } from "./page.js";

function tableOf({ head, rows }) {
  const cells = (name, texts) => element("tr", {}, ...texts.map((text) => element(name, {}, text)));
  return element("table", {}, element("thead", {}, cells("th", head)), element("tbody", {}, ...rows.map((row) => cells("td", row))));
}

function paint(doc, root, colours) {
  const theme = themeOf(root);
  paintTheme(doc, theme);
  for (const model of doc._all_models.values()) {
    const [, index] = model.name?.match(/^sweep-glyph-(\d+)$/) ?? [];
    if (index === undefined) continue;
    const [light, dark] = colours[index % colours.length];
    const colour = theme.dark ? dark : light;
    model.setv({ ..."fill_color" in model.properties ? { fill_color: colour } : {}, ..."line_color" in model.properties ? { line_color: colour } : {} });
  }
}

function render({ model, el }) {
  const plot = element("div", { class: "snn-sweep-plot" });
  const root = element("figure", { class: "snn snn-sweep" }, plot, element("figcaption", {}, model.get("caption")));
  el.append(root);
  let table;
  let stopped = false;
  const stops = [];
  const alone = () => {
    root.hidden = isPrinted();
    table = tableOf(model.get("table"));
    plot.replaceWith(table);
  };
  const welcome = () => {
    root.hidden = false;
    table?.replaceWith(plot);
  };
  const stopWatching = watchKernel(model, alone, welcome);
  stops.push(stopWatching);
  const draw = async () => {
    const bokeh = await bokehOf(model);
    stopWatching();
    if (stopped) return;
    const { roots } = await embed(bokeh, model.get("item"), plot);
    const doc = roots[0].model.document;
    paint(doc, root, model.get("colours"));
    stops.push(watchTheme(() => paint(doc, root, model.get("colours"))));
  };
  draw().catch(alone);
  return () => {
    stopped = true;
    for (const stop of stops) stop();
  };
}

export default { render };
