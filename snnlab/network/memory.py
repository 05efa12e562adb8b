"""What a network takes of the machine's memory, told before it is allocated."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from snnlab.engine import machine
from snnlab.engine.incoming import BYTES, form_of
from snnlab.engine.memory import inbox_pays, inbox_slots, padded_size
from snnlab.engine.rows import narrow
from snnlab.engine.segments import Segments, row_bytes, segments_pay
from snnlab.errors import NetworkError
from snnlab.model.ir import NeuronModel
from snnlab.model.traces import neuron_traces
from snnlab.network.connectors import AllToAll
from snnlab.network.delays import LONGEST_DELAY
from snnlab.network.population import DTYPES, Population

if TYPE_CHECKING:
    from snnlab.network.network import Network
    from snnlab.network.projection import Projection

ENGINE = 1 + 4 + 4  # bytes a neuron: spike flag, refractoriness left, latest spike


@dataclass(frozen=True)
class Item:
    """One kind of array of a population, projection or recorder."""

    owner: str
    what: str
    count: int | None  # None: only building tells
    bytes_each: int
    allocated: bool = False

    @property
    def nbytes(self) -> int:
        return (self.count or 0) * self.bytes_each


@dataclass(frozen=True)
class MemoryUse:
    """Memory of a network, item by item; prints as a table."""

    items: tuple[Item, ...]
    available: int | None  # bytes, beside what is allocated already; None: unknown

    @property
    def total(self) -> int:
        """Bytes of all items."""
        return sum(item.nbytes for item in self.items)

    @property
    def missing(self) -> int:
        """Bytes of what is not allocated yet."""
        return sum(item.nbytes for item in self.items if not item.allocated)

    def __str__(self) -> str:
        rows = [("", "", "number", "bytes each", "in all"), *map(_row, self.items)]
        rows.append(("total", "", "", "", size_text(self.total)))
        if self.missing < self.total:
            rows.append(("to be allocated", "", "", "", size_text(self.missing)))
        if self.available is not None:
            rows.append(("free", "", "", "", size_text(self.available)))
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        return "\n".join(_line(row, widths) for row in rows)

    __repr__ = __str__


def _row(item: Item) -> tuple[str, str, str, str, str]:
    if item.count is None:
        return item.owner, item.what, "?", str(item.bytes_each), "?"
    count = f"{item.count:,}"
    return item.owner, item.what, count, str(item.bytes_each), size_text(item.nbytes)


def _line(row: tuple[str, ...], widths: list[int]) -> str:
    cells = [
        cell.ljust(width) if k < 2 else cell.rjust(width)
        for k, (cell, width) in enumerate(zip(row, widths, strict=True))
    ]
    return "  ".join(cells).rstrip()


def size_text(n_bytes: int) -> str:
    """For a reader: ``80 GB``, ``1.25 MB``."""
    for unit, size in (("TB", 10**12), ("GB", 10**9), ("MB", 10**6), ("kB", 1000)):
        if n_bytes >= size:
            number = n_bytes / size
            return f"{number:,.0f} {unit}" if number >= 1000 else f"{number:.3g} {unit}"
    return f"{n_bytes} bytes"


def memory_use(network: Network, duration: float = 0.0) -> MemoryUse:
    """Memory of ``network`` with what it records in ``duration`` ms."""
    items: list[Item] = []
    for population in network.populations.values():
        items += population_items(population)
    for projection in network.projections.values():
        items += projection_items(projection)
    items += recorder_items(network, duration)
    return MemoryUse(tuple(items), machine.available_memory())


def neuron_bytes(model: NeuronModel, real: type) -> int:
    """Bytes that one neuron of ``model`` takes."""
    of_variables = [v.dtype for v in model.variables if v.locality == "local"]
    of_parameters = [p.dtype for p in model.parameters if p.locality == "local"]
    types = [DTYPES.get(dtype, real) for dtype in (*of_variables, *of_parameters)]
    return ENGINE + sum(np.dtype(one).itemsize for one in types)


def population_items(population: Population) -> list[Item]:
    """State and spike lists; the state is allocated with the population."""
    name, padded = population.name, padded_size(population.size)
    state = sum(array.itemsize for array in population.state.arrays.values() if len(array) > 1)
    linked = name in population.network._linkage.parts
    into = [p for p in population.network.projections.values() if p.pre is population]
    longest = max((p.longest_delay_steps for p in into), default=1)
    items = [
        Item(name, "state", padded, state, allocated=True),
        Item(name, "spikes on their way", padded, ENGINE + 4 * (longest + 1), linked),
    ]
    if slots := sum(map(inbox_slots, _inboxes(population).values())):
        real = np.dtype(population.network.real).itemsize
        items.append(Item(name, "inputs on their way", padded, real * slots, linked))
    if under_way := _values_under_way(population):
        items.append(Item(name, "values on their way", padded, under_way, linked))
    return items


def _values_under_way(pre: Population) -> int:
    """Bytes a neuron of what continuous transmission reads of it as it was some steps ago."""
    found: dict[tuple[str, int, bool], int] = {}
    for projection in list(pre.network.projections.values()):
        model = projection.model
        if projection.pre is not pre or model is None or model.psp is None:
            continue
        longest, each = projection.longest_delay_steps, projection.has_delay_each
        for read in model.psp.free_symbols:
            side, _, variable = str(read).partition(".")
            array = pre.state.arrays.get(variable)
            if side != "pre" or array is None or len(array) < pre.size:
                continue
            if each:
                found[variable, longest, each] = 2 * longest * array.itemsize  # each twice
            elif longest > 1:
                found[variable, longest, each] = (longest + 1) * array.itemsize
    return sum(found.values())


def _inboxes(post: Population) -> dict[str, int]:
    """The longest delay of each target whose inputs wait in an inbox, as far as it is known."""
    groups: dict[str, list[Projection]] = {}
    for projection in post.network.projections.values():
        waits = projection.post is post and projection.static and projection.has_delay_each
        if waits and projection.longest_delay_steps <= 255:
            groups.setdefault(projection.target, []).append(projection)
    found = {}
    for target, members in groups.items():
        longest = max(p.longest_delay_steps for p in members)
        n_synapses = sum(p.size if p.is_built else p.expected_size or 0 for p in members)
        if inbox_pays(longest, padded_size(post.size), n_synapses):
            found[target] = longest
    return found


def projection_items(projection: Projection) -> list[Item]:
    """Synapses, as they are or as the rule leads to expect."""
    name, network, built = projection.name, projection.network, projection.is_built
    n_rows, real = projection.pre.size, np.dtype(network.real).itemsize
    if projection.procedural:
        each = 8 + 8 * (network.threads + 1)
        return [Item(name, "rows", n_rows, each)] if projection.has_weight_each else []
    n = projection.size if built else projection.expected_size
    if built:
        in_segments = isinstance(projection.connectivity, Segments)
    else:
        in_segments = projection.static and segments_pay(n_rows, projection.post.size, n or 0)
    bytes_of_row = row_bytes(projection.post.size, network.threads, in_segments=in_segments)
    target = 2 if in_segments else np.dtype(narrow(projection.post.size)).itemsize
    weight = real if projection.has_weight_each else 0
    if projection.model is not None and not projection.static:
        one_delay = not projection.has_delay_each
        of_neurons = neuron_traces(projection.model, frozenset(), one_delay=one_delay).names
        variables = projection.model.variables
        own = [v for v in variables if v.locality == "local" and v.name not in of_neurons]
        weight *= "w" not in {v.name for v in own}
        weight += sum(np.dtype(DTYPES.get(v.dtype, network.real)).itemsize for v in own)
        if projection.event_driven.keys() - of_neurons:
            weight += np.dtype(np.int32).itemsize  # step up to which they have been followed
    items = [
        Item(name, "rows", n_rows, bytes_of_row, built),
        Item(name, "targets", n, target, built),
    ]
    if weight:
        what = "weights" if projection.static else "values"
        items.append(Item(name, what, n, weight, built))
    if projection.has_delay_each:
        # Where no inbox takes them, the place of each synapse, too, and copies in their order.
        in_inbox = projection.target in _inboxes(projection.post)
        ordered = not (in_inbox and projection.static and projection.longest_delay_steps <= 255)
        copied = 1 + 4 + target + (weight if projection.static else 0)
        items.append(Item(name, "delays", n, 1 + copied * ordered, built))
    if projection.model is not None and projection.model.post_spike:
        items += _seen_from_targets(projection, n, built)
    return items


def _seen_from_targets(projection: Projection, n: int | None, built: bool) -> list[Item]:
    """The synapses of each post neuron; they are known where all are connected to all."""
    pre, post = projection.pre.size, projection.post.size
    if built:
        dense = projection.connectivity.all_to_all(post)
    else:
        dense = isinstance(projection.connector, AllToAll) and n == pre * post
    each = BYTES[form_of(pre, post, n or 0)]
    return [
        Item(projection.name, "rows from the targets", post, 8, built),
        *([] if dense else [Item(projection.name, "seen from the targets", n, each, built)]),
    ]


def recorder_items(network: Network, duration: float) -> list[Item]:
    """What is recorded in ``duration`` ms."""
    items = []
    for owner, name, tap, record in network._recordings.in_progress():
        n_steps = round(duration / network.dt)
        if record.keep is not None:
            n_steps = min(n_steps, record.keep)
        item_bytes = np.dtype(network.real).itemsize
        if isinstance(tap.owner, Population) and tap.variable in tap.owner.state.arrays:
            item_bytes = tap.owner.state.arrays[tap.variable].itemsize
        count = len(tap.elements) * (n_steps // tap.period)
        items.append(Item(owner, f"record of {name}", count, item_bytes))
    return items


def check_population(where: str, size: int, model: NeuronModel, real: type) -> None:
    """A population of ``size`` neurons fits into memory.

    Raises
    ------
    NetworkError
        If it does not; the sum is explained.
    """
    item = Item("this population", "neurons", size, neuron_bytes(model, real))
    _refuse(where, [item], "take fewer neurons")


def check_projections(where: str, projections: Iterable[Projection]) -> None:
    """The synapses of ``projections`` that are not built yet fit into memory.

    Raises
    ------
    NetworkError
        If they do not; the sum is explained.
    """
    items = [item for p in projections if not p.is_built for item in projection_items(p)]
    hint = "connect fewer neurons, use dtype='float32' or one weight, or pass procedural=True"
    _refuse(where, items, hint)


def check_delay(where: str, projection: Projection) -> None:
    """The spikes, or values, that are on their way through ``projection`` fit into memory.

    Raises
    ------
    NetworkError
        If they do not; the sum is explained.
    """
    pre, longest = projection.pre, projection.longest_delay_steps
    if projection.has_delay_each:
        longest = min(longest, LONGEST_DELAY)  # longer ones are refused when they are known
    padded, real = padded_size(pre.size), np.dtype(projection.network.real).itemsize
    items = [Item(pre.name, "spikes on their way", padded, 4 * (longest + 1))]
    if projection.model is not None and projection.model.psp is not None:
        copies = 2 if projection.has_delay_each else 1
        items.append(Item(pre.name, "values on their way", padded, copies * real * longest))
    _refuse(where, items, "give shorter delays, or a longer dt")


def check_recording(where: str, network: Network, duration: float) -> None:
    """What is recorded in ``duration`` ms fits into memory.

    Raises
    ------
    NetworkError
        If it does not; the sum is explained.
    """
    hint = "record fewer neurons, or seldom (every=...), or simulate in shorter parts"
    _refuse(where, recorder_items(network, duration), hint)


def _refuse(where: str, items: Iterable[Item], hint: str) -> None:
    needed = [item for item in items if not item.allocated]
    if sum(item.nbytes for item in needed) < 1_000_000:
        return
    use = MemoryUse(tuple(needed), machine.available_memory())
    if use.available is not None and use.missing > use.available:
        raise NetworkError(
            f"{where}: {size_text(use.missing)} are needed and {size_text(use.available)} of "
            f"memory are free; {hint}.\n{use}"
        )
