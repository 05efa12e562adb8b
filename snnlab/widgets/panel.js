// All parameters of a network: grouped by their owner, searchable, none hidden without a word.

import { element } from "./page.js";
import { Slider } from "./slider.js";

const FEW = 6; // parameters that are found without a search

export class Panel {
  constructor(send) {
    this.send = send;
    this.sliders = new Map();
    this.closed = new Set(); // headings that a person has folded
    this.search = element("input", { type: "search", class: "snn-search", placeholder: "find a parameter", "aria-label": "find a parameter" });
    this.found = element("button", { type: "button", class: "snn-found", title: "Show all parameters", hidden: true });
    this.bar = element("div", { class: "snn-find" }, this.search, this.found);
    this.groups = element("div", { class: "snn-groups" });
    this.root = element("div", { class: "snn-parameters" }, this.bar, this.groups);
    this.search.addEventListener("input", () => this.filter());
    this.search.addEventListener("keydown", (event) => event.stopPropagation());
    this.found.addEventListener("click", () => {
      this.search.value = "";
      this.filter();
    });
  }

  setUp(descriptions) {
    this.sliders.clear();
    const groups = new Map();
    for (const description of descriptions) {
      const slider = this.slider(description);
      const heading = `${description.kind}: ${description.owner}`;
      if (!groups.has(heading)) groups.set(heading, { description, ranged: [], others: [] });
      groups.get(heading)[slider.ranged ? "ranged" : "others"].push(slider);
    }
    this.groups.replaceChildren(...[...groups].map(([heading, group]) => this.group(heading, group)));
    if (!groups.size) this.groups.append(element("p", { class: "snn-hint" }, "The network has no parameters."));
    else if (![...this.sliders.values()].some((slider) => slider.ranged))
      this.groups.append(element("p", { class: "snn-hint" }, "No parameter has a range. Write one after its value, like  tau = 20 ms [5, 100],  to get a slider here."));
    this.bar.hidden = this.sliders.size <= FEW;
    this.filter();
  }

  slider(description) {
    const { key } = description;
    const slider = new Slider(
      description,
      (value) => this.send({ type: "set", key, value }),
      (kind, first, second) => this.send({ type: "draw", key, kind, first, second }),
    );
    this.sliders.set(key, slider);
    return slider;
  }

  group(heading, { description, ranged, others }) {
    const kind = element("span", { class: "snn-kind" }, description.kind);
    const summary = element("summary", {}, element("span", { class: "snn-owner" }, description.owner), kind);
    const made = element("details", { class: "snn-group", open: !this.closed.has(heading) }, summary, ...ranged.map((slider) => slider.root));
    made.addEventListener("toggle", () => this.closed[made.open ? "delete" : "add"](heading));
    if (others.length) {
      const more = `${others.length} ${ranged.length ? "more " : ""}without a range`;
      made.append(element("details", { class: "snn-others" }, element("summary", {}, more), ...others.map((slider) => slider.root)));
    }
    return made;
  }

  /** Show the parameters that a person looks for, by name, owner or help. */
  filter() {
    const words = this.search.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const slider of this.sliders.values()) {
      const { name, owner, help, symbol, kind } = slider.description;
      const text = `${name} ${symbol} ${owner} ${kind} ${help}`.toLowerCase();
      slider.root.hidden = !words.every((word) => text.includes(word));
      if (!slider.root.hidden) shown += 1;
    }
    for (const list of this.groups.querySelectorAll("details")) {
      list.hidden = words.length > 0 && !list.querySelector(".snn-slider:not([hidden])");
      if (list.matches(".snn-others")) list.open = words.length > 0 && !list.hidden;
    }
    this.found.hidden = words.length === 0;
    this.found.textContent = `${shown} of ${this.sliders.size} ✕`;
  }

  show(values) {
    for (const [key, value] of Object.entries(values)) this.sliders.get(key)?.show(value);
  }

  refuse(key, reason) {
    this.sliders.get(key)?.refuse(reason);
  }
}
