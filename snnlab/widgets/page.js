// The page around a widget: its theme, its pixels, and building elements.

// What may have the focus. JupyterLab looks for its shortcuts from there outwards, and would move
// to another cell when an arrow key is to choose something.
const FOCUSABLE = new Set(["button", "input", "select", "summary", "textarea"]);

/** A new element; `properties` are set on it, `children` are elements or plain text. */
export function element(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  if (FOCUSABLE.has(tag)) made.setAttribute("data-lm-suppress-shortcuts", "true");
  for (const [name, value] of Object.entries(properties)) {
    if (name === "class") made.className = value;
    else if (name.startsWith("aria-") || name.startsWith("data-") || name === "for") made.setAttribute(name, value);
    else made[name] = value;
  }
  made.append(...children);
  return made;
}

/** A symbol with its subscript, written as text. */
export function symbolElement(symbol, subscript) {
  const made = element("span", { class: "snn-symbol" }, symbol);
  if (subscript) made.append(element("sub", {}, subscript));
  return made;
}

/** The colours of the page's theme as the canvas needs them, and whether it is dark. */
export function themeOf(root) {
  const read = (variable) => {
    const probe = element("span");
    probe.style.color = `var(${variable})`;
    root.append(probe);
    const colour = getComputedStyle(probe).color;
    probe.remove();
    return colour;
  };
  const text = read("--snn-text");
  const [red, green, blue] = text.match(/[\d.]+/g).map(Number);
  const dark = 0.299 * red + 0.587 * green + 0.114 * blue > 127;
  return { dark, text, muted: read("--snn-muted"), line: read("--snn-line"), ground: read("--snn-ground"), bad: read("--snn-bad") };
}

/** Tell the kernel something; one that has ended, or let go of the widget, hears nothing. */
export function tell(model, message) {
  try {
    model.send(message);
  } catch {
    // the page says that no kernel answers
  }
}

/** Let BokehJS draw into `target` once that is in the page: it refuses to draw elsewhere. */
export async function embed(bokeh, item, target) {
  if (!target.isConnected) await attached(target);
  return bokeh.embed.embed_item(item, target);
}

function attached(target) {
  return new Promise((resolve) => {
    const observer = new ResizeObserver(() => {
      if (!target.isConnected) return;
      observer.disconnect();
      resolve();
    });
    observer.observe(target);
  });
}

const NO_ANSWER = 4000; // ms

/**
 * Call `alone()` when no kernel has said anything for a while, as in a page that was exported, and
 * `welcome()` when one does after all; returns how to stop.
 */
export function watchKernel(model, alone, welcome) {
  let isAlone = false;
  const timer = setTimeout(() => {
    isAlone = true;
    alone();
  }, NO_ANSWER);
  const stop = () => {
    clearTimeout(timer);
    model.off("msg:custom", heard);
  };
  const heard = () => {
    stop();
    if (isAlone) welcome();
  };
  model.on("msg:custom", heard);
  return stop;
}

/** Whether the page shows what is printed in the place of widgets: it was made from a notebook. */
export function isPrinted() {
  const printed = document.querySelector(".snn-printed");
  return printed !== null && getComputedStyle(printed).display !== "none";
}

/** Set a property of an element; writing what is there already has the page compute its style anew. */
export function put(target, name, value) {
  if (target[name] !== value) target[name] = value;
}

/** Call `changed` when the page changes its theme; returns how to stop. */
export function watchTheme(changed) {
  const observer = new MutationObserver(() => requestAnimationFrame(changed));
  const attributes = { attributes: true, attributeFilter: ["class", "data-jp-theme-name", "data-jp-theme-light", "data-vscode-theme-kind"] };
  observer.observe(document.body, attributes);
  observer.observe(document.documentElement, attributes);
  const media = matchMedia("(prefers-color-scheme: dark)");
  media.addEventListener("change", changed);
  return () => {
    observer.disconnect();
    media.removeEventListener("change", changed);
  };
}

/** Call `changed(visible)` when `root` comes onto the screen or leaves it. */
export function watchVisibility(root, changed) {
  let onScreen = true;
  let reported = true;
  const report = () => {
    const visible = onScreen && !document.hidden;
    if (visible !== reported) changed((reported = visible));
  };
  const observer = new IntersectionObserver((entries) => {
    onScreen = entries[entries.length - 1].isIntersecting;
    report();
  });
  observer.observe(root);
  document.addEventListener("visibilitychange", report);
  return () => {
    observer.disconnect();
    document.removeEventListener("visibilitychange", report);
  };
}

/**
 * Spare BokehJS from asking the style sheets for a colour at each property of each paint, which
 * forces the page to compute its style every time (a tenth of a frame, measured with 3.9). The
 * figures get all their colours from `paintTheme`.
 */
export function skipStyleSheets(view) {
  for (const visuals of view.visuals ?? []) if (visuals._get_css_value) visuals._get_css_value = () => "";
  for (const child of view.children?.() ?? []) skipStyleSheets(child);
}

/** Colours all figures of a Bokeh document like the page around them. */
export function paintTheme(doc, theme) {
  for (const model of doc._all_models.values()) {
    switch (model.type) {
      case "LinearAxis":
      case "LogAxis":
        model.setv({
          axis_label_text_color: theme.text,
          major_label_text_color: theme.muted,
          axis_line_color: theme.line,
          ...(model.major_tick_line_color === null ? {} : { major_tick_line_color: theme.line }),
        });
        break;
      case "Grid":
        model.setv({ grid_line_color: theme.line });
        break;
      case "Legend":
        model.setv({ label_text_color: theme.text });
        break;
      case "ColorBar":
        model.setv({ title_text_color: theme.text, major_label_text_color: theme.muted });
        break;
      case "Title":
      case "Label":
        model.setv({ text_color: theme.text });
        break;
    }
  }
}
