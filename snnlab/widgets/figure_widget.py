"""What the widgets with figures share: BokehJS on request, and answers beside a running cell."""

from __future__ import annotations

from abc import ABCMeta, abstractmethod
from typing import Any

import anywidget
import traitlets

from snnlab.widgets import assets
from snnlab.widgets.subshell import keep_to_the_browsers_subshell


class _AbstractWidget(type(anywidget.AnyWidget), ABCMeta):
    """A class of widgets that may have abstract methods."""


class FigureWidget(anywidget.AnyWidget, metaclass=_AbstractWidget):
    """A widget whose page draws Bokeh figures; subclasses answer messages in `_receive`."""

    bokeh_version = traitlets.Unicode(read_only=True).tag(sync=True)

    def __init__(self, **options: Any) -> None:
        self.set_trait("bokeh_version", assets.bokeh_version())
        super().__init__(**options)
        keep_to_the_browsers_subshell(self.comm)
        self.on_msg(self._hear)

    def _hear(self, _: object, content: object, buffers: object) -> None:
        """Answer one message of a page; what is not understood is ignored."""
        match content:
            case {"type": "bokeh"}:
                self.send({"type": "bokeh"}, [assets.bokeh_javascript()])
            case {"type": str(kind), **rest}:
                self._receive(kind, rest)

    @abstractmethod
    def _receive(self, kind: str, content: dict[str, Any]) -> None:
        """Answer a message of the page, if it is one."""
