"""A person plays with a live network: in JupyterLab, in a real browser, judged by its pixels."""

from __future__ import annotations

import io
import re
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import nbformat
import numpy as np
import pytest
from lab_driver import ARTIFACTS, LabPage, LabServer
from nbformat.v4 import new_code_cell, new_notebook
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import Browser, Locator, expect

pytestmark = pytest.mark.browser

NEURON = """\
%%neuron LIF
tau = 20 ms [5, 100]  # membrane time constant
I   = 25 mV [0, 60]   # input
leak = 1
tau * dv/dt = -leak * v + I
spike: v > 20 mV
reset: v = 0 mV
"""
SMALL_NETWORK = """\
net = snnlab.Network(dt=0.1, seed=1)
cells = net.add(100, LIF, name="cells")
cells.v = snnlab.Uniform(0, 20)
net.lab()"""
# What a file holds: how many images, its texts, and which of them run into one another.
WRITTEN = """svg => {
    const box = document.createElement('div');
    box.innerHTML = svg;
    document.body.append(box);
    const texts = [...box.querySelectorAll('text')];
    const places = texts.map(text => text.getBoundingClientRect());
    const apart = (a, b) => a.right < b.left || b.right < a.left || a.bottom <= b.top + 1
        || b.bottom <= a.top + 1;
    const touching = texts.flatMap((one, i) => texts.slice(i + 1).filter(
        (_, k) => !apart(places[i], places[i + 1 + k])
    ).map(other => [one.textContent, other.textContent]));
    const images = box.querySelectorAll('image').length;
    box.remove();
    return { images, texts: texts.map(text => text.textContent), touching };
}"""
TIME = "() => Number(document.querySelector('.snn-time').textContent.replace(/\\s/g, ''))"


def pixels(shown: Locator) -> NDArray[np.int16]:
    """What is painted there, (height, width, 3)."""
    image = Image.open(io.BytesIO(shown.screenshot())).convert("RGB")
    return np.asarray(image).astype(np.int16)


def difference(first: NDArray[np.int16], second: NDArray[np.int16]) -> int:
    """How many pixels are not the same."""
    return int((np.abs(first - second).sum(axis=2) > 30).sum())


def inked(image: NDArray[np.int16], colour: str) -> int:
    """How many pixels are nearer to a colour than to the ground, a corner's."""
    wanted = np.array([int(colour[at : at + 2], 16) for at in (1, 3, 5)])
    to_colour = np.abs(image - wanted).sum(axis=2)
    to_ground = np.abs(image - image[2, -2]).sum(axis=2)
    return int((to_colour < to_ground).sum())


def in_kernel(lab: LabPage, code: str) -> str:
    """What a line of Python prints, run beside whatever the page does."""
    return lab.ask(
        """async code => {
            const panel = window.jupyterapp.shell.currentWidget;
            const { kernel } = panel.context.sessionContext.session;
            let text = '';
            const future = kernel.requestExecute({ code, store_history: false });
            future.onIOPub = message => {
                if (message.header.msg_type === 'stream') text += message.content.text;
                if (message.header.msg_type === 'error') text += message.content.evalue;
            };
            await future.done;
            return text.trim();
        }""",
        code,
    )


def wait_for_kernel(lab: LabPage, code: str, printed: str) -> None:
    """Ask until it prints that: what a page sends and what a test asks take ways of their own."""
    end = time.monotonic() + 20
    while (found := in_kernel(lab, code)) != printed:
        assert time.monotonic() < end, found


def start_in_kernel(lab: LabPage, code: str) -> None:
    """Run code and do not wait for its end."""
    lab.page.evaluate(
        """code => {
            const panel = window.jupyterapp.shell.currentWidget;
            window.running = true;
            panel.context.sessionContext.session.kernel
                .requestExecute({ code, store_history: false })
                .done.then(() => { window.running = false; });
        }""",
        code,
    )


def rate(lab: LabPage, population: str) -> float:
    """Mean rate (Hz) over the last second of the network's time."""
    return float(
        in_kernel(
            lab,
            f"when = net.spikes['{population}']['time']\n"
            f"print((when > when.max() - 1000).sum() / net.populations['{population}'].size)",
        )
    )


def wait_for_time(lab: LabPage, time_ms: float) -> None:
    lab.page.wait_for_function(f"time => ({TIME})() >= time", arg=time_ms)


def wait_for_figures(lab: LabPage) -> Locator:
    """The dashboard's figures, once they are there."""
    lab.page.locator(".snn-dashboard").scroll_into_view_if_needed()
    lab.page.locator(".snn-legend").wait_for()
    return lab.page.locator(".snn-plots")


def status(lab: LabPage) -> Locator:
    return lab.page.locator(".snn-dashboard .snn-status")


def slider(lab: LabPage, key: str) -> Locator:
    return lab.page.locator(f'.snn-slider[data-key="{key}"] input[type="range"]')


@pytest.fixture
def balanced_network(lab_page: LabPage, notebooks: Path) -> LabPage:
    """The notebook of the balanced network, with all its cells run."""
    lab_page.page.set_viewport_size({"width": 1400, "height": 1000})
    shutil.copy(notebooks / "02_balanced_network.ipynb", lab_page.server.folder)
    lab_page.open("02_balanced_network.ipynb")
    lab_page.run_all()
    return lab_page


@pytest.fixture(scope="module")
def laboratory(chromium_browser: Browser, lab_server: LabServer) -> Iterator[LabPage]:
    """A notebook with the card of a neuron and the dashboard of a hundred of them.

    Tests with a page of their own come before those that use it: they end all kernels.
    """
    texts = ("%load_ext snnlab\nimport snnlab", NEURON, SMALL_NETWORK)
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
    notebook = new_notebook(cells=[new_code_cell(text) for text in texts], metadata=kernel)
    nbformat.write(notebook, lab_server.folder / "laboratory.ipynb")
    context = chromium_browser.new_context()
    context.set_default_timeout(30_000)
    lab = LabPage(context.new_page(), lab_server)
    lab.open("laboratory.ipynb")
    lab.run_all()
    yield lab
    context.close()


@pytest.fixture
def small_network(laboratory: LabPage) -> LabPage:
    """The laboratory, at time 0 and with its first values."""
    laboratory.page.set_viewport_size({"width": 1280, "height": 900})
    forget = "net.pause(); net.reset(); net.history.branches = []; cells.I = 25"
    assert in_kernel(laboratory, forget) == ""
    expect(laboratory.page.locator(".snn-time")).to_have_text("0.0")
    return laboratory


def test_balanced_network_is_played_steered_and_paused(balanced_network: LabPage):
    lab = balanced_network
    assert lab.errors() == []
    figures = wait_for_figures(lab)
    wait_for_time(lab, 1000)
    recorded = pixels(figures)
    assert inked(recorded, "#0072b2") > 5000  # the spikes of the cell above

    lab.page.get_by_role("button", name="Play").click()
    expect(status(lab)).to_have_text("running")
    start = lab.page.evaluate(TIME)
    wait_for_time(lab, start + 1000)
    running = pixels(figures)
    wait_for_time(lab, start + 20_000)  # many frames later

    assert difference(recorded, running) > 5000
    assert difference(running, pixels(figures)) > 5000

    before = rate(lab, "E")
    inhibition = slider(lab, "projection:I->E inh:weight")
    inhibition.press("PageDown")
    inhibition.press("PageDown")
    moved = float(in_kernel(lab, "print(net.time)"))
    lab.screenshot("balanced_network")
    wait_for_time(lab, moved + 1000)
    after = rate(lab, "E")

    assert float(in_kernel(lab, "print(net.projections['I->E inh'].weight)")) < 0.8 * 6.7
    assert after > 1.2 * before

    lab.page.get_by_role("button", name="Pause").click()
    expect(status(lab)).to_have_text("paused")
    stopped = float(in_kernel(lab, "print(net.time)"))
    wait_for_time(lab, round(stopped, 1))
    paused = pixels(figures)
    assert float(in_kernel(lab, "print(net.time)")) == stopped
    assert difference(paused, pixels(figures)) < 50


def test_raster_at_rest_is_inked_by_the_spikes_that_it_shows(lab_page: LabPage):
    lab = lab_page
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
    many = SMALL_NETWORK.replace("100", "4000").replace("net.lab()", "net.simulate(600); net.lab()")
    texts = ("%load_ext snnlab\nimport snnlab", NEURON, many)
    notebook = new_notebook(cells=[new_code_cell(text) for text in texts], metadata=kernel)
    nbformat.write(notebook, lab.server.folder / "ink.ipynb")
    lab.open("ink.ipynb")
    lab.run_all()
    figures = wait_for_figures(lab)
    wait_for_time(lab, 600)
    note = lab.page.locator(".snn-points-note")
    expect(note).to_contain_text("zoom in to below 20,000")
    shown = [raster_pixels(figures)[40:]]

    where = raster_of(lab, figures)
    lab.page.mouse.click(where["x"], where["y"])
    expect(lab.page.locator(".snn-trace-chip")).to_have_count(2)
    expect(note).to_contain_text("zoom in to below 20,000")  # the last that is painted
    lab.page.mouse.move(5, 5)
    lab.screenshot("picked_at_rest")
    shown.append(raster_pixels(figures)[40:])

    for image in shown:
        painted = (np.abs(image - 255).sum(axis=2) > 30).sum()
        assert painted > 5000
        # A row holds 17 neurons: the many cells with a single spike are paler than half.
        assert inked(image, "#0072b2") < 0.75 * painted


def test_sliders_move_a_network_that_a_cell_is_running(small_network: LabPage):
    lab = small_network
    wait_for_figures(lab)
    in_kernel(lab, "moves = []; watch = net._every(100, lambda: moves.append(cells.I))")

    start_in_kernel(lab, "net.simulate(4_000_000)")
    expect(status(lab)).to_have_text("running")
    for _ in range(6):
        before = slider(lab, "population:cells:I").input_value()
        slider(lab, "population:cells:I").press("ArrowRight")
        expect(slider(lab, "population:cells:I")).not_to_have_value(before)
    row = lab.page.locator('.snn-slider[data-key="population:cells:I"]')
    last = row.locator(".snn-number").input_value()
    expect(row).to_have_attribute("data-told", last)  # the network has it
    wait_for_time(lab, lab.page.evaluate(TIME) + 2000)
    still_running = lab.page.evaluate("() => window.running")
    lab.command("notebook:interrupt-kernel")
    lab.page.wait_for_function("() => !window.running")
    in_kernel(lab, "net._cancel(watch)")

    assert still_running
    assert in_kernel(lab, f"print({last} in moves)") == "True"


def test_pause_stops_a_cell_that_simulates(small_network: LabPage):
    lab = small_network
    wait_for_figures(lab)

    start_in_kernel(lab, "net.simulate(4_000_000)")
    expect(status(lab)).to_have_text("running")
    lab.page.get_by_role("button", name="Pause").click()
    lab.page.wait_for_function("() => !window.running")

    expect(status(lab)).to_have_text("paused")
    assert 0 < float(in_kernel(lab, "print(net.time)")) < 4_000_000


def test_empty_dashboard_says_what_to_do(small_network: LabPage):
    lab = small_network
    wait_for_figures(lab)
    hint = lab.page.locator(".snn-empty")

    expect(hint).to_contain_text("Press play ▸")
    expect(hint).to_be_visible()
    lab.screenshot("dashboard_empty")
    lab.page.get_by_role("button", name="One step").click()

    expect(hint).to_be_hidden()


def test_model_card_gets_ready_and_its_preview_follows_the_slider(small_network: LabPage):
    lab = small_network
    panel = lab.page.locator(".snn-panel")
    panel.scroll_into_view_if_needed()
    expect(panel.locator(".snn-status")).to_contain_text("ready")
    preview = panel.locator(".snn-preview")
    expect(panel.locator(".snn-caption")).to_have_text("I = 25 mV")
    expect(lab.page.locator(".snn-math mjx-container").first).to_be_visible()
    first = pixels(preview)

    slider(lab, "I").press("End")
    expect(panel.locator(".snn-caption")).to_have_text("I = 60 mV")
    second = pixels(preview)
    lab.screenshot("model_card")

    assert inked(first, "#0072b2") > 300
    assert inked(second, "#0072b2") > 1.5 * inked(first, "#0072b2")  # more spikes, more strokes


def test_step_and_reset_move_the_clock_by_hand(small_network: LabPage):
    lab = small_network
    wait_for_figures(lab)
    clock = lab.page.locator(".snn-time")

    lab.page.locator(".snn-plots").click()
    lab.page.get_by_role("button", name="One step").click()
    expect(clock).to_have_text("0.1")
    lab.page.get_by_role("button", name="One step").click()
    expect(clock).to_have_text("0.2")
    lab.page.get_by_role("button", name="Reset").click()

    expect(clock).to_have_text("0.0")
    expect(status(lab)).to_have_text("ready")


def test_keys_play_and_pause(small_network: LabPage):
    lab = small_network
    wait_for_figures(lab)

    lab.page.locator(".snn-dashboard").focus()
    lab.page.keyboard.press(" ")
    expect(status(lab)).to_have_text("running")
    lab.page.keyboard.press(" ")

    expect(status(lab)).to_have_text("paused")


def test_figures_go_on_when_the_page_is_scrolled_over_them(small_network: LabPage):
    lab = small_network
    figures = wait_for_figures(lab)
    lab.page.get_by_role("button", name="Play").click()
    wait_for_time(lab, 1500)
    figures.hover()

    lab.page.mouse.wheel(0, 5)
    wait_for_time(lab, lab.page.evaluate(TIME) + 20_000)  # past all that the axis showed then

    assert inked(pixels(figures), "#0072b2") > 500
    lab.page.get_by_role("button", name="Pause").click()


def test_typed_value_is_set_and_nonsense_is_refused_with_the_reason(small_network: LabPage):
    lab = small_network
    wait_for_figures(lab)
    row = lab.page.locator('.snn-slider[data-key="population:cells:I"]')
    box = row.locator(".snn-number")

    box.fill("33.5")
    box.press("Enter")
    box.fill("much")
    box.press("Enter")

    expect(row.locator(".snn-refusal")).to_have_text("'much' is not a number; type one like 25.")
    assert in_kernel(lab, "print(cells.I)") == "33.5"


def test_value_outside_the_models_range_is_refused_at_its_slider(small_network: LabPage):
    lab = small_network
    wait_for_figures(lab)
    row = lab.page.locator('.snn-slider[data-key="population:cells:tau"]')

    row.locator(".snn-number").fill("500")
    row.locator(".snn-number").press("Enter")

    expect(row.locator(".snn-refusal")).to_have_text(
        "cells.tau: 500 ms lies outside the model's range from 5 to 100 ms; widen the range in the "
        "model's cell, or set the value from a cell."
    )
    expect(row.locator(".snn-number")).to_have_value("20")
    assert in_kernel(lab, "print(cells.tau)") == "20.0"


def test_network_runs_for_the_time_that_is_typed(small_network: LabPage):
    lab = small_network
    wait_for_figures(lab)
    duration = lab.page.get_by_label("duration in ms")

    duration.first.fill("75")
    duration.first.press("Enter")

    expect(lab.page.locator(".snn-time")).to_have_text("75.0")
    expect(status(lab)).to_have_text("paused")


def test_double_click_brings_the_first_value_back(small_network: LabPage):
    lab = small_network
    wait_for_figures(lab)
    row = lab.page.locator('.snn-slider[data-key="population:cells:I"]')
    slider(lab, "population:cells:I").press("End")
    expect(row.locator(".snn-number")).to_have_value("60")

    row.locator("label").dblclick()

    expect(row.locator(".snn-number")).to_have_value("25")
    wait_for_kernel(lab, "print(cells.I)", "25.0")


def test_dashboard_comes_back_after_the_page_is_reloaded(small_network: LabPage):
    lab = small_network
    wait_for_figures(lab)
    lab.page.get_by_role("button", name="Play").click()
    expect(status(lab)).to_have_text("running")
    lab.command("docmanager:save")

    again = LabPage(lab.page, lab.server)
    again.open("laboratory.ipynb")
    figures = wait_for_figures(again)
    expect(status(again)).to_have_text("running")
    wait_for_time(again, again.page.evaluate(TIME) + 300)
    first = pixels(figures)
    wait_for_time(again, again.page.evaluate(TIME) + 1500)  # another frame, however fast it runs

    assert difference(first, pixels(figures)) > 500


def raster_of(lab: LabPage, figures: Locator) -> dict[str, float]:
    """Where the frame of the raster lies on the page."""
    box = figures.bounding_box()
    assert box is not None
    return {"x": box["x"] + 0.5 * box["width"], "y": box["y"] + 100}


def test_neuron_clicked_in_the_raster_is_traced_until_its_chip_is_clicked(small_network: LabPage):
    lab = small_network
    figures = wait_for_figures(lab)
    lab.page.get_by_role("button", name="One step").click()
    lab.page.get_by_role("button", name="Play").click()
    wait_for_time(lab, 500)
    chips = lab.page.locator(".snn-trace-chip")
    expect(chips).to_have_count(1)

    where = raster_of(lab, figures)
    lab.page.mouse.move(where["x"], where["y"])
    expect(lab.page.locator(".snn-readout")).to_contain_text("cells[")
    neuron = lab.page.locator(".snn-readout").inner_text().split("\n")[1]
    lab.page.mouse.click(where["x"], where["y"])

    expect(chips).to_have_count(2)
    expect(chips.nth(1)).to_contain_text(neuron)
    wait_for_time(lab, lab.page.evaluate(TIME) + 1000)
    lab.screenshot("dashboard_pinned")
    assert inked(pixels(lab.page.locator(".snn-plots")), "#c95500") > 300
    chips.nth(1).click()
    expect(chips).to_have_count(1)


def test_figures_are_saved_as_files(small_network: LabPage):
    lab = small_network
    wait_for_figures(lab)
    lab.page.get_by_role("button", name="Play").click()
    wait_for_time(lab, 500)
    lab.page.get_by_role("button", name="Pause").click()
    expect(status(lab)).to_have_text("paused")
    lab.page.locator(".snn-plots-menu summary").click()
    lab.screenshot("dashboard_menu")

    saved = {}
    for kind in ("PNG", "SVG", "CSV", "HTML"):
        with lab.page.expect_download() as download:
            lab.page.get_by_role("button", name=f"Save traces as {kind}").click()
        saved[kind] = download.value.path().read_bytes()
    lab.page.locator(".snn-plots-menu summary").click()

    picture = Image.open(io.BytesIO(saved["PNG"])).convert("RGB")
    assert inked(np.asarray(picture).astype(np.int16), "#0072b2") > 300
    assert picture.width == 2 * lab.page.locator(".snn-plots").evaluate("e => e.clientWidth")
    texts = re.findall(r"<text[^>]*>([^<]+)</text>", saved["SVG"].decode())
    assert {"time (ms)", "v (mV)", "v cells[0]"} <= set(texts)
    assert b"<path" in saved["SVG"]
    assert saved["CSV"].startswith(b"time_ms,population,neuron,variable,value\n")
    assert len(saved["CSV"].splitlines()) > 5000
    assert b"cells[0]" in saved["HTML"]


def test_all_figures_are_saved_as_one_picture(small_network: LabPage):
    lab = small_network
    wait_for_figures(lab)
    in_kernel(lab, "net.simulate(500)")
    wait_for_time(lab, 500)
    lab.page.locator(".snn-plots-menu summary").click()

    with lab.page.expect_download() as download:
        lab.page.get_by_role("button", name="Save all figures as SVG").click()
    lab.page.locator(".snn-plots-menu summary").click()

    texts = re.findall(r"<text[^>]*>([^<]+)</text>", download.value.path().read_text())
    assert {"cells", "v (mV)", "rate (Hz)", "v cells[0]"} <= set(texts)
    assert texts.count("time (ms)") == 1


def past(lab: LabPage) -> Locator:
    return lab.page.locator(".snn-past")


def go_back_to(lab: LabPage, time_ms: float) -> float:
    """Move the bar of the past to a time and go there; returns where that was."""
    expect(past(lab).get_by_role("button", name="go back")).to_be_visible()
    bar = past(lab).locator("input").element_handle()
    # The bar follows a moment after a pause.
    lab.page.wait_for_function("([bar, time]) => Number(bar.max) >= time", arg=[bar, time_ms])
    past(lab).locator("input").evaluate(
        "(bar, time) => { bar.value = time; bar.dispatchEvent(new Event('input')); }", time_ms
    )
    past(lab).get_by_role("button", name="go back").click()
    expect(lab.page.locator(".snn-time")).to_have_text(f"{time_ms:.1f}")
    return float(in_kernel(lab, "print(net.time)"))


def test_person_goes_back_changes_a_parameter_and_plays_on(small_network: LabPage):
    lab = small_network
    figures = wait_for_figures(lab)
    in_kernel(lab, "net.history.keep(50); net.speed = 1")
    lab.page.get_by_role("button", name="Play").click()
    wait_for_time(lab, 700)
    lab.page.get_by_role("button", name="Pause").click()
    expect(past(lab)).to_be_visible()
    in_kernel(lab, "first = net.spikes['cells']; left = net.time")

    assert go_back_to(lab, 400.0) == 400.0
    shown = pixels(figures)
    slider(lab, "population:cells:I").press("End")
    lab.page.get_by_role("button", name="Play").click()
    wait_for_time(lab, 900)
    lab.page.get_by_role("button", name="Pause").click()

    assert inked(shown, "#0072b2") > 500  # what was before is still there
    expect(past(lab)).to_contain_text("1 earlier branch")
    assert in_kernel(lab, "print(net.history.branches[0].end == left)") == "True"
    same = "first[first.time < 400].equals(second[second.time < 400])"
    differ = "len(second[second.time.between(400, 700)]) > len(first[first.time >= 400])"
    assert in_kernel(lab, f"second = net.spikes['cells']; print({same}, {differ})") == "True True"
    in_kernel(lab, "net.history.stop(); net.speed = None")


def test_divergence_is_marked_and_left_for_the_last_good_moment(small_network: LabPage):
    lab = small_network
    wait_for_figures(lab)
    in_kernel(lab, "net.history.keep(50); net.simulate(320); cells.leak = -40; cells.v = -10")
    lab.page.get_by_role("button", name="Play").click()
    expect(status(lab)).to_have_text("error")

    expect(lab.page.locator(".snn-notice")).to_contain_text("v of neuron 0 is infinite at t = ")
    expect(past(lab).locator(".snn-marker")).to_be_visible()
    lab.screenshot("dashboard_diverged")
    good = in_kernel(lab, "print(net.history.last_good.time)")
    past(lab).get_by_role("button", name="go to the last good moment").click()

    expect(status(lab)).to_have_text("paused")
    expect(past(lab).locator(".snn-marker")).to_be_hidden()
    expect(lab.page.locator(".snn-notice")).to_be_hidden()
    assert in_kernel(lab, "print(net.time)") == good
    assert in_kernel(lab, "import numpy as np; print(np.isfinite(cells.v[:]).all())") == "True"
    in_kernel(lab, "net.history.stop(); cells.leak = 1")


def raster_pixels(figures: Locator) -> NDArray[np.int16]:
    """What is painted in the frame of the raster, without what stands beside it."""
    return pixels(figures)[20:190, 100:450]


def choose_tool(lab: LabPage, name: str, figure: int = 0) -> None:
    """Click a tool of a figure, 0 being the raster; they show when the pointer is over it."""
    tools = lab.page.locator(f'.snn-plots [title^="{name}"]').nth(figure)
    plot = lab.page.locator(".snn-plots .bk-Figure").nth(figure)
    plot.hover()
    tools.click()


def test_drag_without_a_tool_tells_that_one_is_to_be_chosen(small_network: LabPage):
    lab = small_network
    figures = wait_for_figures(lab)
    lab.page.get_by_role("button", name="One step").click()
    where = raster_of(lab, figures)
    readout = lab.page.locator(".snn-plots .snn-readout")

    lab.page.mouse.move(where["x"], where["y"])
    lab.page.mouse.down()
    lab.page.mouse.move(where["x"] + 60, where["y"], steps=4)
    told = readout.inner_text()
    lab.screenshot("drag_without_a_tool")
    lab.page.mouse.up()
    lab.page.mouse.move(where["x"] + 61, where["y"])
    choose_tool(lab, "Pan")
    lab.page.mouse.move(where["x"], where["y"])
    lab.page.mouse.down()
    lab.page.mouse.move(where["x"] - 60, where["y"], steps=4)
    panned = readout.inner_text()
    lab.page.mouse.up()
    choose_tool(lab, "Pan")
    choose_tool(lab, "Reset")

    assert told == "To move or zoom, choose a tool\nat the right of this figure"
    assert "cells[" in panned
    expect(lab.page.locator(".snn-follow")).to_be_hidden()


def test_figures_without_the_time_looked_at_say_so_until_they_are_reset(small_network: LabPage):
    lab = small_network
    figures = wait_for_figures(lab)
    elsewhere = lab.page.locator(".snn-elsewhere")
    lab.page.get_by_role("button", name="Play").click()
    wait_for_time(lab, 2000)
    where = raster_of(lab, figures)
    choose_tool(lab, "Box Zoom")
    lab.page.mouse.move(where["x"] - 40, where["y"] - 40)
    lab.page.mouse.down()
    lab.page.mouse.move(where["x"] + 40, where["y"] + 40, steps=4)
    lab.page.mouse.up()

    gone = "The network has run past this time: the figures hold the latest 1\u2009000 ms. "
    expect(elsewhere).to_have_text(f"{gone}Press Follow ▸; to zoom, pause first.")
    expect(lab.page.locator(".snn-plots .snn-readout")).to_be_hidden()
    lab.screenshot("zoomed_while_playing")
    lab.page.get_by_role("button", name="Pause").click()
    expect(elsewhere).to_have_text(f"{gone}Press Follow ▸.")
    choose_tool(lab, "Box Zoom")
    choose_tool(lab, "Reset", 1)  # of the traces: their values are fitted anew, too
    expect(elsewhere).to_be_hidden()
    expect(lab.page.locator(".snn-follow")).to_be_hidden()
    lab.page.mouse.move(5, 5)
    box = lab.page.locator(".snn-plots .bk-Figure").nth(1).bounding_box()
    assert box is not None
    traces = Image.open(io.BytesIO(lab.page.screenshot(clip=box))).convert("RGB")
    assert inked(np.asarray(traces).astype(np.int16), "#0072b2") > 300
    lab.screenshot("figures_reset")


@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
def test_resting_raster_shows_single_spikes_with_their_times(small_network: LabPage, theme: str):
    lab = small_network
    lab.command("apputils:change-theme", theme=theme)
    figures = wait_for_figures(lab)
    expect(lab.page.locator(".snn-dashboard")).to_have_attribute(
        "data-dark", str("Dark" in theme).lower()
    )
    start_in_kernel(lab, "net.simulate(1000)")
    lab.page.wait_for_function("() => !window.running")
    readout = lab.page.locator(".snn-plots .snn-readout")
    where = raster_of(lab, figures)
    lab.page.mouse.move(where["x"], where["y"])

    expect(readout).to_contain_text("spike at")

    name, when = readout.inner_text().split("\n")
    neuron, time = name.removeprefix("cells[").removesuffix("]"), when.split()[2]
    known = in_kernel(
        lab,
        f"cell = net.spikes['cells']; mine = cell[cell['neuron'] == {neuron}]['time']\n"
        f"print((abs(mine - {time}) < 0.01).sum())",
    )
    assert known == "1"
    lab.page.mouse.move(5, 5)
    dots = raster_pixels(figures)
    assert inked(dots, "#56b4e9" if "Dark" in theme else "#0072b2") > 500

    lab.page.mouse.move(where["x"], where["y"])
    lab.page.locator('.snn-plots [title^="Box Zoom"]').first.click()
    lab.page.mouse.move(where["x"] - 40, where["y"] - 40)
    lab.page.mouse.down()
    lab.page.mouse.move(where["x"] + 40, where["y"] + 40, steps=4)
    lab.page.mouse.up()
    expect(lab.page.locator(".snn-follow")).to_be_visible()
    lab.page.mouse.move(where["x"] + 10, where["y"] + 10)
    lab.screenshot(f"points_zoomed_{'dark' if 'Dark' in theme else 'light'}")
    assert difference(dots, raster_pixels(figures)) > 500
    for tool in ("Box Zoom", "Reset"):
        lab.page.locator(f'.snn-plots [title^="{tool}"]').first.click()
    expect(lab.page.locator(".snn-follow")).to_be_hidden()


def test_run_that_was_left_is_faint_below_the_new_one(small_network: LabPage):
    lab = small_network
    lab.command("apputils:change-theme", theme="JupyterLab Light")
    figures = wait_for_figures(lab)
    in_kernel(lab, "net.history.keep(50); net.simulate(500)")
    wait_for_time(lab, 500)
    chip = lab.page.locator(".snn-earlier-chip")
    assert not chip.is_visible()

    in_kernel(lab, "net.go_back(200); cells.I = 40; net.simulate(300)")

    expect(chip).to_have_text("earlier run (now cells.I = 40)")
    wait_for_time(lab, 500)
    both = pixels(figures)
    lab.screenshot("earlier_run")
    shown = {name: saved(lab, name, "SVG").decode() for name in ("raster", "traces", "rates")}
    picture = saved(lab, "all figures", "PNG")
    (ARTIFACTS / "earlier_run_saved.png").write_bytes(picture)
    chip.click()
    expect(chip).to_have_attribute("aria-pressed", "false")
    assert difference(both, pixels(figures)) > 500
    hidden = {name: saved(lab, name, "SVG").decode() for name in ("traces", "rates")}
    chip.click()
    in_kernel(lab, "net.history.stop(); net.history.branches = []")

    named, faint = "earlier run (now cells.I = 40)", '<path [^>]*stroke-opacity="0.35"'
    assert [named in shown[name] for name in ("raster", "traces", "rates")] == [False, True, True]
    for name, text in hidden.items():
        assert len(re.findall(faint, shown[name])) >= 1
        assert named not in text
        assert re.findall(faint, text) == []


def saved(lab: LabPage, figure: str, kind: str) -> bytes:
    """The file that the menu of the figures gives."""
    menu = lab.page.locator(".snn-plots-menu summary")
    menu.click()
    with lab.page.expect_download() as download:
        lab.page.get_by_role("button", name=f"Save {figure} as {kind}").click()
    menu.click()
    return download.value.path().read_bytes()


TWO_VARIABLES = """\
adapting = snnlab.Neuron.from_cell(\"\"\"
I = 25 mV
10 ms * dv/dt = -v - w + I + g_exc
100 ms * dw/dt = -w
spike: v > 15 mV
reset: v = 0 mV; w += 1 mV
\"\"\", 'adapting')
slow = net.add(50, adapting, name='slow')
slow.v = snnlab.Uniform(0, 14)
net.connect(slow, slow, 'exc', weight=snnlab.Normal(0.1, 0.02), name='loop')
"""


@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
def test_analyses_are_added_and_taken_away(lab_page: LabPage, theme: str):
    lab = lab_page
    dark = "Dark" in theme
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
    build = "import snnlab\nnet = snnlab.Network(dt=0.1, seed=1)\n"
    build += TWO_VARIABLES + "net.lab()"
    notebook = new_notebook(cells=[new_code_cell(build)], metadata=kernel)
    nbformat.write(notebook, lab.server.folder / "analyses.ipynb")
    lab.page.set_viewport_size({"width": 800, "height": 1300})
    lab.open("analyses.ipynb")
    lab.command("apputils:change-theme", theme=theme)
    lab.run_all()
    wait_for_figures(lab)
    menu = lab.page.locator(".snn-plots-menu summary")
    menu.click()
    for name in ("weights", "phase portrait", "spectrum", "weight matrix"):
        lab.page.get_by_role("button", name=f"Add {name}").click()
    lab.screenshot(f"analyses_menu_{'dark' if dark else 'light'}")
    menu.click()
    shown = lab.page.locator(".snn-analysis")
    expect(shown).to_have_count(4)
    lab.page.get_by_role("button", name="Play").click()
    wait_for_time(lab, 2000)
    plots = lab.page.locator(".snn-analysis canvas")
    matrix = plots.nth(3)
    matrix.scroll_into_view_if_needed()
    box = matrix.bounding_box()
    assert box is not None
    matrix.hover(position={"x": 0.4 * box["width"], "y": 0.7 * box["height"]})
    readout = shown.nth(3).locator(".snn-readout")
    expect(readout).to_contain_text("weight: ")
    before = pixels(matrix)
    in_kernel(lab, "loop = net.projections['loop']; loop.w[loop.targets < 25] = 0.2")
    expect(readout).to_contain_text("weight: 0.2000")
    after = pixels(matrix)
    lab.page.get_by_role("button", name="Pause").click()
    expect(status(lab)).to_have_text("paused")

    colour = "#56b4e9" if dark else "#0072b2"
    upper = slice(0, 100), slice(60, 200)
    assert inked(before[upper], colour) > 1.5 * inked(after[upper], colour)  # paler beside 0.2
    assert inked(after, colour) > 20_000
    plots.nth(2).scroll_into_view_if_needed()
    for at in range(3):
        assert inked(pixels(plots.nth(at)), colour) > 150
    plots.nth(0).hover()
    expect(shown.nth(0).locator(".snn-readout")).to_contain_text("synapses")
    lab.screenshot(f"analyses_{'dark' if dark else 'light'}")
    with lab.page.expect_download() as download:
        lab.page.get_by_role("button", name="Save w against v of slow[0] as CSV").click()
    table = download.value.path().read_text().splitlines()
    assert table[0] == '"v (mV)","w (mV)"'
    assert len(table) > 1000
    with lab.page.expect_download() as download:
        lab.page.get_by_role("button", name="Save Weight matrix of loop as SVG").click()
    drawn = lab.page.evaluate(WRITTEN, download.value.path().read_text())
    assert drawn["images"] == 1
    assert "Weight matrix of loop" in drawn["texts"]
    assert drawn["touching"] == []
    lab.page.set_viewport_size({"width": 1400, "height": 1300})  # four beside one another
    with lab.page.expect_download() as download:
        lab.page.get_by_role("button", name="Save Weights of loop as SVG").click()
    drawn = lab.page.evaluate(WRITTEN, download.value.path().read_text())
    assert drawn["texts"].count("Weights of loop") == 1
    assert len(drawn["texts"]) > 6
    assert drawn["touching"] == []
    for left in (3, 2, 1, 0):
        lab.page.get_by_role("button", name="Take away").first.click()
        expect(shown).to_have_count(left)
    assert lab.errors() == []
