// The menu of the figures: more traces, and files of what is shown.

import { element } from "./page.js";

const FIGURES = { "raster-figure": "raster", "traces-figure": "traces", "rates-figure": "rates" };

/** Let the browser save a file. */
export function saveAs(name, blob) {
  const link = element("a", { href: URL.createObjectURL(blob), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

/** A button that opens the menu; `send` takes messages to the kernel. */
export function plotsMenu({ choices }, figures, send) {
  const content = element("div", { class: "snn-menu" }, addTrace(choices, send), ...exports(figures, send));
  const menu = element("details", { class: "snn-plots-menu" }, element("summary", { title: "Add traces, save figures" }, "Plots"), content);
  menu.addEventListener("keydown", (event) => {
    if (event.key === "Escape") menu.open = false;
    event.stopPropagation();
  });
  menu.addEventListener("focusout", (event) => {
    if (event.relatedTarget && !menu.contains(event.relatedTarget)) menu.open = false;
  });
  return menu;
}

function addTrace(choices, send) {
  const options = (names) => names.map((name) => element("option", { value: name }, name));
  const population = element("select", { "aria-label": "population" }, ...options(choices.map((choice) => choice.population)));
  const variable = element("select", { "aria-label": "variable" });
  const neuron = element("input", { type: "number", min: 0, step: 1, value: 0, "aria-label": "neuron" });
  const choose = () => {
    const choice = choices.find((known) => known.population === population.value);
    if (!choice) return;
    variable.replaceChildren(...options(choice.variables.map(({ name }) => name)));
    if (choice.first) variable.value = choice.first;
    neuron.max = choice.neurons - 1;
  };
  choose();
  population.addEventListener("change", choose);
  const form = element(
    "form",
    { class: "snn-add-trace" },
    element("span", {}, "Trace"),
    variable,
    element("span", {}, "of"),
    population,
    neuron,
    element("button", { type: "submit" }, "Add"),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (neuron.reportValidity()) send({ type: "trace", population: population.value, variable: variable.value, neuron: Number(neuron.value) });
  });
  const hint = element("p", { class: "snn-hint" }, "Or click a neuron in the raster.");
  return element("div", {}, form, hint);
}

function exports(figures, send) {
  return figures.plots.map(({ model }) => {
    const title = FIGURES[model.name];
    const button = (text, save) => {
      const made = element("button", { type: "button", "aria-label": `Save ${title} as ${text}` }, text);
      made.addEventListener("click", save);
      return made;
    };
    const picture = (format) => async () => saveAs(`${title}.${format}`, await figures.export(model.name, format));
    const file = (format) => () => send({ type: "export", figure: title, format });
    return element(
      "div",
      { class: "snn-export" },
      element("span", {}, `Save ${title}`),
      button("PNG", picture("png")),
      button("SVG", picture("svg")),
      button("HTML", file("html")),
      button("CSV", file("csv")),
    );
  });
}
