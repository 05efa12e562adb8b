"""The dashboard: a network's laboratory in a notebook cell."""

from __future__ import annotations

import math
import os
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from queue import SimpleQueue
from typing import Any, cast

from IPython.core.getipython import get_ipython
from IPython.display import display

from snnlab.errors import SimulationError, SnnlabError
from snnlab.plots.frames import pack
from snnlab.plots.live import figure_item
from snnlab.widgets import answers, assets, session
from snnlab.widgets.analyses import Analysis, Matrix, Phase, Spectrum, Weights
from snnlab.widgets.cells import show_instead
from snnlab.widgets.export import File, embedded, file_of, page_of
from snnlab.widgets.feed import DURATIONS, Content, Feed
from snnlab.widgets.figure_widget import FigureWidget
from snnlab.widgets.in_turn import InTurn
from snnlab.widgets.latest import Latest
from snnlab.widgets.parameters import Sliders
from snnlab.widgets.pump import Pump
from snnlab.widgets.selection import Selection
from snnlab.widgets.still import Still
from snnlab.widgets.transport import MAX_SPEED, MIN_SPEED, act, set_speed

DEFAULT_DURATION = 1000.0  # ms
MAX_POINTS = 20_000  # spikes that a page paints one by one, in about 10 ms


class Dashboard(FigureWidget):
    """Transport, sliders and live figures of one network.

    Several dashboards of one network may be open, each with several viewers; all show the same
    state. Closing a page neither stops nor slows the network.

    Parameters
    ----------
    network
        The `Network` to show.
    window
        Length of the time window in ms.
    """

    _esm = assets.javascript("dashboard.js")
    _css = assets.stylesheet("colours.css", "theme.css", "dashboard.css")

    def __init__(self, network: Any, *, window: float = DEFAULT_DURATION) -> None:
        self._network = network
        self._duration = window
        self._selection = Selection(network)
        self._sliders = Sliders(network)
        feed = Feed(network, self._selection.picture(), window)
        self._pump = Pump(network, feed, self._sliders, self.send, self._show_picture)
        self._stills: list[Still] = []
        self._askers: SimpleQueue[str] = SimpleQueue()  # pages that asked for log, past and hints
        self._presenter = Latest(self._present, "snnlab-session")
        self._changes = InTurn("snnlab-change")
        network.changed.connect(self._pump.wake)
        super().__init__()
        answers.answer_first(get_ipython(), self)

    def __repr__(self) -> str:
        return f"{self._title}, t = {self._network.time:g} ms"

    @property
    def _title(self) -> str:
        populations = ", ".join(
            f"{name} ({population.size})"
            for name, population in list(self._network.populations.items())
        )
        return f"Dashboard of {populations or 'an empty network'}"

    def close(self) -> None:
        """Take the dashboard off the page; the network goes on."""
        pump = getattr(self, "_pump", None)  # None when the constructor raised
        if pump is not None:
            answers.forget(self)
            self._network.changed.disconnect(pump.wake)
            for still in self._stills:
                still.close()
            pump.close()
        super().close()

    def rest(self, seconds: float) -> None:
        """Show and compute nothing for ``seconds``: someone needs an answer sooner."""
        self._network.rest(seconds)
        self._pump.hold(seconds)

    def save_html(self, path: str | os.PathLike[str]) -> None:
        """Write what the figures show as a page that can be zoomed without a kernel.

        Raises
        ------
        SimulationError
            If nothing has run yet, or the file cannot be written.
        """
        if not self._network.step_index:
            raise SimulationError(
                "Dashboard: there is nothing to save at time 0; run the network first."
            )
        try:
            Path(path).write_text(page_of(self._content(), repr(self)), encoding="utf-8")
        except OSError as error:
            raise SimulationError(
                f"Dashboard: {os.fspath(path)} cannot be written ({error.strerror}); "
                f"choose another path."
            ) from error

    def _content(self) -> Content:
        """What lies in the window; without a page that listens, what was recorded."""
        content = self._pump.content
        if any(len(times) for times, _ in (*content.spikes, *content.samples)):
            return content
        feed = Feed(self._network, self._selection.picture(), self._duration)
        feed.listen()
        try:
            return feed.content()
        finally:
            feed.release()

    def _ipython_display_(self) -> None:
        """Show the live dashboard, and below it what a page exported from the notebook shows."""
        bundle = self._repr_mimebundle_()
        data, metadata = bundle if isinstance(bundle, tuple) else (bundle, {})
        # An exported page shows this text: without the time, which goes on.
        text = {"text/plain": self._title}
        display(cast(dict[str, Any], data) | text, metadata=metadata, raw=True)
        still = Still(self._network, self._still_html)
        self._stills.append(still)
        show_instead(get_ipython(), lambda: self._leave(still))

    def _leave(self, still: Still) -> None:
        """The output with ``still`` has gone; a dashboard without any output is closed."""
        still.close()
        self._stills.remove(still)
        if not self._stills:
            self.close()

    def _still_html(self) -> str:
        return embedded(self._content(), repr(self))

    def _receive(self, kind: str, content: dict[str, Any]) -> None:
        match {"type": kind, **content}:
            case {"type": "join", "viewer": str(viewer)}:
                self._introduce(viewer)
                self._pump.join(viewer)
            case {"type": "leave", "viewer": str(viewer)}:
                self._pump.leave(viewer)
            case {"type": "show", "viewer": str(viewer), "shown": bool(shown)}:
                self._pump.show(viewer, shown)
            case {"type": "drawn", "viewer": str(viewer), "number": int(number), **rest}:
                cost = rest.get("cost", 0.0)  # ms
                known = isinstance(cost, float | int) and math.isfinite(cost)
                self._pump.acknowledge(viewer, number, float(cost) / 1000 if known else 0.0)
                if rest.get("asking") is True:
                    self._ask_session(viewer)
            case {"type": "act", "action": str(action)}:
                self._act(action)
            case {
                "type": "trace",
                "population": str(population),
                "variable": str() | None as variable,
                "neuron": int(neuron),
            }:
                reason = self._selection.add(population, variable, neuron)
                self._notice(reason)
                if not reason:
                    self._show_picture()
            case {
                "type": "untrace",
                "population": str(population),
                "variable": str(variable),
                "neuron": int(neuron),
            }:
                self._selection.remove(population, variable, neuron)
                self._show_picture()
            case {"type": "weights", "projection": str(projection)}:
                self._analyse(Weights(projection))
            case {"type": "matrix", "projection": str(projection)}:
                self._analyse(Matrix(projection))
            case {"type": "spectrum", "population": str(population)}:
                self._analyse(Spectrum(population))
            case {
                "type": "phase",
                "population": str(population),
                "neuron": int(neuron),
                "x": str(x),
                "y": str(y),
            }:
                self._analyse(Phase(population, neuron, x, y))
            case {"type": "analysis page", "viewer": str(viewer), "number": int(number)}:
                self._give_page(viewer, number)
            case {"type": "unanalyse", "number": int(number)}:
                self._pump.remove_analysis(number)
                self._show_analyses()
            case {
                "type": "points",
                "viewer": str(viewer),
                "start": float() | int() as start,
                "end": float() | int() as end,
                "low": float() | int() as low,
                "high": float() | int() as high,
            } if all(math.isfinite(limit) for limit in (start, end, low, high)):
                self._give_points(viewer, (start, end), (low, high))
            case {
                "type": "export",
                "viewer": str(viewer),
                "figure": str(figure),
                "format": str(wanted),
                **rest,
            }:
                self._export(viewer, figure, wanted, earlier=rest.get("earlier") is not False)
            case {"type": "speed", "speed": float() | int() | None as speed}:
                set_speed(self._network, speed)
                self._pump.wake()
            case {"type": "window", "duration": float() | int() as duration}:
                if duration in DURATIONS:
                    self._duration = float(duration)
                    self._pump.set_window(self._duration)
            case {"type": "set", "key": str(key), "value": float() | int() as value}:
                self._change(key, lambda: self._sliders.set(key, float(value)))
            case {
                "type": "draw",
                "key": str(key),
                "kind": ("Normal" | "Uniform") as law,
                "first": float() | int() as first,
                "second": float() | int() as second,
            }:
                self._change(key, lambda: self._sliders.draw(key, law, float(first), float(second)))
            case {"type": "session", "viewer": str(viewer)}:
                self._pump.attend(viewer)
                self._ask_session(viewer)
            case {"type": "code", "viewer": str(viewer)}:
                self._give_code(viewer)
            case {"type": "do", **rest}:
                self._do(rest)

    def _ask_session(self, viewer: str) -> None:
        self._askers.put(viewer)
        self._presenter.ask(None)

    def _present(self, _: None) -> None:
        """Tell all pages that asked; in a thread of its own, since a build may hold it up."""
        viewers = set()
        while not self._askers.empty():
            viewers.add(self._askers.get())
        if not viewers:  # a request that came while the last answer was on its way
            return
        now = session.present(self._network)
        for viewer in viewers:
            self.send({"type": "session", "viewer": viewer, **now})

    def _export(self, viewer: str, figure: str, wanted: str, *, earlier: bool) -> None:
        """Send a file of what a figure shows to the page that asks for it."""
        content = self._pump.content
        content = content if earlier else replace(content, earlier=None)
        file = file_of(content, figure, wanted)
        if file is not None:
            self._give_file(viewer, file)

    def _give_file(self, viewer: str, file: File) -> None:
        message = {"type": "file", "viewer": viewer, "name": file.name, "mime": file.mime}
        self.send(message, [file.data])

    def _give_points(
        self, viewer: str, times: tuple[float, float], rows: tuple[float, float]
    ) -> None:
        """Send the single spikes of a part of the raster, or how many there would be."""
        count, arrays = self._pump.points(*times, rows, MAX_POINTS)
        layout, buffer = pack(arrays)
        part = {"start": times[0], "end": times[1], "low": rows[0], "high": rows[1]}
        about = {"type": "points", "viewer": viewer, "count": count, "most": MAX_POINTS}
        self.send({**about, **part, "layout": layout}, [buffer] if arrays else [])

    def _analyse(self, analysis: Analysis) -> None:
        self._notice(self._pump.add_analysis(analysis))
        self._show_analyses()

    def _give_page(self, viewer: str, number: int) -> None:
        """Send an analysis as HTML to the page that asks for it."""
        made = self._pump.analysis_page(number)
        if made is not None:
            kind, text = made
            self._give_file(viewer, File(f"{kind}.html", "text/html", text.encode()))

    def _show_analyses(self) -> None:
        """Tell every page which analyses there are."""
        self.send({"type": "analyses", "analyses": self._pump.analyses[0]})

    def _show_picture(self) -> None:
        """Draw what is selected now; every page asks for its figures anew."""
        self._pump.change(self._selection.picture())
        self.send({"type": "picture"})

    def _introduce(self, viewer: str) -> None:
        """Send what a page needs before its first frame."""
        self._sliders.refresh()
        number, picture = self._pump.picture
        analyses, analysable = self._pump.analyses
        self.send(
            {
                "type": "setup",
                "viewer": viewer,
                "item": figure_item(picture),
                "picture": {**picture.describe(), "number": number},
                "choices": self._selection.choices(),
                "analyses": analyses,
                "analysable": analysable,
                "sliders": self._sliders.describe(),
                "session": session.describe(self._network),
                "durations": DURATIONS,
                "duration": self._duration,
                "speeds": [MIN_SPEED, MAX_SPEED],
            }
        )

    def _change(self, key: str, change: Callable[[], str]) -> None:
        """Change a parameter; say at its slider why it was not changed, if it was not.

        In the order the sliders were moved, and beside this thread while a compiler works.
        """

        def carry_out() -> None:
            reason = change()
            if reason:
                self.send({"type": "refused", "key": key, "reason": reason})
            self._pump.wake()

        self._changes.do(carry_out, at_once=self._network.built)

    def _give_code(self, viewer: str) -> None:
        try:
            text = self._network.log.code()
        except SnnlabError as error:
            self._notice(str(error))
            return
        self.send({"type": "code", "viewer": viewer, "text": text})

    def _act(self, action: str) -> None:
        """Do what a button of the transport says."""

        def carry_out() -> None:
            self._notice(act(self._network, action))
            if action == "reset":
                self._pump.restart()
            self._pump.wake()

        if action == "pause":
            carry_out()
        else:
            self._without_waiting(carry_out)

    def _do(self, content: dict[str, Any]) -> None:
        """Stimulate the network, go through its past, store and load it."""

        def carry_out() -> None:
            match content:
                case {"do": "store" | "load" as what, "path": str(path)}:
                    overwrite = content.get("overwrite") is True
                    self.send(session.keep_file(self._network, what, path, overwrite=overwrite))
                case {"do": "back" | "keep" | "run"}:
                    self._notice(session.act(self._network, content))
                case _:
                    self.send({"type": "done", "reason": session.act(self._network, content)})
            self._pump.wake()

        self._without_waiting(carry_out)

    def _without_waiting(self, carry_out: Callable[[], None]) -> None:
        """At once, or beside this thread where a compiler has to be waited for.

        So that the page can pause, and be answered, meanwhile.
        """
        if self._network.built:
            carry_out()
        else:
            threading.Thread(target=carry_out, name="snnlab-action", daemon=True).start()

    def _notice(self, text: str) -> None:
        if text:
            self.send({"type": "notice", "text": text})


def lab(network: Any, *, window: float = DEFAULT_DURATION) -> Dashboard:
    """The laboratory of ``network``, to be shown in a notebook."""
    return Dashboard(network, window=window)
