"""The dashboard stores and loads states, and can be paused while the compiler works."""

import re
import stat

import nbformat
import pytest
from lab_driver import LabPage
from nbformat.v4 import new_code_cell, new_notebook
from playwright.sync_api import expect
from test_browser_live import NEURON, SMALL_NETWORK, in_kernel, wait_for_figures

pytestmark = pytest.mark.browser

SLOW_COMPILER = """\
#!/bin/sh
case "$*" in *-shared*) while [ ! -e {signal} ]; do sleep 0.05; done;; esac
exec cc "$@"
"""


def open_lab(lab: LabPage, *first: str) -> None:
    texts = [*first, "%load_ext snnlab", NEURON, SMALL_NETWORK]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
    notebook = new_notebook(cells=[new_code_cell(text) for text in texts], metadata=kernel)
    nbformat.write(notebook, lab.server.folder / "state.ipynb")
    lab.open("state.ipynb")
    lab.run_all()
    assert lab.errors() == []
    wait_for_figures(lab)


def test_state_is_stored_and_loaded_with_buttons(lab_page):
    open_lab(lab_page, "import snnlab")
    page = lab_page.page
    in_kernel(lab_page, "net.simulate(50); before = cells.v.copy()")
    page.get_by_role("tab", name="log").click()
    told, store = page.locator(".snn-kept"), page.get_by_role("button", name="store", exact=True)

    page.get_by_label("file of the state").fill("at 50 ms")
    store.click()
    expect(told).to_have_text(re.compile(r"^50 ms, stored in /.*/at 50 ms\.npz$"))
    assert (lab_page.server.folder / "at 50 ms.npz").stat().st_size > 1000
    lab_page.screenshot("state_stored")
    in_kernel(lab_page, "net.simulate(30)")
    store.click()
    expect(told).to_have_text("at 50 ms.npz is there already")
    page.get_by_role("button", name="load", exact=True).click()

    expect(told).to_have_text(re.compile("^50 ms, loaded from "))
    expect(page.locator(".snn-time")).to_have_text("50.0")
    assert in_kernel(lab_page, "print(net.time, (cells.v == before).all())") == "50.0 True"
    page.get_by_label("file of the state").fill("none")
    page.get_by_role("button", name="load", exact=True).click()
    expect(page.locator(".snn-dashboard .snn-refusal:visible")).to_have_text(
        "File 'none.npz': there is none; give the path of a stored one."
    )


def test_dashboard_of_a_restarted_kernel_says_so(lab_page):
    open_lab(lab_page, "import snnlab")
    page = lab_page.page
    page.get_by_role("button", name="Play", exact=True).click()
    expect(page.locator(".snn-dashboard .snn-status")).to_have_text("running")

    page.evaluate(
        """async () => {
            const panel = window.jupyterapp.shell.currentWidget;
            await panel.context.sessionContext.session.kernel.restart();
        }"""
    )

    expect(page.locator(".snn-unheard:visible")).to_have_text(
        "The kernel does not answer: it is busy, or was restarted. "
        "After a restart run the cells of the network and this one again.",
        timeout=30_000,
    )
    expect(page.locator(".snn-dashboard .snn-status")).to_have_text("no answer")
    lab_page.screenshot("kernel_restarted")
    lab_page.run_all()
    wait_for_figures(lab_page)
    expect(page.locator(".snn-unheard:visible")).to_have_count(0)


def test_run_is_taken_back_while_the_compiler_works(lab_page, tmp_path):
    signal, compiler = tmp_path / "go on", tmp_path / "slow_cc"
    compiler.write_text(SLOW_COMPILER.format(signal=f"'{signal}'"))
    compiler.chmod(compiler.stat().st_mode | stat.S_IXUSR)
    cache = tmp_path / "cache"
    setting = f"import os; os.environ.update(CC={str(compiler)!r}, SNNLAB_CACHE={str(cache)!r})"
    open_lab(lab_page, f"{setting}\nimport snnlab")
    page = lab_page.page
    status = page.locator(".snn-dashboard .snn-transport .snn-status")

    page.get_by_role("button", name="Play", exact=True).click()
    pause = page.get_by_role("button", name="Pause", exact=True)
    expect(pause).to_have_attribute("title", re.compile("compiling .*; press to not begin"))
    expect(status).to_have_text("compiling")
    lab_page.screenshot("state_compiling")
    box = pause.bounding_box()
    assert box is not None
    assert (box["width"], box["height"]) == (32, 32)  # as before
    pause.click()
    signal.touch()
    in_kernel(lab_page, "net.build()")

    expect(page.get_by_role("button", name="Play", exact=True)).to_be_visible()
    expect(status).to_have_text("ready")
    assert in_kernel(lab_page, "print(net.time)") == "0.0"
