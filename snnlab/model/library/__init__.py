"""The models that come with snnlab, each a file in the language of cells with its source paper.

``library.names()`` lists them, ``library.load("HH")`` or ``library.HH`` reads one. The first line
of a file says which kind of model it holds.
"""

from __future__ import annotations

from importlib.resources import files

from snnlab.errors import ModelError
from snnlab.language.expressions import suggestion
from snnlab.model.neuron import Neuron
from snnlab.model.synapse import Synapse

_KINDS: dict[str, type[Neuron] | type[Synapse]] = {"neuron": Neuron, "synapse": Synapse}
_SUFFIX = ".snn"


def names(kind: str | None = None) -> list[str]:
    """The names of all models, or of those of one kind: ``neuron`` or ``synapse``."""
    found = sorted(
        entry.name.removesuffix(_SUFFIX)
        for entry in files(__name__).iterdir()
        if entry.name.endswith(_SUFFIX)
    )
    return [name for name in found if kind is None or _read(name)[0] == kind]


def text(name: str) -> str:
    """The text of a model, to be copied to a cell and changed."""
    return _read(name)[1]


def load(name: str) -> Neuron | Synapse:
    """A new neuron or synapse of the library.

    Raises
    ------
    ModelError
        If there is no model of this name.
    """
    kind, cell = _read(name)
    return _KINDS[kind].from_cell(cell, name)


def _read(name: str) -> tuple[str, str]:
    """The kind of a model and its cell."""
    file = files(__name__) / f"{name}{_SUFFIX}"
    if not name.isidentifier() or not file.is_file():
        way_out = suggestion(name, names()) or "`library.names()` lists them."
        raise ModelError(f"library: there is no model '{name[:40]}'; {way_out}")
    kind, _, cell = file.read_text(encoding="utf-8").partition("\n")
    return kind.strip(), cell


def __getattr__(name: str) -> Neuron | Synapse:
    if name.startswith("_"):
        raise AttributeError(name)
    try:
        return load(name)
    except ModelError as error:  # what asks with `hasattr` expects an AttributeError
        raise AttributeError(str(error)) from None


def __dir__() -> list[str]:
    return ["load", "names", "text", *names()]
