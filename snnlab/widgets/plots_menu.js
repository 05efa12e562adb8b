// The menu of the figures: more traces, analyses, and files of what is shown.

import { fileOf } from "./figure_files.js";
import { element } from "./page.js";
import { saveAs } from "./save.js";

const FIGURES = { "raster-figure": "raster", "traces-figure": "traces", "rates-figure": "rates" };

/** A button that opens the menu; `send` takes messages to the kernel. */
export function plotsMenu({ choices, analysable }, figures, send) {
  const content = element("div", { class: "snn-menu" }, addTrace(choices, send), ...addAnalyses(analysable, send), ...exports(figures, send));
  const menu = element("details", { class: "snn-plots-menu" }, element("summary", { title: "Add traces and analyses, save figures" }, "Plots"), content);
  menu.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      menu.open = false;
      menu.querySelector("summary").focus(); // else it is lost with the menu
    }
    event.stopPropagation();
  });
  menu.addEventListener("focusout", (event) => {
    if (event.relatedTarget && !menu.contains(event.relatedTarget)) menu.open = false;
  });
  return menu;
}

const options = (names) => names.map((name) => element("option", { value: name }, name));

const labelled = (text, control) => element("label", {}, `${text} `, control);

function addTrace(choices, send) {
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
    labelled("neuron", neuron),
    element("button", { type: "submit" }, "Add"),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (neuron.reportValidity()) send({ type: "trace", population: population.value, variable: variable.value, neuron: Number(neuron.value) });
  });
  const hint = element("p", { class: "snn-hint" }, "Or click a neuron in the raster.");
  return element("div", {}, form, hint);
}

/** A line for each kind of analysis that the network offers. */
function addAnalyses({ weights, matrix, phase, spectrum }, send) {
  const line = (title, parts, message) => {
    const form = element("form", { class: "snn-add-trace" }, element("span", {}, title), ...parts, element("button", { type: "submit", "aria-label": `Add ${title.toLowerCase()}` }, "Add"));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (form.reportValidity()) send(message());
    });
    return form;
  };
  const lines = [];
  if (weights.length) {
    const projection = element("select", { "aria-label": "projection" }, ...options(weights));
    lines.push(line("Weights", [projection], () => ({ type: "weights", projection: projection.value })));
  }
  if (matrix.length) {
    const projection = element("select", { "aria-label": "projection of the matrix" }, ...options(matrix));
    lines.push(line("Weight matrix", [projection], () => ({ type: "matrix", projection: projection.value })));
  }
  if (phase.length) lines.push(phaseLine(line, phase));
  if (spectrum.length) {
    const population = element("select", { "aria-label": "population of the spectrum" }, ...options(spectrum));
    lines.push(line("Spectrum", [population], () => ({ type: "spectrum", population: population.value })));
  }
  return lines;
}

function phaseLine(line, choices) {
  const [x, y] = ["horizontal", "vertical"].map((axis) => element("select", { "aria-label": `${axis} variable` }));
  const population = element("select", { "aria-label": "population of the phase portrait" }, ...options(choices.map((choice) => choice.population)));
  const neuron = element("input", { type: "number", min: 0, step: 1, value: 0, "aria-label": "neuron of the phase portrait" });
  const choose = () => {
    const { variables, neurons } = choices.find((known) => known.population === population.value);
    x.replaceChildren(...options(variables));
    y.replaceChildren(...options(variables));
    y.selectedIndex = 1;
    neuron.max = neurons - 1;
  };
  choose();
  population.addEventListener("change", choose);
  const parts = [y, element("span", {}, "against"), x, element("span", {}, "of"), population, labelled("neuron", neuron)];
  return line("Phase portrait", parts, () => ({ type: "phase", population: population.value, neuron: Number(neuron.value), x: x.value, y: y.value }));
}

function exports(figures, send) {
  const row = (title, names, formats) => {
    const button = (text, save) => {
      const made = element("button", { type: "button", "aria-label": `Save ${title} as ${text}` }, text);
      made.addEventListener("click", save);
      return made;
    };
    const picture = (format) => async () => saveAs(`${title}.${format}`, await fileOf(figures, names, format));
    const file = (format) => () => send({ type: "export", figure: title, format, earlier: figures.showsEarlier });
    const save = { PNG: picture("png"), SVG: picture("svg"), HTML: file("html"), CSV: file("csv") };
    return element("div", { class: "snn-export" }, element("span", {}, `Save ${title}`), ...formats.map((format) => button(format, save[format])));
  };
  const names = figures.plots.map(({ model }) => model.name);
  const rows = names.map((name) => row(FIGURES[name], [name], ["PNG", "SVG", "HTML", "CSV"]));
  if (names.length > 1) rows.unshift(row("all figures", names, ["PNG", "SVG", "HTML"]));
  return rows;
}
