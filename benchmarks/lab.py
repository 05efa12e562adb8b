"""What does a dashboard cost, and how lively is it? Networks of 4,000 and 100,000 neurons, played.

One JupyterLab in headless Chromium: raster, traces and rates of two populations. Painted frames a
second, how far the newest of them is behind the simulation, the time until a cell with `1 + 1` has
its result while the network plays, and the network's speed with the dashboard on the screen and
hidden, measured in turns so that a noisy machine disturbs both alike. ``--minutes`` watches for
longer; ``--reloads`` opens and closes the page again and again and says how the kernel grows.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import nbformat
import numpy as np
from nbformat.v4 import new_code_cell, new_notebook
from playwright.sync_api import Page, sync_playwright

from benchmarks.networks import NETWORKS, Conductance
from benchmarks.sides.snnlab_side import CONDUCTANCE, numbers

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from lab_driver import CHROMIUM_OPTIONS, LabPage, chromium, running_lab

COBA = NETWORKS["coba4k"]
assert isinstance(COBA, Conductance)
MODEL = (
    "%load_ext snnlab\nfrom snnlab import FixedProbability, Network, Uniform",
    f"%%neuron COBA\n{CONDUCTANCE.format(**numbers(COBA))}",
)
NETWORK = """\
net = Network(dt={facts.dt}, seed=1)
E = net.add({facts.n_excitatory}, COBA, name="E")
I = net.add({facts.n_inhibitory}, COBA, name="I")
net.connect(E, [E, I], "exc", FixedProbability({facts.probability}), weight={facts.w_exc})
net.connect(I, [E, I], "inh", FixedProbability({facts.probability}), weight={facts.w_inh})
E.v = I.v = Uniform(-60, -50)
net.lab()"""
SIZES = {str(size): replace(COBA, n=size) for size in (4_000, 100_000)}  # same synapses a neuron
SETTLED = 1500  # ms, until the kernel knows that nobody looks
# A frame sets the clock. What is set within one animation frame is painted once.
WATCH_FRAMES = """seconds => new Promise(done => {
    const clock = document.querySelector('.snn-time');
    const frames = new Map();
    const watch = new MutationObserver(() => {
        const key = document.timeline.currentTime;
        const shown = Number(clock.textContent.replace(/\\s/g, ''));
        setTimeout(() => frames.set(key, [Date.now(), shown]));
    });
    watch.observe(clock, { childList: true, characterData: true, subtree: true });
    setTimeout(() => { watch.disconnect(); done([...frames.values()]); }, 1000 * seconds);
})"""
# The time until a cell has its result, in ms.
ANSWER = """async () => {
    const { kernel } = window.jupyterapp.shell.currentWidget.context.sessionContext.session;
    const start = performance.now();
    const future = kernel.requestExecute({ code: '1 + 1', store_history: false });
    let end = NaN;
    future.onIOPub = m => { if (m.header.msg_type === 'execute_result') end = performance.now(); };
    await future.done;
    return end - start;
}"""
# What a line of Python prints.
ASK = """async code => {
    const { kernel } = window.jupyterapp.shell.currentWidget.context.sessionContext.session;
    let text = '';
    const future = kernel.requestExecute({ code, store_history: false });
    future.onIOPub = m => { if (m.header.msg_type === 'stream') text += m.content.text; };
    await future.done;
    return text.trim();
}"""
# The kernel's own diary: wall clock (ms) and simulated time (ms).
DIARY = """\
import json, threading, time
diary, writing = [], True
def write():
    while writing:
        diary.append((time.time() * 1000, net.time))
        time.sleep(0.01)
threading.Thread(target=write, daemon=True).start()"""
GROWTH = """\
import gc, json, resource
gc.collect()
pages = int(open('/proc/self/statm').read().split()[1])
kept = sum(c.nbytes + n.nbytes for r in net._spike_records.values() for _, c, n in r._chunks)
print(json.dumps([pages * resource.getpagesize() / 2**20, kept / 2**20]))"""
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


def open_notebook(page: Page, lab: LabPage, size: str) -> None:
    text = NETWORK.format(facts=SIZES[size])
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
    cells = [new_code_cell(cell) for cell in (*MODEL, text)]
    nbformat.write(
        new_notebook(cells=cells, metadata=kernel), lab.server.folder / f"lab{size}.ipynb"
    )
    lab.open(f"lab{size}.ipynb")
    lab.run_all()
    if errors := lab.errors():
        raise SystemExit(f"benchmarks/lab.py: a cell failed: {errors[0]}")
    show_dashboard(page)
    page.get_by_role("button", name="Play").click()
    page.locator('.snn-status[data-status="running"]').wait_for()


def show_dashboard(page: Page) -> None:
    page.locator(".snn-dashboard").scroll_into_view_if_needed()
    page.locator(".snn-legend").wait_for()


def watch(page: Page, shown: bool) -> None:
    """Put the dashboard on the screen, or hide it and wait until the kernel knows."""
    page.evaluate(
        "shown => { document.querySelector('.snn-dashboard').style.display = shown ? '' : 'none' }",
        shown,
    )
    page.wait_for_timeout(SETTLED)


def lags(page: Page, seconds: float) -> tuple[float, list[float]]:
    """Painted frames a second, and how far (ms) each was behind the simulation when painted."""
    page.evaluate(ASK, DIARY)
    frames = np.array(page.evaluate(WATCH_FRAMES, seconds))
    diary = np.array(json.loads(page.evaluate(ASK, "writing = False; print(json.dumps(diary))")))
    if not len(frames):
        return 0.0, [float("inf")]
    reached = np.interp(frames[:, 1], diary[:, 1], diary[:, 0])  # when the simulation was there
    return len(frames) / seconds, list(frames[:, 0] - reached)


def measure(page: Page, repeats: int, seconds: float) -> dict[str, list[float]]:
    names = ("frames", "lags", "answers", "shown", "hidden")
    figures: dict[str, list[float]] = {name: [] for name in names}
    for _ in range(repeats):
        watch(page, shown=True)
        frames, behind = lags(page, seconds)
        figures["frames"].append(frames)
        figures["lags"] += behind
        figures["answers"] += [page.evaluate(ANSWER) for _ in range(10)]
        figures["shown"].append(page.evaluate(SPEED, seconds))
        watch(page, shown=False)
        figures["hidden"].append(page.evaluate(SPEED, seconds))
    return figures


def growth(page: Page, lab: LabPage, reloads: int) -> float:
    """MiB by which the kernel grows while its page is closed and opened, without its spikes."""
    sizes = []
    for _ in range(reloads + 1):
        resident, kept = json.loads(page.evaluate(ASK, GROWTH))
        sizes.append(resident - kept)
        lab.command("docmanager:save")
        page.reload()
        page.wait_for_function("window.jupyterapp !== undefined")
        page.evaluate("async () => { await window.jupyterapp.restored; }")
        lab.open("lab4000.ipynb")
        show_dashboard(page)
        page.evaluate(WATCH_FRAMES, 1.0)
    # What the first pages leave behind once is no leak.
    return sizes[-1] - sizes[min(2, reloads)]


def print_figures(size: str, figures: dict[str, list[float]]) -> None:
    middle = {name: statistics.median(values) for name, values in figures.items()}
    late = float(np.quantile(figures["lags"], 0.99))
    ratio = middle["shown"] / middle["hidden"]
    lines = {
        "painted frames /s": (f"{middle['frames']:.1f}", f"at least {min(figures['frames']):.1f}"),
        "behind the simulation, ms": (f"{middle['lags']:.0f}", f"99 % within {late:.0f}"),
        "1 + 1 while it plays, ms": (
            f"{middle['answers']:.0f}",
            f"at most {max(figures['answers']):.0f}",
        ),
        "x real time, shown": (f"{middle['shown']:.2f}", ""),
        "x real time, hidden": (f"{middle['hidden']:.2f}", ""),
        "shown / hidden": (f"{ratio:.1%}", ""),
    }
    print(f"{size} neurons")
    for what, (figure, remark) in lines.items():
        print(f"  {what:28} {figure:>6}  {remark}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=4.0, help="length of one measurement")
    parser.add_argument("--minutes", type=float, help="watch so long instead of --repeats")
    parser.add_argument("--sizes", nargs="+", choices=list(SIZES), default=list(SIZES))
    parser.add_argument("--reloads", type=int, default=0, help="open and close the page so often")
    options = parser.parse_args()
    repeats = options.repeats
    if options.minutes is not None:
        one = 3 * options.seconds + 2 * SETTLED / 1000 + 0.5
        repeats = max(1, round(60 * options.minutes / one))
    with (
        tempfile.TemporaryDirectory() as home,
        running_lab(Path(home)) as server,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=chromium(), args=CHROMIUM_OPTIONS)
        for size in options.sizes:
            page = browser.new_page(viewport={"width": 1400, "height": 1000})
            page.set_default_timeout(60_000)
            lab = LabPage(page, server)
            open_notebook(page, lab, size)
            print_figures(size, measure(page, repeats, options.seconds))
            if options.reloads and size == "4000":
                grown = growth(page, lab, options.reloads)
                print(f"  MiB more after {options.reloads} reloads: {grown:.1f}", flush=True)
            lab.close()
        browser.close()


if __name__ == "__main__":
    main()
