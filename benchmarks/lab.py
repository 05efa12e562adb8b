"""What does a dashboard cost, and how lively is it? The COBA network of 4,000 neurons, played.

One JupyterLab in headless Chromium. Painted frames a second, the delay of a cell with `1 + 1`
while the network plays, and the network's speed with the dashboard on the screen and hidden,
measured in turns so that a noisy machine disturbs both alike.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_notebook
from playwright.sync_api import Page, sync_playwright

from benchmarks.networks import NETWORKS, Conductance
from benchmarks.sides.snnlab_side import CONDUCTANCE, numbers

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from lab_driver import CHROMIUM_OPTIONS, LabPage, chromium, running_lab

COBA = NETWORKS["coba4k"]
assert isinstance(COBA, Conductance)
CELLS = (
    "%load_ext snnlab\nfrom snnlab import FixedProbability, Network, Uniform",
    f"%%neuron COBA\n{CONDUCTANCE.format(**numbers(COBA))}",
    f"""\
net = Network(dt={COBA.dt}, seed=1)
E = net.add({COBA.n_excitatory}, COBA, name="E")
I = net.add({COBA.n_inhibitory}, COBA, name="I")
net.connect(E, [E, I], "exc", FixedProbability({COBA.probability}), weight={COBA.w_exc})
net.connect(I, [E, I], "inh", FixedProbability({COBA.probability}), weight={COBA.w_inh})
E.v = I.v = Uniform(-60, -50)
net.lab()""",
)
SETTLED = 1500  # ms, until the kernel knows that nobody looks
# A frame sets the clock, and the next one comes when it is painted.
COUNT_FRAMES = """seconds => new Promise(done => {
    const clock = document.querySelector('.snn-time');
    let n = 0;
    const watch = new MutationObserver(() => n++);
    watch.observe(clock, { childList: true, characterData: true, subtree: true });
    setTimeout(() => { watch.disconnect(); done(n / seconds); }, 1000 * seconds);
})"""
# The time until the kernel answers a cell, in ms.
ANSWER = """async () => {
    const { kernel } = window.jupyterapp.shell.currentWidget.context.sessionContext.session;
    const start = performance.now();
    await kernel.requestExecute({ code: '1 + 1', store_history: false }).done;
    return performance.now() - start;
}"""
# Simulated ms per ms, over some seconds of the kernel's clock.
SPEED = """async seconds => {
    const { kernel } = window.jupyterapp.shell.currentWidget.context.sessionContext.session;
    const look = async () => {
        let text = '';
        const code = 'import time; print(net.time, time.perf_counter())';
        const future = kernel.requestExecute({ code, store_history: false });
        future.onIOPub = m => { if (m.header.msg_type === 'stream') text += m.content.text; };
        await future.done;
        return text.trim().split(' ').map(Number);
    };
    const [simulated, clock] = await look();
    await new Promise(done => setTimeout(done, 1000 * seconds));
    const [later, then] = await look();
    return (later - simulated) / (1000 * (then - clock));
}"""


def open_notebook(page: Page, lab: LabPage) -> None:
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
    notebook = new_notebook(cells=[new_code_cell(text) for text in CELLS], metadata=kernel)
    nbformat.write(notebook, lab.server.folder / "lab.ipynb")
    lab.open("lab.ipynb")
    lab.run_all()
    if errors := lab.errors():
        raise SystemExit(f"benchmarks/lab.py: a cell failed: {errors[0]}")
    page.locator(".snn-dashboard").scroll_into_view_if_needed()
    page.locator(".snn-legend").wait_for()
    page.get_by_role("button", name="Play").click()
    page.locator('.snn-status[data-status="running"]').wait_for()


def watch(page: Page, shown: bool) -> None:
    """Put the dashboard on the screen, or hide it and wait until the kernel knows."""
    page.evaluate(
        "shown => { document.querySelector('.snn-dashboard').style.display = shown ? '' : 'none' }",
        shown,
    )
    page.wait_for_timeout(SETTLED)


def measure(page: Page, repeats: int, seconds: float) -> dict[str, list[float]]:
    figures: dict[str, list[float]] = {"frames": [], "answers": [], "shown": [], "hidden": []}
    for _ in range(repeats):
        watch(page, shown=True)
        figures["frames"].append(page.evaluate(COUNT_FRAMES, seconds))
        figures["answers"] += [page.evaluate(ANSWER) for _ in range(10)]
        figures["shown"].append(page.evaluate(SPEED, seconds))
        watch(page, shown=False)
        figures["hidden"].append(page.evaluate(SPEED, seconds))
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=4.0, help="length of one measurement")
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as home,
        running_lab(Path(home)) as server,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=chromium(), args=CHROMIUM_OPTIONS)
        page = browser.new_page(viewport={"width": 1400, "height": 1000})
        page.set_default_timeout(60_000)
        lab = LabPage(page, server)
        open_notebook(page, lab)
        figures = measure(page, options.repeats, options.seconds)
        lab.close()
        browser.close()
    middle = {name: statistics.median(values) for name, values in figures.items()}
    print(f"painted frames          {middle['frames']:6.1f} /s")
    slowest = max(figures["answers"])
    print(f"1 + 1 while it plays    {middle['answers']:6.1f} ms, at most {slowest:.1f}")
    print(f"speed, dashboard shown  {middle['shown']:6.2f} x real time")
    print(f"speed, dashboard hidden {middle['hidden']:6.2f} x real time")
    print(f"shown / hidden          {middle['shown'] / middle['hidden']:6.1%}")


if __name__ == "__main__":
    main()
