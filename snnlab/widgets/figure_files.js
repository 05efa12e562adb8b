// Pictures of the live figures as Bokeh draws them, with what they show now as its data.

/** The figure `name` as a file of `format`, png or svg. */
export async function fileOf(figures, name, format) {
  const view = figures.plots.find(({ model }) => model.name === name);
  const xaxis = view.model.below[0];
  const xgrid = view.model.center.find((part) => part.axis === xaxis);
  const before = { label: xaxis.major_label_text_alpha, size: xaxis.major_label_text_font_size };
  const fill = sourcesOf(figures, name);
  figures.tellTime();
  for (const [source, data] of fill) Object.assign(figures.modelNamed(source), { data });
  xaxis.setv({ major_label_text_alpha: 1, major_label_text_font_size: "11px" });
  xgrid?.setv({ grid_line_alpha: 0.5 });
  try {
    return await view.export(format).to_blob();
  } finally {
    for (const [source, data] of fill) figures.modelNamed(source).data = Object.fromEntries(Object.keys(data).map((key) => [key, []]));
    xaxis.setv({ major_label_text_alpha: before.label, major_label_text_font_size: before.size });
    xgrid?.setv({ grid_line_alpha: 0 });
  }
}

/** Names of a figure's Bokeh sources and what belongs into them. */
function sourcesOf(figures, name) {
  switch (name) {
    case "raster-figure":
      return [["raster", rasterSource(figures)]];
    case "traces-figure":
      return figures.traces.flatMap(({ x, y, strokes }, index) => [
        [`trace-${index}`, { x, y }],
        [`spikes-${index}`, { x: strokes.x, low: strokes.low, high: new Float64Array(strokes.x.length).fill(strokes.end) }],
      ]);
    default:
      return figures.rates.map(({ x, y }, index) => [`rate-${index}`, { x, y }]);
  }
}

function rasterSource({ window, bitmap, rows, NDArray }) {
  const { oldest, newest, columnTime } = window;
  const n = newest - oldest + 1;
  const image = [new NDArray(bitmap.pixels(window), [rows, n])];
  return { image, x: [oldest * columnTime], dw: [n * columnTime], y: [0], dh: [rows] };
}
