// The legend above the live figures: what is shown, and buttons that hide it or take it away.

import { element, put } from "./page.js";

function chip(colour, properties, ...children) {
  const made = element("button", { type: "button", class: "snn-chip", ...properties }, ...children);
  made.style.setProperty("--snn-light", colour.light);
  made.style.setProperty("--snn-dark", colour.dark);
  return made;
}

/** A button for each population that hides and shows its lines, and one that takes a trace away. */
export function legend(figures, untrace) {
  const { bands, traces } = figures.picture;
  const names = new Map();
  for (const { name, colour } of bands) names.set(name, colour);
  for (const { population, colour } of traces) if (!names.has(population)) names.set(population, colour);
  const ofPopulations = [...names].map(([name, colour]) => {
    const made = chip(colour, { "aria-pressed": "true", title: `Show or hide the lines of ${name}` }, name);
    made.addEventListener("click", () => {
      if (!figures.hidden.delete(name)) figures.hidden.add(name);
      made.setAttribute("aria-pressed", String(!figures.hidden.has(name)));
      figures.draw(figures.window);
    });
    return made;
  });
  const ofTraces = traces.map(({ population, variable, neuron, label, colour }) => {
    const title = `Take the trace of ${variable} of ${label} away`;
    const made = chip(colour, { class: "snn-chip snn-trace-chip", title, "aria-label": title }, `${variable} ${label}`, element("span", { "aria-hidden": "true" }, "×"));
    made.addEventListener("click", () => untrace({ population, variable, neuron }));
    return made;
  });
  return element("div", { class: "snn-legend", role: "group", "aria-label": "populations and traces" }, ...ofPopulations, ...ofTraces, earlierChip(figures));
}

/** A button that hides and shows the lines of the earlier run; there is one after going back. */
function earlierChip(figures) {
  const title = "Show or hide the lines of the run that was left by going back; they are faint";
  const made = element("button", { type: "button", class: "snn-chip snn-earlier-chip", "aria-pressed": "true", hidden: true, title });
  made.addEventListener("click", () => {
    figures.showsEarlier = !figures.showsEarlier;
    made.setAttribute("aria-pressed", String(figures.showsEarlier));
    figures.draw(figures.window);
  });
  figures.nameEarlier = (text) => {
    figures.earlierName = text;
    put(made, "hidden", !text);
    put(made, "textContent", text ?? "");
  };
  return made;
}
