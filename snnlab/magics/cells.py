"""The cell magics of IPython: ``%%neuron NAME`` and ``%%synapse NAME``."""

from __future__ import annotations

from typing import Any

from IPython.core.interactiveshell import InteractiveShell
from IPython.core.magic import Magics, cell_magic, magics_class
from IPython.display import display

from snnlab.errors import ModelError
from snnlab.magics.session import Session


class CellError(ModelError):
    """A cell's error, which notebooks and terminals show as its message without a traceback."""

    def _render_traceback_(self) -> list[str]:
        """What IPython shows instead of a traceback."""
        return str(self).splitlines()


@magics_class
class ModelMagics(Magics):
    """Cells that define models."""

    def __init__(self, shell: InteractiveShell) -> None:
        super().__init__(shell)
        self.session = Session(shell.user_ns)

    @cell_magic
    def neuron(self, line: str, cell: str) -> None:
        """Define a neuron: ``%%neuron NAME``, then its parameters, equations and events."""
        self._define("neuron", line, cell)

    @cell_magic
    def synapse(self, line: str, cell: str) -> None:
        """Define a synapse: ``%%synapse NAME``, then its parameters, equations and events."""
        self._define("synapse", line, cell)

    def _define(self, kind: str, line: str, cell: str) -> None:
        try:
            card = self.session.define(kind, line, cell)
        except ModelError as error:
            raise CellError(str(error), line=error.line, column=error.column) from None
        display(card)


def load_ipython_extension(shell: Any) -> None:
    """What ``%load_ext snnlab`` does; loading it again keeps the session's models."""
    if not isinstance(shell.magics_manager.registry.get("ModelMagics"), ModelMagics):
        shell.register_magics(ModelMagics)
