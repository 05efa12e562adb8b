"""Which models the cells of this session have defined, and which of them are out of date.

Knows nothing of IPython: a session works on any namespace.
"""

from __future__ import annotations

import keyword
from collections.abc import Callable, MutableMapping
from dataclasses import dataclass
from typing import Any

from snnlab.engine.build import Build
from snnlab.errors import ModelError, SnnlabError
from snnlab.model.neuron import Neuron
from snnlab.model.synapse import Synapse
from snnlab.network.compilation import compile_model
from snnlab.widgets.model_card import ModelCard

Model = Neuron | Synapse
READERS: dict[str, Callable[[str, str], Model]] = {
    "neuron": Neuron.from_cell,
    "synapse": Synapse.from_cell,
}


@dataclass
class Definition:
    """A model that a cell has defined, and the cards that show it."""

    model: Model
    build: Build
    cards: list[ModelCard]


class Session:
    """The models of one notebook.

    Parameters
    ----------
    namespace
        Where a cell's model gets its name, usually that of the user.
    """

    def __init__(self, namespace: MutableMapping[str, Any]) -> None:
        self._namespace = namespace
        self._definitions: dict[str, Definition] = {}

    def define(self, kind: str, line: str, cell: str) -> ModelCard:
        """Read a cell, start to compile its model, give it its name, return its card.

        A cell with the text of the model that already has the name shows that model again. A
        cell that fails changes nothing.

        Raises
        ------
        ModelError
            If the cell has no name or its text breaks a rule of the language.
        """
        name = checked_name(kind, line)
        try:
            # The line of the magic counts, so that errors name the lines that the cell shows.
            model = READERS[kind]("\n" + cell, name)
            build = compile_model(model)
        except SnnlabError as error:
            raise self._with_what_remains(error, name) from None
        known = self._known(name)
        if (
            known is not None
            and type(known.model) is type(model)
            and known.model.text == model.text
        ):
            card = ModelCard(known.model, known.build)
            known.cards.append(card)
            return card
        card = ModelCard(model, build, fallback=self._fallback(known))
        self._replace(name, Definition(model, build, [card]), known)
        return card

    def _known(self, name: str) -> Definition | None:
        """What a cell defined under ``name``, as long as the name still means it."""
        known = self._definitions.get(name)
        if known is None or self._namespace.get(name) is not known.model:
            return None
        return known

    def _replace(self, name: str, new: Definition, old: Definition | None) -> None:
        self._namespace[name] = new.model
        self._definitions[name] = new
        if old is None:
            return
        old.model.superseded = True

        def settle() -> None:
            if new.build.error is None:
                for card in old.cards:
                    card.retire("replaced by a newer cell")
            elif self._known(name) is new:
                old.model.superseded = False
                self._namespace[name] = old.model
                self._definitions[name] = old

        new.build.add_done_callback(settle)

    def _with_what_remains(self, error: SnnlabError, name: str) -> ModelError:
        text = str(error)
        if self._known(name) is not None:
            text = f"{text}\n'{name}' is still the model of the earlier cell."
        line, column = getattr(error, "line", None), getattr(error, "column", None)
        return ModelError(text, line=line, column=column)

    @staticmethod
    def _fallback(known: Definition | None) -> str:
        if known is None:
            return ""
        return f"'{known.model.name}' is still the model of the earlier cell."


def checked_name(kind: str, line: str) -> str:
    """The name in the first line of a cell.

    Raises
    ------
    ModelError
        If there is none, or it cannot be the name of a Python variable.
    """
    name = line.strip()
    if not name:
        raise ModelError(
            f"%%{kind}: the model has no name; write one in the first line, like %%{kind} "
            f"{'LIF' if kind == 'neuron' else 'STDP'}."
        )
    if not name.isidentifier() or keyword.iskeyword(name):
        raise ModelError(
            f"%%{kind}: '{name}' cannot be the name of a model; use letters, digits and "
            f"underscores, like %%{kind} {'LIF' if kind == 'neuron' else 'STDP'}."
        )
    return name
