"""What is left of a dashboard when there is no kernel: a figure in the exported page."""

from __future__ import annotations

import io
from pathlib import Path

import nbformat
import numpy as np
import pytest
from lab_driver import ARTIFACTS
from nbclient import NotebookClient
from nbconvert import HTMLExporter
from nbformat.v4 import new_code_cell, new_notebook
from PIL import Image
from playwright.sync_api import Browser

from snnlab import Network, Neuron
from snnlab.errors import SimulationError
from snnlab.widgets import assets
from snnlab.widgets.dashboard import Dashboard

DRIVEN = "tau = 20 ms\ntau * dv/dt = 25 - v\nspike: v > 20\nreset: v = 0\n"
CELLS = (
    "%load_ext snnlab",
    f"%%neuron driven\n{DRIVEN}",
    "import snnlab\nnet = snnlab.Network(dt=0.1, seed=1)\n"
    "net.add(50, driven, name='cells').v = snnlab.Uniform(0, 20)\nnet.lab()",
    "net.record(net.populations['cells'], ['v'])\nnet.simulate(300)",
)


def network() -> Network:
    net = Network(dt=0.1, seed=1)
    net.add(50, Neuron.from_cell(DRIVEN, "driven"), name="cells").v = np.linspace(0, 19, 50)
    return net


def painted(page_url: str, browser: Browser, inside: bool) -> int:
    """How many pixels of a page's figure have the colour of its spikes."""
    context = browser.new_context(offline=True, viewport={"width": 900, "height": 1000})
    page = context.new_page()
    page.goto(page_url)
    shown = page.locator(".snn-still").first if inside else page.locator("body")
    shown.scroll_into_view_if_needed()
    frame = shown.content_frame if inside else page
    frame.locator(".bk-Canvas").first.wait_for()
    page.wait_for_function("() => new Promise(done => requestAnimationFrame(() => done(true)))")
    image = np.asarray(Image.open(io.BytesIO(shown.screenshot())).convert("RGB")).astype(int)
    page.screenshot(path=ARTIFACTS / f"still_{Path(page_url).stem}.png", full_page=True)
    tall = frame.locator("body").evaluate("e => e.ownerDocument.documentElement.scrollHeight")
    cut = tall - page.evaluate("e => e.clientHeight", shown.element_handle()) if inside else 0
    context.close()
    assert cut <= 0  # px of the figures
    return int((np.abs(image - [0x00, 0x72, 0xB2]).sum(axis=2) < 60).sum())


@pytest.mark.browser
def test_exported_page_shows_the_last_state_without_a_kernel(
    chromium_browser: Browser, tmp_path: Path
):
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
    notebook = new_notebook(cells=[new_code_cell(text) for text in CELLS], metadata=kernel)
    NotebookClient(notebook, timeout=120).execute()
    nbformat.validate(notebook)
    text, _ = HTMLExporter().from_notebook_node(notebook)
    assert "<mfrac>" in text.partition('class="snn-printed"')[2]  # the card of the neuron
    path = tmp_path / "exported.html"
    path.write_text(text, encoding="utf-8")

    assert painted(path.as_uri(), chromium_browser, inside=True) > 1000


@pytest.mark.browser
def test_live_parts_give_way_where_no_kernel_answers(chromium_browser: Browser, tmp_path: Path):
    """The page of a notebook that holds the state of its widgets shows them again without one."""
    net = network()
    dashboard = Dashboard(net)
    net.simulate(20)
    modules = {"dashboard": "dashboard.js", "card": "model_card.js", "builder": "builder.js"}
    for name, module in modules.items():
        (tmp_path / f"{name}.js").write_text(assets.javascript(module), encoding="utf-8")
    loads = "\n".join(
        f"import {name} from './{name}.js'; {name}.render({{ model, el: document.body }});"
        for name in modules
    )
    page_text = (
        f"{dashboard._still_html()}<script type='module'>"
        "const model = { on() {}, off() {}, send() {}, get: () => '0.0' };"
        f"{loads}</script>"
    )
    (tmp_path / "page.html").write_text(page_text, encoding="utf-8")
    context = chromium_browser.new_context()
    page = context.new_page()
    page.clock.install()
    page.route(
        "http://page/*", lambda route: route.fulfill(path=tmp_path / Path(route.request.url).name)
    )

    page.goto("http://page/page.html")
    page.locator(".snn-builder").wait_for()
    before = [
        page.locator(f".snn-{name}").is_visible() for name in ("dashboard", "panel", "builder")
    ]
    page.clock.run_for(5000)
    after = [
        page.locator(f".snn-{name}").is_visible() for name in ("dashboard", "panel", "builder")
    ]
    still = page.locator(".snn-still").is_visible()
    context.close()
    dashboard.close()

    assert (before, after, still) == ([True] * 3, [False] * 3, True)


@pytest.mark.browser
def test_saved_page_shows_the_figures(chromium_browser: Browser, tmp_path: Path):
    net = network()
    dashboard = Dashboard(net)
    net.simulate(300)

    dashboard.save_html(tmp_path / "saved.html")
    dashboard.close()

    assert painted((tmp_path / "saved.html").as_uri(), chromium_browser, inside=False) > 1000


def test_page_of_nothing_is_refused(tmp_path: Path):
    dashboard = Dashboard(network())

    with pytest.raises(SimulationError) as error:
        dashboard.save_html(tmp_path / "saved.html")

    dashboard.close()
    assert str(error.value) == (
        "Dashboard: there is nothing to save at time 0; run the network first."
    )


def test_page_that_cannot_be_written_is_refused(tmp_path: Path):
    net = network()
    dashboard = Dashboard(net)
    net.simulate(1)
    path = tmp_path / "missing" / "saved.html"

    with pytest.raises(SimulationError) as error:
        dashboard.save_html(path)

    dashboard.close()
    assert str(error.value) == (
        f"Dashboard: {path} cannot be written (No such file or directory); choose another path."
    )
