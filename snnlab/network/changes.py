"""What was changed in a network, and when: the log of a session.

Every change goes through `apply`, when it is made and when it is made again.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any, Literal, cast

import numpy as np
from numpy.typing import NDArray

from snnlab.errors import NetworkError, SimulationError
from snnlab.network.courses import Course
from snnlab.network.distributions import Distribution
from snnlab.network.inputs import TimedArray

if TYPE_CHECKING:
    from snnlab.network.drives import PoissonDrive
    from snnlab.network.network import Network
    from snnlab.network.population import Population
    from snnlab.network.projection import Projection

    Member = Population | Projection | PoissonDrive

Kind = Literal["set", "kick", "shift", "scale", "call", "stimulate"]
How = Literal["set", "kick", "shift", "scale"]
OwnerKind = Literal["population", "projection", "drive"]
SILENCED = "(silenced)"  # uint8 array of a population: 1 for neurons whose spikes are taken away
CALLS = ("apply", "start_pruning", "stop_pruning", "start_creating", "stop_creating")
LIMIT = 256_000_000  # bytes of values that a log keeps
ENTRY = 500  # bytes of a change without its values
LONG = 32  # more numbers than a person reads are written as one word


@dataclass(frozen=True, eq=False)
class Change:
    """Something that was changed before a step was run.

    Parameters
    ----------
    step
        The first step that it acts on.
    owner, of
        Name of the population, projection or drive, and which of them it is.
    name
        Of the parameter or variable; "w" for the weights of a projection; of a call its method.
    value
        A number, or an array with one for each of ``neurons``, or of all elements.
    kind
        "set" to a value; "kick": the value is added; "shift", "scale": a parameter or weights
        are increased or multiplied by a number; "call": a method with ``value``;
        "stimulate": a `Course` that is added to a parameter.
    neurons
        int32: the elements that are changed, synapses of a projection; None: all.
    drawn
        The distribution that the values were drawn from, and the number of the draw.
    """

    step: int
    owner: str
    name: str
    value: Any
    kind: Kind = "set"
    neurons: NDArray[np.int32] | None = None
    of: OwnerKind = "population"
    drawn: tuple[Any, int] | None = None

    @property
    def key(self) -> tuple[str, str, str]:
        return self.of, self.owner, self.name

    @property
    def nbytes(self) -> int:
        arrays = [a for a in (self.value, self.neurons) if isinstance(a, np.ndarray)]
        if isinstance(self.value, Course):
            arrays += [self.value.starts, self.value.values]
        return ENTRY + sum(a.nbytes for a in arrays)

    @property
    def is_whole(self) -> bool:
        """Whether it leaves nothing of what the attribute was before."""
        return self.kind == "set" and self.neurons is None

    def __repr__(self) -> str:
        value = f"{len(self.value)} values" if isinstance(self.value, np.ndarray) else self.value
        some = "" if self.neurons is None else f" of {len(self.neurons)}"
        return f"step {self.step}: {self.kind} {self.owner}.{self.name}{some} {value}"


def change_of(
    owner: Member,
    name: str,
    value: Any,
    kind: Kind = "set",
    neurons: NDArray[np.int32] | None = None,
    drawn: tuple[Any, int] | None = None,
) -> Change:
    """A change of ``owner`` that has not been made; values are copied."""
    if value is not None:
        value = np.asarray(value)
        if neurons is not None and value.size and (value == value.flat[0]).all():
            value = value.ravel()[:1].reshape(())
        value = value.item() if value.ndim == 0 else np.array(value)
    return Change(-1, owner.name, name, value, kind, neurons, owner._kind, drawn)


def owner_of(network: Network, change: Change) -> Member:
    """The population or projection that a change is of.

    Raises
    ------
    NetworkError
        If the network has none of this name.
    """
    owners = network.members(change.of)
    if change.owner not in owners:
        known = ", ".join(repr(name) for name in owners) or "none"
        raise NetworkError(
            f"Network: the log changes {change.of} '{change.owner}', and there are {known}; "
            f"build the network as it was when the log was made."
        )
    return owners[change.owner]


def apply(owner: Member, change: Change) -> None:
    """Make ``change``, between two steps."""
    if change.kind == "call":
        arguments = () if change.value is None else (change.value,)
        getattr(owner, f"_{change.name}")(*arguments)
    elif change.kind == "stimulate":
        cast("Population", owner)._stimulate(change)  # others are not stimulated
    else:
        owner._put(change.name, change.value, change.neurons, change.kind)


def changed(old: NDArray, elements: NDArray[np.int32] | None, by: Any, how: How) -> NDArray:
    """What ``elements`` of ``old`` become when they are increased or multiplied."""
    old = old if elements is None else old[elements]
    return old * by if how == "scale" else old + by


class ParameterLog:
    """Every change of one session of a network, in the order in which they took effect.

    A session begins with the network as it was built or reset, or with a file that was loaded.
    """

    def __init__(self, dt: float, start: int = 0, origin: Any = None, path: str = "") -> None:
        self.dt = dt
        self.start = start  # step
        self.end = start  # step that the session has reached
        self.origin = origin  # the snapshot that it began with, if it was loaded
        self.path = path  # and its file
        self.complete = True
        self.grids: dict[str, tuple[int, ...]] = {}  # shapes of populations that are no row
        self.initial: dict[tuple[str, ...], Any] = {}  # what was before the first change of it
        self._changes: list[Change] = []
        self._sealed = 0  # changes that a snapshot counts on
        self._nbytes = 0

    def __iter__(self) -> Iterator[Change]:
        return iter(tuple(self._changes))

    def __len__(self) -> int:
        return len(self._changes)

    @property
    def newest(self) -> Change | None:
        """The last change."""
        return self._changes[-1] if self._changes else None

    def __repr__(self) -> str:
        n = len(self._changes)
        changes = "1 change" if n == 1 else f"{n} changes"
        return f"ParameterLog: {changes} from {self.start * self.dt:g} to {self.end * self.dt:g} ms"

    def append(self, change: Change) -> None:
        self.end = max(self.end, change.step)
        if not self.complete:
            return
        if change.is_whole:
            self._forget_useless(change)
        self._changes.append(change)
        self._nbytes += change.nbytes
        if self._nbytes > LIMIT:
            self.complete = False
            self._changes.clear()

    def _forget_useless(self, change: Change) -> None:
        """A slider that is dragged while nothing runs leaves its last value only."""
        while len(self._changes) > self._sealed:
            last = self._changes[-1]
            if (
                last.step != change.step
                or last.key != change.key
                or last.kind in ("call", "stimulate")
            ):
                return
            self._nbytes -= self._changes.pop().nbytes

    def seal(self) -> int:
        """Number of the changes made; they stay as they are from now on."""
        self._sealed = len(self._changes)
        return self._sealed

    def until(self, position: int, step: int) -> ParameterLog:
        """The log as it was after ``position`` changes, at ``step``."""
        log = ParameterLog(self.dt, self.start, self.origin, self.path)
        log.complete, log.end = self.complete, step
        log.initial, log.grids = dict(self.initial), dict(self.grids)
        log._changes = self._changes[:position]
        log._nbytes = sum(change.nbytes for change in log._changes)
        log._sealed = position
        return log

    def made_until(self, position: int) -> list[Change]:
        """The first changes, fewer if there were too many to be kept."""
        return self._changes[:position]

    def since(self, position: int) -> list[Change]:
        return self._changes[position:]

    def check_complete(self) -> None:
        """It holds every change.

        Raises
        ------
        SimulationError
            If there were too many.
        """
        if not self.complete:
            raise SimulationError(
                f"Network: the log of this session would hold more than {LIMIT // 10**6} MB of "
                f"values, so it was given up; call net.reset() to begin a new one."
            )

    def code(self, network: str = "net") -> str:
        """Python text that repeats the session, for a network as it was when the log began.

        Parameters
        ----------
        network
            What the network is called in the text.

        Raises
        ------
        SimulationError
            If the session changed more than a log holds.
        """
        self.check_complete()
        names = _Names(network)
        lines: list[str] = []
        needed = set[str]()
        now = self.start
        if self.path:
            lines.append(f"{network}.load({self.path!r})")
        for change in self._changes:
            if change.step > now:
                lines.append(f"{network}.simulate({_duration(change.step - now, self.dt)})")
                now = change.step
            text = self._value_text(change.value)
            if change.drawn is not None and _is_ours(change.drawn[0]):
                distribution, draw = change.drawn
                text = f"{_distribution_text(distribution)}.again({draw})"
                needed.add(type(distribution).__name__)
            lines.append(_statement(change, text, names, self.grids.get(change.owner)))
        if self.end > now:
            lines.append(f"{network}.simulate({_duration(self.end - now, self.dt)})")
        uses_numpy = any("np." in line for line in lines)
        imports = ["import numpy as np", ""] if uses_numpy else []
        if any(isinstance(change.value, TimedArray) for change in self._changes):
            needed.add("TimedArray")
        needed |= {
            type(c.value).__name__ for c in self._changes if isinstance(c.value, Distribution)
        }
        if needed:
            imports = [*imports, f"from snnlab import {', '.join(sorted(needed))}", ""]
        return "\n".join([*imports, *names.lines, *lines]) + "\n"

    def _value_text(self, value: Any) -> str:
        if isinstance(value, Distribution):
            return _distribution_text(value)
        if isinstance(value, Course):
            times = np.round(value.starts * self.dt, 9)
            return f"{number_text(times)}, {number_text(value.values)}"
        if not isinstance(value, TimedArray):
            return number_text(value)
        rows, starts, period = value.table(self.dt)
        text = number_text(rows.ravel())
        if rows.ndim > 1:
            text = f"np.reshape({text}, {rows.shape})"
        return f"TimedArray({text}, {number_text(starts)}, {period!r})"


def _distribution_text(distribution: Any) -> str:
    given = [(f.name, getattr(distribution, f.name), f.default) for f in fields(distribution)]
    written = [f"{name}={_one(value)}" for name, value, default in given if value != default]
    return f"{type(distribution).__name__}({', '.join(written)})"


def _is_ours(distribution: Any) -> bool:
    """Whether ``from snnlab import`` finds the class; of others the log has the values."""
    return type(distribution).__module__ == Distribution.__module__


class _Names:
    """Python names for populations and projections, and the lines that define them."""

    def __init__(self, network: str) -> None:
        self.network = network
        # What the code relies on is not to be hidden by a population that is called so.
        self._taken = {network, "np", "bytes", "float", "setattr", "TimedArray"}
        self._taken |= {law.__name__ for law in Distribution.__subclasses__()}
        self._names: dict[tuple[str, str], str] = {}
        self.lines: list[str] = []

    def of(self, change: Change) -> str:
        key = change.of, change.owner
        if key not in self._names:
            stem = re.sub(r"\W+", "_", change.owner.replace("->", "_to_"), flags=re.ASCII)
            stem = stem.strip("_") or change.of
            if stem[0].isdigit() or keyword.iskeyword(stem):
                stem = f"{change.of}_{stem}"
            name, n = stem, 1
            while name in self._taken:
                n += 1
                name = f"{stem}_{n}"
            self._taken.add(name)
            self._names[key] = name
            self.lines.append(f"{name} = {self.network}.{change.of}s[{change.owner!r}]")
        return self._names[key]


def _duration(n_steps: int, dt: float) -> str:
    """ms, as short as it can be written without meaning another number of steps."""
    return repr(round(n_steps * dt, 9))


def _statement(change: Change, value: str, names: _Names, shape: tuple[int, ...] | None) -> str:
    owner = names.of(change)
    if change.name == SILENCED:
        some = "" if change.neurons is None else f", neurons={number_text(change.neurons)}"
        return f"{names.network}.silence({owner}{some}{'' if change.value else ', on=False'})"
    if change.kind == "call":
        return f"{owner}.{change.name}({value if change.value is not None else ''})"
    elements = change.neurons
    if change.kind in ("shift", "scale"):
        return f"{names.network}.{change.kind}({owner}, {change.name!r}, {value})"
    if change.kind == "kick" and change.of == "projection":
        some = "..." if elements is None else elements_text(elements)
        return f"{owner}.{change.name}[{some}] += {value}"
    if change.kind in ("kick", "stimulate"):
        some = "" if elements is None else f", neurons={number_text(elements)}"
        return f"{names.network}.{change.kind}({owner}, {change.name!r}, {value}{some})"
    if elements is not None and change.of == "projection":
        return f"{owner}.{change.name}[{elements_text(elements)}] = {value}"
    if elements is not None and shape is not None:
        places = ", ".join(number_text(axis) for axis in np.unravel_index(elements, shape))
        owner = f"{owner}[{places}]"
    elif elements is not None:
        owner = f"{owner}[{elements_text(elements)}]"
    if change.name.isidentifier() and not keyword.iskeyword(change.name):
        return f"{owner}.{change.name} = {value}"
    return f"setattr({owner}, {change.name!r}, {value})"


def elements_text(elements: NDArray[np.int32]) -> str:
    """An index in Python: a slice where the elements are neighbours."""
    n = len(elements)
    if n > 1 and (np.diff(elements) == 1).all():
        return f"{elements[0]}:{elements[-1] + 1}"
    return number_text(elements)


def number_text(value: Any) -> str:
    """Python text of a number or an array that means exactly this value."""
    if not isinstance(value, np.ndarray):
        return _one(value)
    if len(value) <= LONG:
        return f"[{', '.join(_one(v) for v in value.tolist())}]"
    data = np.ascontiguousarray(value, value.dtype.newbyteorder("<"))
    return f'np.frombuffer(bytes.fromhex("{data.tobytes().hex()}"), "{data.dtype.str}")'


def _one(value: Any) -> str:
    value = value.item() if isinstance(value, np.generic) else value
    if isinstance(value, float) and not np.isfinite(value):
        return f'float("{value}")'
    return repr(value)


def dated(change: Change, step: int) -> Change:
    return replace(change, step=step)
