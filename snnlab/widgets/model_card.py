"""The model card: what a ``%%neuron`` or ``%%synapse`` cell shows.

Equations as mathematics, parameters with sliders, the state of the compiler and a live
preview. The sliders drive the preview only; the text of the cell keeps its values.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import ipywidgets
import numpy as np
from numpy.typing import NDArray

from snnlab.engine.build import Build
from snnlab.errors import SnnlabError
from snnlab.model.ir import Parameter
from snnlab.plots.frames import pack
from snnlab.plots.preview import Curve, preview_item, thinned
from snnlab.widgets import assets, card_text
from snnlab.widgets.card_text import Model
from snnlab.widgets.figure_widget import FigureWidget
from snnlab.widgets.latest import Latest
from snnlab.widgets.neuron_views import PLANE, comparable_neurons, compared, previews_of
from snnlab.widgets.parameters import finite, prefers_log, readable
from snnlab.widgets.preview import Preview
from snnlab.widgets.printed import display_with_print

PREVIEW_SPIKES = 2000


def build_text(build: Build) -> tuple[str, str]:
    """State and words for the status of a build."""
    match build.state:
        case "ready" if build.cached:
            return "ready", "ready (cached)"
        case "ready":
            return "ready", f"ready, {build.seconds or 0.0:.1f} s"
        case "failed":
            return "failed", f"failed: {build.error}"
        case state:
            return state, "compiling …"


class CardPanel(FigureWidget):
    """The live half of a card: status, preview, parameters.

    Parameters
    ----------
    model
        A neuron or a synapse.
    build
        Its compilation.
    preview
        What to draw; None when the model cannot stand alone.
    views
        What else can be drawn, by name; the first one is ``preview``.
    fallback
        Said after a failed compilation, for example that the previous model still works.
    """

    _esm = assets.javascript("model_card.js")
    _css = assets.stylesheet("colours.css", "theme.css", "model_card.css")

    def __init__(
        self,
        model: Model,
        build: Build,
        preview: Preview | None,
        *,
        views: Mapping[str, Preview] | None = None,
        fallback: str = "",
    ) -> None:
        self._model = model
        self._build = build
        self._preview = preview
        self._fallback = fallback
        self._retired = ""
        self._number = 0
        extra = preview.extra if preview is not None else ()
        self._ranged = {p.name: p for p in (*extra, *model.parameters) if _has_slider(p)}
        self._values = {name: float(p.value) for name, p in self._ranged.items()}
        first: dict[str, Preview] = {"preview": preview} if preview is not None else {}
        self._views: Mapping[str, Preview] = views or first
        self._view = next(iter(self._views), "")
        self._other = ""  # the neuron of the library that is compared
        self._latest: Latest[Mapping[str, float]] = Latest(self._compute, "snnlab-preview")
        super().__init__()
        build.add_done_callback(self._tell_build)

    @property
    def status(self) -> tuple[str, str]:
        """State and words, for the status of the card."""
        if self._retired:
            return "replaced", self._retired
        state, text = build_text(self._build)
        return state, f"{text} {self._fallback}".strip() if state == "failed" else text

    def retire(self, reason: str) -> None:
        """Another model has taken this one's name."""
        self._retired = reason
        self._tell_build()

    def _receive(self, kind: str, content: dict[str, Any]) -> None:
        match {"type": kind, **content}:
            case {"type": "join", "viewer": str(viewer)}:
                self._introduce(viewer)
            case {"type": "set", "key": str(key), "value": float() | int() as value}:
                if key in self._values and math.isfinite(value):
                    self._values[key] = float(value)
                    self._latest.ask(dict(self._values))

            case {"type": "view", "name": str(name)} if name in self._views:
                self._view = name
                self._latest.ask(dict(self._values))
            case {"type": "compare", "name": str(name)} if name in self._comparable():
                self._other = name
                self._latest.ask(dict(self._values))

    def _comparable(self) -> list[str]:
        """Neurons of the library that answer to a current, after none at all."""
        return ["", *comparable_neurons()] if len(self._views) > 1 else [""]

    def _introduce(self, viewer: str) -> None:
        shown = (*self._ranged.values(), *self._model.parameters)
        rows = {p.name: _row(p, self._values.get(p.name)) for p in shown}
        item = preview_item(self._preview.axes) if self._preview is not None else None
        self.send(
            {
                "type": "setup",
                "viewer": viewer,
                "item": item,
                "rows": list(rows.values()),
                "views": list(self._views),
                "view": self._view,
                "others": self._comparable(),
                "other": self._other,
            }
        )
        self._tell_build()
        self._latest.ask(dict(self._values))

    def _tell_build(self) -> None:
        state, text = self.status
        self.send({"type": "build", "state": state, "text": text})

    def _compute(self, values: Mapping[str, float]) -> None:
        """Simulate and send the curve; runs in a thread of its own."""
        view = self._views.get(self._view)
        if view is None or self._retired or self._build.state == "failed":
            return
        try:
            curve = thinned(view.curve(values))
            if self._other and self._view != PLANE:
                curve = compared(curve, self._other, self._view, view.axes)
        except SnnlabError as error:
            self.send({"type": "refused", "reason": str(error)})
            return
        self._number += 1
        layout, buffer = pack(_arrays(curve))
        content = {
            "type": "curve",
            "number": self._number,
            "layout": layout,
            "shaded": curve.shaded,
            "caption": curve.caption,
            "x_label": view.axes.x_label,
            "y_label": view.axes.y_label,
            "beside": [line.label for line in curve.beside],
            "comparable": self._view != PLANE,
        }
        self.send(content, [buffer])


class ModelCard(ipywidgets.VBox):
    """The card of a model; text, HTML and LaTeX stand in where no widget is shown."""

    def __init__(self, model: Model, build: Build, *, fallback: str = "") -> None:
        self._model = model
        views = previews_of(model)
        first = next(iter(views.values()), None)
        self.panel = CardPanel(model, build, first, views=views, fallback=fallback)
        equations = ipywidgets.HTMLMath(card_text.equations_html(model))
        super().__init__([equations, self.panel])
        self.add_class("snn-card")

    def retire(self, reason: str) -> None:
        """Say on the card that its model has been replaced."""
        self.panel.retire(reason)

    def __repr__(self) -> str:
        return card_text.plain(self._model, self.panel.status[1])

    def _ipython_display_(self) -> None:
        """Show the card, and where no widget can be shown its text."""
        display_with_print(self._repr_mimebundle_(), {}, card_text.static_html(self._model))

    def _repr_mimebundle_(self, **options: Any) -> dict[str, Any]:
        bundle: dict[str, Any] = super()._repr_mimebundle_(**options)  # type: ignore[misc]
        return {
            **bundle,
            "text/plain": repr(self),
            "text/html": card_text.static_html(self._model),
            "text/latex": card_text.latex(self._model),
        }


def _has_slider(parameter: Parameter) -> bool:
    return parameter.low is not None and parameter.high is not None and parameter.value.is_Number


def _row(parameter: Parameter, value: float | None) -> dict[str, object]:
    """One line of the parameter table as plain JSON."""
    symbol, subscript = readable(parameter.name)
    row: dict[str, object] = {
        "key": parameter.name,
        "name": parameter.name,
        "symbol": symbol,
        "subscript": subscript,
        "text": card_text.value_text(parameter),
        "unit": card_text.unit_text(parameter),
        "help": parameter.help,
        "slider": value is not None,
    }
    if value is not None and parameter.low is not None and parameter.high is not None:
        row |= {
            "low": parameter.low,
            "high": parameter.high,
            "value": finite(value),
            "initial": finite(float(parameter.value)),
            "log": prefers_log(parameter.low, parameter.high),
        }
    return row


def _arrays(curve: Curve) -> dict[str, NDArray[Any]]:
    return {
        "x": curve.x.astype(np.float64),
        "y": curve.y.astype(np.float64),
        "spikes": curve.spikes[:PREVIEW_SPIKES].astype(np.float64),
        **{f"x{k}": line.x.astype(np.float64) for k, line in enumerate(curve.beside)},
        **{f"y{k}": line.y.astype(np.float64) for k, line in enumerate(curve.beside)},
    }
