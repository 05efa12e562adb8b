"""What does a dashboard cost, and how lively is it? Networks of 4,000 and 100,000 neurons, played.

One JupyterLab in headless Chromium, without a driver while it is measured (`lab_page.py`): raster,
traces and rates of two populations. Painted frames a second, how far the newest of them is behind
the simulation, the time until a cell with `1 + 1` has its result while the network plays, and the
network's speed with the dashboard on the screen and hidden, measured in turns so that a noisy
machine disturbs both alike. A row for each minute shows whether anything drifts; memory is that of
the kernel without the spikes that it keeps, and of the browser's processes that draw pages. Then a
slider is moved while the network plays and while a cell simulates. ``--minutes`` takes longer.
``--reloads`` lets it play until the kernel keeps as much of the past as it ever will, and then says
how the kernel grows while it plays on, and while the page is closed and opened again and again for
as long.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import tempfile
import time
from dataclasses import dataclass, field, replace
from pathlib import Path

import nbformat
import numpy as np
from nbformat.v4 import new_code_cell, new_notebook
from playwright.sync_api import sync_playwright

from benchmarks.drift import Drift
from benchmarks.lab_page import LeftAloneLab, running_lab
from benchmarks.networks import NETWORKS, Conductance
from benchmarks.sides.snnlab_side import CONDUCTANCE, numbers

COBA = NETWORKS["coba4k"]
assert isinstance(COBA, Conductance)
MODEL = (
    "%load_ext snnlab\nfrom snnlab import FixedProbability, Network, Uniform",
    f"%%neuron COBA\n{CONDUCTANCE.format(**numbers(COBA))}".replace(
        f"I = {COBA.drive} mV", f"I = {COBA.drive} mV [{COBA.drive - 1}, {COBA.drive + 1}]"
    ),
)
NETWORK = """\
net = Network(dt={facts.dt}, seed=1)
E = net.add({facts.n_excitatory}, COBA, name="E")
I = net.add({facts.n_inhibitory}, COBA, name="I")
net.connect(E, [E, I], "exc", FixedProbability({facts.probability}), weight={facts.w_exc})
net.connect(I, [E, I], "inh", FixedProbability({facts.probability}), weight={facts.w_inh})
E.v = I.v = Uniform(-60, -50)
board = net.lab()
board"""
SIZES = {str(size): replace(COBA, n=size) for size in (4_000, 100_000)}  # same synapses a neuron
FULL = 0.95
FILLING = 900.0  # s that it may take at most
SETTLED = 1500  # ms, until the kernel knows that nobody looks
# One round in the page. Frames are those whose pixels are others than those of the last one; what
# was painted is on the screen two of its frames later. An answer is the time (ms) until a cell has
# its result, a speed simulated ms per ms of the kernel's clock.
ROUND = """async ({ seconds, settled, answers, diary, told }) => {
    const { kernel } = window.jupyterapp.shell.currentWidget.context.sessionContext.session;
    const board = document.querySelector('.snn-dashboard');
    const pass = ms => new Promise(done => setTimeout(done, ms));
    const ask = async code => {
        let text = '';
        const future = kernel.requestExecute({ code, store_history: false });
        future.onIOPub = m => { if (m.content.name === 'stdout') text += m.content.text; };
        await future.done;
        return text.trim();
    };
    const show = async shown => {
        board.style.display = shown ? '' : 'none';
        await pass(settled);
    };
    const watch = async () => {
        const shown = board.querySelector('.snn-live');
        const context = new OffscreenCanvas(64, 64).getContext('2d', { willReadFrequently: true });
        const frames = [];
        let last = '';
        const look = time => {
            context.clearRect(0, 0, 64, 64);
            context.drawImage(shown, shown.width - 400, 0, 400, shown.height, 0, 0, 64, 64);
            const pixels = context.getImageData(0, 0, 64, 64).data.join();
            if (pixels !== last) frames.push([Date.now(), time]);
            last = pixels;
        };
        const painted = ({ detail }) => setTimeout(() => look(detail), 30);
        board.addEventListener('snn-painted', painted);
        await pass(1000 * seconds);
        board.removeEventListener('snn-painted', painted);
        return frames;
    };
    const answer = async () => {
        const start = performance.now();
        const future = kernel.requestExecute({ code: '1 + 1', store_history: false });
        let end = NaN;
        future.onIOPub = m => {
            if (m.header.msg_type === 'execute_result') end = performance.now();
        };
        await future.done;
        return end - start;
    };
    const speed = async () => {
        const look = async () => {
            const line = await ask('import time; print(net.time, time.perf_counter())');
            return line.split(' ').map(Number);
        };
        const [simulated, clock] = await look();
        await pass(1000 * seconds);
        const [later, then] = await look();
        return (later - simulated) / (1000 * (then - clock));
    };
    const found = { answers: [] };
    await show(true);
    await ask(diary);
    found.frames = await watch();
    found.diary = JSON.parse(await ask(told));
    for (let k = 0; k < answers; k++) found.answers.push(await answer());
    found.shown = await speed();
    await show(false);
    found.hidden = await speed();
    await show(true);
    return found;
}"""
N_ANSWERS = 10
# Frames painted within a second.
PAINTED = """() => new Promise(done => {
    const board = document.querySelector('.snn-dashboard');
    let n = 0;
    const painted = () => n++;
    board.addEventListener('snn-painted', painted);
    setTimeout(() => {
        board.removeEventListener('snn-painted', painted);
        done(n);
    }, 1000);
})"""
# What a line of Python prints.
ASK = """async code => {
    const { kernel } = window.jupyterapp.shell.currentWidget.context.sessionContext.session;
    let text = '';
    const future = kernel.requestExecute({ code, store_history: false });
    future.onIOPub = m => { if (m.content.name === 'stdout') text += m.content.text; };
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
TELL_DIARY = "writing = False; print(json.dumps(diary))"
MEMORY = """\
import gc, json, resource
gc.collect()
pages = int(open('/proc/self/statm').read().split()[1])
kept = sum(record.nbytes for record in net._recordings.records())
print(json.dumps([pages * resource.getpagesize() / 2**20, kept / 2**20]))"""
# Parts of what may be kept: of recordings, and of the samples that the dashboard has of each trace.
FILLED = """import json
kept = sum(record.nbytes for record in net._recordings.records())
samples = [source.history for source in board._pump._feed._samples.values()]
traces = [history.n_values / history.max_values for history in samples]
print(json.dumps(min(kept / 1e6 / net.recording_budget, *traces)))"""
# When the kernel hears of a moved slider and when the engine has carried it out (s).
NOTE_MOVES = """\
import json, time
moves = {'heard': [], 'made': []}
def noting(name, function):
    def noted(*args):
        moves[name].append(time.time())
        function(*args)
    return noted
hear, make = board._receive, net.log.append
hear_set, made = noting('heard', hear), noting('made', make)
board._receive = lambda kind, content: (hear_set if kind == 'set' else hear)(kind, content)
net.log.append = made"""
TELL_MOVES = """\
del board._receive, net.log.append
print(json.dumps([moves['heard'], moves['made']]))"""
SLIDER = '.snn-slider[data-key="population:E:I"] input[type="range"]'
MOVES = 6
PAUSE = 400  # ms after each move
MOVE = """async ({ selector, parts, pause }) => {
    const slider = document.querySelector(selector);
    const [low, high] = [Number(slider.min), Number(slider.max)];
    for (const part of parts) {
        slider.value = low + part * (high - low);
        for (const name of ['input', 'change']) {
            slider.dispatchEvent(new Event(name, { bubbles: true }));
        }
        await new Promise(done => setTimeout(done, pause));
    }
}"""
# Starts a cell and does not wait for it.
BEGIN = """async code => {
    const { kernel } = window.jupyterapp.shell.currentWidget.context.sessionContext.session;
    window.begun = kernel.requestExecute({ code, store_history: false }).done;
}"""


def open_notebook(lab: LeftAloneLab, size: str) -> None:
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
    show_dashboard(lab)
    lab.page.get_by_role("button", name="Play").click()
    lab.page.locator('.snn-status[data-status="running"]').wait_for()


def show_dashboard(lab: LeftAloneLab) -> None:
    lab.page.locator(".snn-dashboard").scroll_into_view_if_needed()
    lab.page.locator(".snn-legend").wait_for()


def lags(frames: list[list[float]], diary: list[list[float]]) -> list[float]:
    """How far (ms) each frame was behind the simulation when painted."""
    if not frames:
        return [float("inf")]
    painted, wrote = np.array(frames), np.array(diary)
    reached = np.interp(painted[:, 1], wrote[:, 1], wrote[:, 0])  # when the simulation was there
    return list(painted[:, 0] - reached)


@dataclass
class Figures:
    """What was measured, one entry a round or more; memory in MiB."""

    started: list[float] = field(default_factory=list)  # s since the first round
    frames: list[float] = field(default_factory=list)  # painted a second
    lags: list[list[float]] = field(default_factory=list)  # ms, of each frame
    answers: list[list[float]] = field(default_factory=list)  # ms
    shown: list[float] = field(default_factory=list)  # x real time
    hidden: list[float] = field(default_factory=list)
    kernel: list[float] = field(default_factory=list)
    browser: list[float] = field(default_factory=list)

    def part(self, rounds: list[int]) -> Figures:
        return Figures(*([values[k] for k in rounds] for values in vars(self).values()))

    def row(self) -> list[str]:
        """One row of the table."""
        lags, answers = np.concatenate(self.lags), np.concatenate(self.answers)
        speed = [statistics.median(values) for values in (self.shown, self.hidden)]
        # Of each round, because a machine may be faster in one than in the next.
        share = [one / other for one, other in zip(self.shown, self.hidden, strict=True)]
        return [
            f"{statistics.mean(self.frames):.1f}",
            f"{min(self.frames):.1f}",
            *(f"{np.quantile(lags, part):.0f}" for part in (0.5, 0.99, 1)),
            *(f"{number:.3f}" for number in speed),
            f"{statistics.median(share):.1%}",
            f"{statistics.median(answers):.0f}",
            f"{max(answers):.0f}",
            f"{self.kernel[-1]:.0f}",
            f"{self.browser[-1]:.0f}",
        ]


TITLES = (
    *("", "frames/s", "least", "behind ms", "99 %", "most", "x real", "hidden", "engine"),
    *("1+1 ms", "most", "kernel MiB", "pages MiB"),
)


def kernel_memory(lab: LeftAloneLab) -> float:
    """MiB of the kernel without the spikes that it keeps."""
    resident, kept = json.loads(lab.page.evaluate(ASK, MEMORY))
    return resident - kept


def browser_memory(lab: LeftAloneLab) -> float:
    """MiB of the processes that draw pages."""
    sizes = [
        int(Path(f"/proc/{number}/statm").read_text().split()[1]) for number in lab.renderers()
    ]
    return sum(sizes) * resource.getpagesize() / 2**20


def measure(lab: LeftAloneLab, repeats: int, seconds: float) -> Figures:
    figures = Figures()
    asked = {
        "seconds": seconds,
        "settled": SETTLED,
        "answers": N_ANSWERS,
        "diary": DIARY,
        "told": TELL_DIARY,
    }
    begin = time.monotonic()
    for _ in range(repeats):
        figures.started.append(time.monotonic() - begin)
        found = lab.alone(ROUND, asked, length(seconds))
        figures.frames.append(len(found["frames"]) / seconds)
        figures.lags.append(lags(found["frames"], found["diary"]))
        figures.answers.append(found["answers"])
        figures.shown.append(found["shown"])
        figures.hidden.append(found["hidden"])
        figures.kernel.append(kernel_memory(lab))
        figures.browser.append(browser_memory(lab))
    return figures


def length(seconds: float) -> float:
    """s that a round takes whose measurements take ``seconds`` each."""
    return 3 * seconds + 3 * SETTLED / 1000 + 0.5


def slider_delays(lab: LeftAloneLab, blocking: bool) -> list[float]:
    """ms from the kernel's hearing of each move until the engine has carried it out.

    While the network plays, or a cell simulates.
    """
    if blocking:
        lab.page.evaluate(ASK, f"net.pause()\n{NOTE_MOVES}")
        lab.page.evaluate(BEGIN, "net.simulate(1e6)")
        lab.page.locator('.snn-status[data-status="running"]').wait_for()
    else:
        lab.page.evaluate(ASK, NOTE_MOVES)
    lab.page.locator(SLIDER).wait_for(state="attached")
    parts = [(k + 1) / (MOVES + 2) for k in range(MOVES)]
    moves = {"selector": SLIDER, "parts": [*parts, 0.5], "pause": PAUSE}  # back to where it was
    lab.alone(MOVE, moves, (MOVES + 1) * PAUSE / 1000)
    if blocking:
        lab.page.get_by_role("button", name="Pause").click()
        lab.page.evaluate("async () => { await window.begun; }")
    heard, made = json.loads(lab.page.evaluate(ASK, TELL_MOVES))
    if blocking:
        lab.page.evaluate(ASK, "net.play()")
    return [1000 * (end - start) for start, end in zip(heard, made, strict=True)][:MOVES]


def fill(lab: LeftAloneLab) -> float:
    """Play until what may be kept of the past is kept; returns s."""
    begin = time.monotonic()
    while json.loads(lab.page.evaluate(ASK, FILLED)) < FULL and time.monotonic() - begin < FILLING:
        lab.page.wait_for_timeout(1000)
    return time.monotonic() - begin


def reload(lab: LeftAloneLab, size: str) -> None:
    lab.command("docmanager:save")
    lab.page.reload()
    lab.page.wait_for_function("window.jupyterapp !== undefined")
    lab.page.evaluate("async () => { await window.jupyterapp.restored; }")
    lab.open(f"lab{size}.ipynb")
    show_dashboard(lab)
    lab.page.evaluate(PAINTED)


def grow(lab: LeftAloneLab, reloads: int, size: str) -> tuple[list[Drift], list[Drift]]:
    """Memory of kernel and pages, while the page is closed and opened, and as long without."""
    reloaded, alone = ([Drift("kernel"), Drift("pages")] for _ in range(2))
    inside = lab.page.context.new_cdp_session(lab.page)

    def look(drifts: list[Drift]) -> None:
        # A browser with much memory leaves what closed pages had for minutes.
        inside.send("HeapProfiler.collectGarbage")
        sizes = json.loads(lab.page.evaluate(ASK, MEMORY))[0], browser_memory(lab)
        for drift, size in zip(drifts, sizes, strict=True):
            drift.add(time.monotonic(), size)

    for _ in range(2):  # what the first pages leave behind once is no leak
        reload(lab, size)
    look(reloaded)
    for _ in range(reloads):
        reload(lab, size)
        look(reloaded)
    seconds = reloaded[0].seconds
    look(alone)
    while alone[0].seconds < seconds:
        lab.page.wait_for_timeout(1000 * seconds / reloads)
        look(alone)
    inside.detach()
    return reloaded, alone


def print_figures(size: str, figures: Figures) -> None:
    """A row for each minute, and one for all of them."""
    rounds = range(len(figures.started))
    minutes: dict[int, list[int]] = {}
    for k in rounds:
        minutes.setdefault(int(figures.started[k] // 60), []).append(k)
    rows = [[f"minute {n + 1}", *figures.part(k).row()] for n, k in minutes.items()]
    rows.append(["all", *figures.row()])
    print(f"{size} neurons")
    for row in (TITLES, *rows):
        cells = (f"{cell:>{max(6, len(title))}}" for cell, title in zip(row, TITLES, strict=True))
        print("  " + "  ".join(cells), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=4.0, help="length of one measurement")
    parser.add_argument("--minutes", type=float, help="watch so long instead of --repeats")
    parser.add_argument("--sizes", default=",".join(SIZES), help="numbers of neurons")
    parser.add_argument("--reloads", type=int, default=0, help="open and close the page so often")
    options = parser.parse_args()
    sizes = options.sizes.split(",")
    if unknown := [size for size in sizes if size not in SIZES]:
        parser.error(f"--sizes: {unknown[0]} is not measured; choose from {', '.join(SIZES)}")
    repeats = options.repeats
    if options.minutes is not None:
        repeats = max(1, round(60 * options.minutes / length(options.seconds)))
    with (
        tempfile.TemporaryDirectory() as home,
        running_lab(Path(home)) as server,
        sync_playwright() as playwright,
    ):
        for size in sizes:
            lab = LeftAloneLab(playwright, server, Path(home) / f"chromium{size}")
            try:
                show_size(lab, size, repeats, options)
            finally:
                lab.close()


def show_size(lab: LeftAloneLab, size: str, repeats: int, options: argparse.Namespace) -> None:
    """Print what was asked for of one network."""
    open_notebook(lab, size)
    print_figures(size, measure(lab, repeats, options.seconds))
    for blocking, how in ((False, "while it plays"), (True, "while a cell simulates")):
        delays = slider_delays(lab, blocking)
        late = f"at most {max(delays, default=float('inf')):.0f} ms"
        print(f"  {len(delays)} of {MOVES} moves of a slider {how}: {late}", flush=True)
    if options.reloads:
        print(f"  as much of the past as it keeps after {fill(lab):.0f} s", flush=True)
        reloaded, alone = grow(lab, options.reloads, size)
        for drift in reloaded:
            print(f"  with {options.reloads} reloads {drift}", flush=True)
        for drift in alone:
            print(f"  without {drift}", flush=True)


if __name__ == "__main__":
    main()
