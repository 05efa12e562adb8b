"""How the dashboard looks and is used: its layout in every state, and stimuli by hand."""

from __future__ import annotations

import re
from collections.abc import Iterator

import nbformat
import numpy as np
import pytest
from lab_driver import LabPage, LabServer
from nbformat.v4 import new_code_cell, new_notebook
from playwright.sync_api import Browser, Locator, expect
from test_browser_live import (
    TIME,
    difference,
    in_kernel,
    inked,
    pixels,
    slider,
    status,
    wait_for_figures,
    wait_for_time,
)

pytestmark = pytest.mark.browser

NEURON = """\
%%neuron LIF
tau  = 20 ms [5, 100]  # membrane time constant
V_th = 20 mV           # threshold
I    = 15 mV [0, 60]   # constant input
leak  = 1              # below 0 it diverges
tau * dv/dt = -leak * v + I + g_exc - g_inh
5 ms * dg_exc/dt = -g_exc
10 ms * dg_inh/dt = -g_inh
spike: v > V_th
reset: v = 0 mV
refractory: 2 ms
"""
NETWORK = """\
def make():
    net = snnlab.Network(dt=0.1, seed=1)
    E = net.add(80, LIF, name="E")
    I = net.add(20, LIF, name="I")
    net.connect(E, [E, I], "exc", snnlab.FixedProbability(0.1), weight=0.5)
    net.connect(I, [E, I], "inh", snnlab.FixedProbability(0.1), weight=2.0)
    net.drive(E, "exc", rate=800, weight=2.0, name="noise")
    return net, E, I

net, E, I = make()
net.lab()"""
# Izhikevich 2003, IEEE Trans. Neural Netw. 14, 1569-1572, regular spiking.
IZHIKEVICH = """\
a = 0.02 ; b = 0.2 ; c = -65 ; d = 8
I = 10 [0, 30]
1 ms * dv/dt = 0.04*v*v + 5*v + 140 - u + I : init = c
1 ms * du/dt = a * (b*v - u) : init = b*c
spike: v > 30
reset:
    v = c
    u += d
"""
WRONG = IZHIKEVICH.replace("v > 30", "v > 30 mV").replace("c = -65", "c = -65 mV")
FIRST_VALUES = """\
net.pause(); net.history.stop(); net.reset(); net.speed = None; E.leak = 1
E.tau = 20; E.I = 15; I.I = 15; net.drives["noise"].rate = 800; net.silence(E, on=False)"""

# What is wrong with the layout of the dashboard, in words; nothing if all is well.
DEFECTS = """() => {
    const root = document.querySelector('.snn-dashboard');
    const found = [];
    const shown = e => e.checkVisibility({ visibilityProperty: true });
    const name = e => `<${e.tagName.toLowerCase()} ${e.className}>`;
    const outer = root.getBoundingClientRect();
    const boxes = [];  // of texts and of what a person takes hold of
    const over = '.snn-empty, .snn-marker, .snn-readout, .snn-follow';  // drawn over others
    for (const e of root.querySelectorAll('*')) {
        if (!shown(e) || e.closest('svg') && e.tagName !== 'svg') continue;
        const style = getComputedStyle(e);
        const clips = style.overflowX !== 'visible' || e.matches('.snn-slider, .snn-transport');
        if (clips && e.scrollWidth > e.clientWidth + 1) found.push(`cut: ${name(e)}`);
        if (e.matches('button, input, select, textarea') && !e.closest(over))
            boxes.push([e, e.getBoundingClientRect(), name(e)]);
        for (const node of e.childNodes) {
            if (node.nodeType !== Node.TEXT_NODE || !node.data.trim()) continue;
            const range = document.createRange();
            range.selectNodeContents(node);
            const text = node.data.trim().slice(0, 30);
            for (const box of range.getClientRects()) {
                if (!e.matches('option') && !e.closest(over)) boxes.push([e, box, text]);
                if (box.right > outer.right + 1 || box.left < outer.left - 1)
                    found.push(`outside: ${text}`);
            }
            if (!e.matches(':disabled, option')) {
                const least = parseFloat(style.fontSize) >= 18 ? 3 : 4.5;  // WCAG 2.2, AA
                const ratio = contrast(style.color, groundOf(e));
                if (ratio < least) found.push(`pale, ${ratio.toFixed(1)}: ${text}`);
            }
        }
    }
    boxes.forEach(([a, first, nameOfFirst], k) => {
        for (const [b, second, nameOfSecond] of boxes.slice(k + 1)) {
            if (a === b || a.contains(b) || b.contains(a)) continue;
            const width = Math.min(first.right, second.right) - Math.max(first.left, second.left);
            const height = Math.min(first.bottom, second.bottom) - Math.max(first.top, second.top);
            if (width > 1 && height > 2) found.push(`overlap: ${nameOfFirst} and ${nameOfSecond}`);
        }
    });
    return found;

    function parts(colour) {
        const [red, green, blue, alpha = 1] = colour.match(/[\\d.]+/g).map(Number);
        return { rgb: [red, green, blue], alpha };
    }
    function laidOver({ rgb, alpha }, ground) {
        return rgb.map((part, k) => alpha * part + (1 - alpha) * ground[k]);
    }
    function groundOf(e) {
        const layers = [];
        for (let at = e; at; at = at.parentElement) {
            const layer = parts(getComputedStyle(at).backgroundColor);
            layers.push(layer);
            if (layer.alpha === 1) break;
        }
        return layers.reverse().reduce((ground, layer) => laidOver(layer, ground), [255, 255, 255]);
    }
    function luminance(rgb) {
        const [red, green, blue] = rgb.map(part => {
            const c = part / 255;
            return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
        });
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
    }
    function contrast(colour, ground) {
        const [a, b] = [luminance(laidOver(parts(colour), ground)), luminance(ground)];
        return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    }
}"""


@pytest.fixture(scope="module")
def opened(chromium_browser: Browser, lab_server: LabServer) -> Iterator[LabPage]:
    """A notebook with the dashboard of a noisy network of two populations."""
    texts = ("%load_ext snnlab\nimport numpy as np\nimport snnlab", NEURON, NETWORK)
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
    notebook = new_notebook(cells=[new_code_cell(text) for text in texts], metadata=kernel)
    nbformat.write(notebook, lab_server.folder / "look.ipynb")
    context = chromium_browser.new_context(viewport={"width": 1400, "height": 1300})
    context.set_default_timeout(30_000)
    lab = LabPage(context.new_page(), lab_server)
    lab.open("look.ipynb")
    lab.run_all()
    wait_for_figures(lab)
    yield lab
    lab.close()
    context.close()


@pytest.fixture
def lab(opened: LabPage) -> LabPage:
    """The dashboard at time 0, with its first values and its first tab."""
    opened.page.set_viewport_size({"width": 1400, "height": 1300})
    assert in_kernel(opened, FIRST_VALUES) == ""
    expect(opened.page.locator(".snn-time")).to_have_text("0.0")
    for told in (".snn-notice", ".snn-hints"):  # of what the test before did
        expect(opened.page.locator(told)).to_be_hidden()
    opened.page.get_by_role("tab", name="parameters").click()
    return opened


def play(lab: LabPage) -> None:
    lab.page.get_by_role("button", name="Play").click()
    expect(status(lab)).to_have_text("running")


def pause(lab: LabPage) -> float:
    """Pause; returns the time (ms) at which the network stands."""
    lab.page.get_by_role("button", name="Pause").click()
    expect(status(lab)).to_have_text("paused")
    return float(in_kernel(lab, "print(net.time)"))


def run_for(lab: LabPage, duration: float) -> None:
    """Let the network run for so many ms by the button."""
    end = float(in_kernel(lab, "print(net.time)")) + duration
    lab.page.get_by_label("duration in ms").first.fill(str(duration))
    lab.page.get_by_role("button", name="run for").click()
    wait_for_time(lab, round(end, 1))
    expect(status(lab)).to_have_text("paused")


def counts(lab: LabPage, begin: float, end: float) -> np.ndarray:
    """Spikes of each neuron of E between two times (ms)."""
    text = in_kernel(
        lab,
        f"s = net.spikes['E']; s = s[s['time'].between({begin}, {end})]\n"
        f"print(*np.bincount(s['neuron'], minlength=80))",
    )
    return np.array(text.split(), dtype=int)


def stimuli(lab: LabPage, neurons: str) -> Locator:
    """The form of stimuli, for these neurons of E."""
    lab.page.get_by_role("tab", name="stimuli").click()
    form = lab.page.locator(".snn-stimuli")
    form.get_by_label("population").select_option("E")
    form.get_by_label("neurons").fill(neurons)
    return form


def photograph(lab: LabPage, name: str) -> list[str]:
    """Leave a picture of the dashboard and say what is wrong with its layout."""
    lab.screenshot(f"look_{name}")
    return [f"{name}: {defect}" for defect in lab.page.evaluate(DEFECTS)]


@pytest.mark.parametrize("width", [1400, 800])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nothing_is_cut_overlaps_or_is_pale_in_any_state(lab: LabPage, theme: str, width: int):
    lab.page.set_viewport_size({"width": width, "height": 1300})
    lab.command("apputils:change-theme", theme=f"JupyterLab {theme.title()}")
    dashboard = lab.page.locator(".snn-dashboard")
    dashboard.evaluate("e => e.scrollIntoView({ block: 'start' })")
    expect(dashboard).to_have_attribute("data-dark", str(theme == "dark").lower())
    figures = lab.page.locator(".snn-plots")
    in_kernel(lab, "net.history.keep(50)")

    expect(lab.page.locator(".snn-empty")).to_be_visible()
    expect(lab.page.locator(".snn-past")).to_contain_text("kept from the next step on")
    empty = pixels(figures)
    defects = photograph(lab, f"empty_{theme}_{width}")

    play(lab)
    wait_for_time(lab, 1000)
    defects += photograph(lab, f"running_{theme}_{width}")

    pause(lab)
    expect(lab.page.get_by_role("button", name="go back")).to_be_enabled()
    paused = pixels(figures)
    defects += photograph(lab, f"paused_{theme}_{width}")

    in_kernel(lab, "E.leak = -40; E.v = -10")
    lab.page.get_by_role("button", name="Play").click()
    expect(status(lab)).to_have_text("error")
    expect(lab.page.locator(".snn-marker")).to_be_visible()
    expect(lab.page.locator(".snn-notice")).to_contain_text("Population 'E': v of neuron ")
    diverged = pixels(figures)
    defects += photograph(lab, f"diverged_{theme}_{width}")

    assert defects == []
    assert (empty[2, -2].mean() < 60) == (theme == "dark")
    assert inked(paused, "#56b4e9" if theme == "dark" else "#0072b2") > 500
    red = np.array([0xF4, 0x43, 0x36] if theme == "dark" else [0xD3, 0x2F, 0x2F])
    near = [(np.abs(image - red).sum(axis=2) < 40).sum() for image in (paused, diverged)]
    assert near[1] > near[0] + 400  # a line through all figures


def test_a_broken_layout_is_seen(lab: LabPage):
    lab.command("apputils:change-theme", theme="JupyterLab Light")
    expect(lab.page.locator(".snn-dashboard")).to_have_attribute("data-dark", "false")
    broken = lab.page.add_style_tag(
        content=".snn .snn-speed-text { margin-left: -90px } .snn .snn-kind { color: #ccc } "
        ".snn .snn-search { width: 700px !important }"
    )

    defects = lab.page.evaluate(DEFECTS)
    broken.evaluate("e => e.remove()")

    assert {defect.split(":")[0] for defect in defects} >= {"overlap", "pale, 1.6", "cut"}
    assert lab.page.evaluate(DEFECTS) == []


def test_nothing_moves_when_a_person_presses_play(lab: LabPage):
    def places() -> list[float]:
        boxes = [slider(lab, "population:E:I").bounding_box(), figures.bounding_box()]
        return [box["y"] for box in boxes if box is not None]

    figures = lab.page.locator(".snn-plots")
    before = places()

    play(lab)
    wait_for_time(lab, 200)
    running = places()
    pause(lab)

    assert len(before) == 2
    assert before == running == places()


def test_figures_grow_on_the_whole_screen_and_shrink_again(lab: LabPage):
    def heights() -> list[float]:
        boxes = [lab.page.locator(name).bounding_box() for name in (".snn-plots", ".snn-dashboard")]
        return [box["height"] for box in boxes if box is not None]

    plots, dashboard = heights()
    lab.page.get_by_role("button", name="Full screen").click()
    lab.page.wait_for_function(
        "height => document.querySelector('.snn-plots').offsetHeight > height + 100", arg=plots
    )
    screen = lab.page.evaluate("window.innerHeight")
    grown = heights()
    defects = photograph(lab, "full_screen")
    lab.page.keyboard.press("f")
    lab.page.wait_for_function(
        "height => document.querySelector('.snn-plots').offsetHeight <= height", arg=plots
    )

    assert defects == []
    assert screen - 10 < grown[1] <= screen
    assert heights() == [plots, dashboard]


def test_silenced_neurons_leave_the_raster_until_they_are_released(lab: LabPage):
    form = stimuli(lab, "0-39")
    form.get_by_role("button", name="silence").click()
    run_for(lab, 500)
    silenced = counts(lab, 0, 500)
    half = pixels(lab.page.locator(".snn-plots"))
    form.get_by_role("button", name="release").click()
    run_for(lab, 500)
    released = counts(lab, 500, 1000)

    assert silenced[:40].sum() == 0
    assert (silenced[40:] > 0).all()
    assert (released > 0).all()
    assert difference(half, pixels(lab.page.locator(".snn-plots"))) > 1000


def test_kick_reaches_the_neurons_that_are_named(lab: LabPage):
    in_kernel(lab, "net.drives['noise'].rate = 0; E.I = 0; net.simulate(10)")
    form = stimuli(lab, "3, 10-12")
    form.get_by_label("amount").fill("25")

    form.get_by_role("button", name="kick").click()
    expect(form.get_by_label("amount")).to_have_value("25")
    run_for(lab, 20)

    assert np.flatnonzero(counts(lab, 10, 30)).tolist() == [3, 10, 11, 12]


def test_course_painted_with_the_mouse_drives_the_neurons_while_it_lasts(lab: LabPage):
    in_kernel(lab, "net.drives['noise'].rate = 0; E.I = 0; I.I = 0; net.simulate(10)")
    form = stimuli(lab, "0-9")
    form.get_by_label("parameter").select_option("I")
    form.get_by_label("largest value").fill("60")
    form.get_by_label("duration in ms").fill("200")
    form.get_by_role("button", name="clear").click()
    box = form.locator("canvas").bounding_box()
    assert box is not None
    top = box["y"] + 3

    # Nothing in the first half, the largest value in the second.
    lab.page.mouse.move(box["x"] + 0.51 * box["width"], top)
    lab.page.mouse.down()
    lab.page.mouse.move(box["x"] + 0.75 * box["width"], top, steps=3)
    lab.page.mouse.move(box["x"] + box["width"] - 2, top, steps=3)
    lab.page.mouse.up()
    lab.screenshot("look_painted_course")
    form.get_by_role("button", name="apply from now on").click()
    run_for(lab, 300)

    assert counts(lab, 0, 111).sum() == 0
    during = counts(lab, 111, 213)
    assert (during[:10] >= 3).all()  # every 10 ms at 57 mV
    assert during[10:].sum() == 0
    assert counts(lab, 213, 310).sum() == 0


def test_poisson_input_is_switched_off_and_on_again(lab: LabPage):
    lab.page.get_by_role("tab", name="stimuli").click()
    switch = lab.page.get_by_role("checkbox", name="noise")
    expect(switch).to_be_checked()

    switch.uncheck()
    row = lab.page.locator(".snn-switch", has=switch)
    expect(row).to_contain_text("0 Hz")
    run_for(lab, 300)
    off = counts(lab, 0, 300).sum()
    switch.check()
    expect(row).to_contain_text("800 Hz")
    run_for(lab, 300)

    assert off == 0
    assert counts(lab, 300, 600).sum() > 100
    assert in_kernel(lab, "print(net.drives['noise'].rate)") == "800.0"


def test_hints_tell_of_silent_and_of_runaway_neurons(lab: LabPage):
    hints = lab.page.locator(".snn-hints")
    in_kernel(lab, "net.drives['noise'].rate = 0; net.speed = 1")

    play(lab)
    expect(hints).to_contain_text("E: silent; the strongest input reaches 1")
    expect(hints).to_contain_text("noise: the rate of the Poisson input is 0 Hz")
    in_kernel(lab, "E.I = 2000")
    expect(hints).to_contain_text("E: runaway; ")
    expect(hints).to_contain_text("Hz, the refractory limit is 500 Hz")
    lab.screenshot("look_hints")
    in_kernel(lab, "E.I = 15; I.I = 25; net.drives['noise'].rate = 800")

    expect(hints).to_be_hidden()
    pause(lab)


def test_speed_slows_the_network_down(lab: LabPage):
    speed = lab.page.get_by_role("slider", name="speed")
    speed.press("Home")
    expect(speed).to_have_attribute("aria-valuetext", "0.001 times real time")
    for _ in range(5):
        speed.press("PageUp")
    expect(lab.page.locator(".snn-speed-text")).to_have_text("0.1 ×")

    play(lab)
    wait_for_time(lab, 30)
    expect(lab.page.locator(".snn-factor")).to_have_text("0.1 ×")
    speed.press("End")
    wait_for_time(lab, lab.page.evaluate(TIME) + 2000)

    assert in_kernel(lab, "print(net.speed)") == "None"
    pause(lab)


def test_every_control_has_a_name_and_says_its_value(lab: LabPage):
    heard = lab.page.locator(".snn-dashboard").aria_snapshot()
    lab.page.get_by_role("tab", name="stimuli").click()
    heard += lab.page.locator(".snn-dashboard").aria_snapshot()

    controls = "button|slider|textbox|searchbox|combobox|checkbox|tab|tabpanel|img"
    assert len(re.findall(rf'- (?:{controls}) "', heard)) > 40
    assert re.findall(rf"^ *- (?:{controls})\b(?! \").*", heard, re.MULTILINE) == []
    drive = lab.page.get_by_role("slider", name="I of E in mV", include_hidden=True)
    expect(drive).to_have_attribute("aria-valuetext", "15 mV")


def test_network_is_played_with_the_keyboard_alone(lab: LabPage):
    focused = "() => document.activeElement.getAttribute('aria-label')"
    lab.page.get_by_role("button", name="Play").focus()

    lab.page.keyboard.press("Tab")
    lab.page.keyboard.press("Enter")
    expect(lab.page.locator(".snn-time")).to_have_text("0.1")
    lab.page.keyboard.press("Shift+Tab")
    lab.page.keyboard.press("Space")
    expect(status(lab)).to_have_text("running")
    names = []
    while "I of E in mV" not in names and len(names) < 60:
        lab.page.keyboard.press("Tab")
        names.append(lab.page.evaluate(focused))
    assert names[-1] == "I of E in mV", names
    lab.page.keyboard.press("PageUp")
    lab.page.keyboard.press("ArrowRight")
    drive = lab.page.get_by_role("slider", name="I of E in mV")
    expect(drive).to_have_attribute("aria-valuetext", "21.15 mV")
    ring = drive.evaluate("e => getComputedStyle(e).outlineStyle")
    pause(lab)

    assert names[:2] == ["One step", "Reset to time 0"]
    assert ring == "solid"  # who has no mouse sees where they are
    assert in_kernel(lab, "print(np.unique(E.I))") == "[21.15]"


def test_arrow_keys_choose_in_a_list_and_move_no_cell(lab: LabPage):
    window = lab.page.get_by_label("time window")
    before = window.evaluate("list => list.selectedIndex")
    window.focus()

    lab.page.keyboard.press("ArrowUp")
    chosen = window.evaluate("list => list.selectedIndex")
    expect(window).to_be_focused()
    lab.page.keyboard.press("ArrowDown")

    expect(window).to_be_focused()
    assert (chosen, window.evaluate("list => list.selectedIndex")) == (before - 1, before)


def test_menu_that_is_left_with_escape_gives_the_focus_back(lab: LabPage):
    menu = lab.page.locator(".snn-plots-menu")
    opener = menu.locator("summary")
    opener.focus()

    lab.page.keyboard.press("Enter")
    expect(menu.locator(".snn-menu")).to_be_visible()
    lab.page.keyboard.press("Tab")
    expect(opener).not_to_be_focused()
    lab.page.keyboard.press("Escape")

    expect(menu.locator(".snn-menu")).to_be_hidden()
    expect(opener).to_be_focused()


def test_log_is_copied_as_code_that_repeats_the_session(lab: LabPage):
    lab.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    lab.run_all()  # a new network, whose log begins now
    wait_for_figures(lab)
    expect(lab.page.locator(".snn-time")).to_have_text("0.0")
    slider(lab, "population:E:I").press("End")
    run_for(lab, 200)
    stimuli(lab, "0-4").get_by_role("button", name="silence").click()
    run_for(lab, 200)

    lab.page.get_by_role("tab", name="log").click()
    expect(lab.page.locator(".snn-changes")).to_contain_text("E silenced, 5 neurons")
    lab.page.get_by_role("button", name="copy as code").click()
    expect(lab.page.locator(".snn-log")).to_contain_text("copied: paste it below the cell that")
    code = lab.page.evaluate("() => navigator.clipboard.readText()")
    again = in_kernel(
        lab,
        f"other, _, _ = make()\nexec({code!r}, {{'net': other}})\n"
        f"print(other.time, other.spikes['E'].equals(net.spikes['E']), len(net.spikes['E']) > 500)",
    )

    assert "net.silence(" in code
    assert again == "400.0 True True"


def test_builder_shows_errors_in_place_and_writes_its_cell_below(lab: LabPage):
    lab.command("notebook:insert-cell-below")
    lab.command("notebook:replace-selection", text="built = snnlab.build_neuron()\nbuilt")
    lab.command("notebook:run-cell")
    builder = lab.page.locator(".snn-builder")
    text = builder.get_by_label("text of the cell")
    equations = lab.page.locator(".snn-builder-box > :last-child")
    builder.get_by_label("name of the neuron").fill("Izhikevich")

    text.fill(WRONG)
    expect(builder.locator(".snn-status")).to_have_text("has an error")
    expect(builder.locator(".snn-refusal")).to_contain_text(
        "Izhikevich, line 4, column 27: a sum joins mV^2 and mV; give both the same unit."
    )
    line, carets = builder.locator(".snn-refusal pre").inner_text().split("\n")
    assert line.strip() == WRONG.split("\n")[2]
    assert line[carets.index("^") :].startswith("5*v")
    assert (
        builder.locator(".snn-refusal pre").evaluate("e => getComputedStyle(e).whiteSpace") == "pre"
    )
    expect(builder.locator(".snn-lines .snn-bad")).to_have_text("4")
    expect(equations).to_have_class(re.compile("snn-stale"))
    lab.screenshot("look_builder_error")

    text.fill(IZHIKEVICH)
    expect(builder.locator(".snn-status")).to_have_text("reads well")
    expect(equations.locator("mjx-container").first).to_be_visible()
    box = builder.get_by_label("I, value")
    box.fill("12")
    box.press("Enter")
    expect(text).to_have_value(re.compile(r"I = 12  \[0, 30\]"))
    lab.screenshot("look_builder")
    before = lab.cells.count()
    builder.get_by_role("button", name="insert as a new cell").click()
    expect(builder.locator(".snn-hint")).to_have_text("written below")

    assert lab.cells.count() == before + 1
    lab.command("notebook:run-cell")
    card = lab.page.locator(".snn-panel").last
    expect(card.locator(".snn-status")).to_contain_text("ready")
    expect(card.locator(".snn-caption")).to_have_text("I = 12")
    lab.screenshot("look_builder_card")
    defined = in_kernel(lab, "print(Izhikevich.model.parameters[-1].value, built.cell.count('12'))")
    assert defined == "12 1"


def test_many_populations_with_long_names_leave_the_page_readable(lab: LabPage):
    lab.command("notebook:insert-cell-below")
    text = (
        "many = snnlab.Network(dt=0.1, seed=1)\n"
        "layers = [many.add(5, LIF, name=f'layer {k} pyramidal (tufted)') for k in range(6)]\n"
        "for k, layer in enumerate(layers):\n"
        "    many.connect(layer, layers[k - 1], 'exc', snnlab.AllToAll(), weight=0.5)\n"
        "many.simulate(150)\n"
        "many.lab()"
    )
    lab.command("notebook:replace-selection", text=text)
    lab.command("notebook:run-cell")
    dashboard = lab.page.locator(".snn-dashboard").last
    hints = dashboard.locator(".snn-hints")

    expect(hints.locator("p:visible")).to_have_count(4)
    dashboard.evaluate("e => e.scrollIntoView({ block: 'start' })")
    last = "[...document.querySelectorAll('.snn-dashboard')].at(-1)"
    look = DEFECTS.replace("document.querySelector('.snn-dashboard')", last)
    lab.screenshot("look_many")
    assert lab.page.evaluate(look) == []

    hints.locator("summary").click()
    expect(hints.locator("summary")).to_have_text("8 more hints")
    expect(hints.locator("p:visible")).to_have_count(12)
    assert in_kernel(lab, "layers[0].I = 14; many.simulate(1)") == ""
    expect(hints).to_contain_text("the strongest input reaches 14")
    expect(hints.locator("p:visible")).to_have_count(12)  # what was opened stays open

    lab.command("notebook:delete-cell")
    expect(lab.page.locator(".snn-dashboard")).to_have_count(1)


def test_dashboard_without_neurons_says_what_to_do_and_shows_those_that_come(lab: LabPage):
    lab.command("notebook:insert-cell-below")
    text = "empty = snnlab.Network(dt=0.1)\nempty.lab()"
    lab.command("notebook:replace-selection", text=text)
    lab.command("notebook:run-cell")
    dashboard = lab.page.locator(".snn-dashboard").last

    waiting = dashboard.locator(".snn-waiting")
    expect(waiting).to_contain_text("The network has no neurons yet.")
    expect(waiting).to_contain_text("cells = net.add(100, neuron)")
    lab.screenshot("look_no_neurons")
    assert in_kernel(lab, "_ = empty.add(10, LIF, name='late')") == ""

    expect(dashboard.locator(".snn-legend")).to_contain_text("late")
