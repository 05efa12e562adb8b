"""From a checked model to kernels.

The whole pipeline is here: `lower_neuron` and `lower_synapse` build single-assignment bodies
in the order of the step (design of the schedule: `engine.schedule`) and send them through
the passes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import cast

import sympy
from sympy import Basic, Expr, Symbol
from sympy.logic.boolalg import Boolean

from snnlab.codegen.kernel import (
    AXON_SPIKED,
    INPUT,
    LAST_SPIKE,
    SPIKED,
    SPIKES_ARRIVED,
    TARGET,
    TOUCHED,
    WAIT,
    Add,
    Buffer,
    Draw,
    Index,
    Item,
    Keep,
    Kernel,
    Let,
    Load,
    Shape,
    Statement,
    Store,
)
from snnlab.codegen.passes import (
    expand_functions,
    expand_powers,
    hoist_invariants,
    remove_unused,
    share_subexpressions,
)
from snnlab.model.integrators import EVENT_DRIVEN, elapsed, solve_block
from snnlab.model.ir import (
    Assignment,
    DifferentialEquation,
    DType,
    Equation,
    Locality,
    NeuronModel,
    Parameter,
    RandomDraw,
    SynapseModel,
    Variable,
    symbol,
)
from snnlab.model.traces import NO_TRACES, Traces

ITEMS: dict[DType, Item] = {"float": "real", "int": "int", "bool": "bool"}
INDICES: dict[Locality, Index] = {
    "local": "element",
    "population": "shared",
    "projection": "shared",
    "postsynaptic": "post",
}
DT, T = symbol("dt"), symbol("t")
STEP, DELAY = symbol("(step)"), symbol("(delay)")  # of now; of a projection, in steps
POST_LAST_SPIKE = symbol(f"post.{LAST_SPIKE.name}")
SPIKE_TIMES = {  # each is dt times the step that a buffer holds
    "t_last": LAST_SPIKE.name,
    "t_pre": f"pre.{LAST_SPIKE.name}",
    "t_post": POST_LAST_SPIKE.name,
}
GLOBAL_OPERATION = re.compile(r"(mean|max|min|norm1|norm2)\((.+)\)$")


RESERVED = {
    buffer.name: buffer
    for buffer in (AXON_SPIKED, LAST_SPIKE, SPIKED, SPIKES_ARRIVED, TOUCHED, WAIT)
}


class Steps(sympy.Function):
    """``Steps(ms, dt)``: a duration in whole steps, the nearest."""

    nargs = 2


def lower_neuron(
    model: NeuronModel,
    *,
    per_neuron: frozenset[str] = frozenset(),
    targets: tuple[str, ...] = (),
) -> tuple[Kernel, ...]:
    """The kernels of a neuron: population-wide equations if there are any, then the update.

    ``per_neuron`` names the parameters that have one value for each neuron, ``targets`` the
    inputs that ``sum()`` adds up.
    """
    kernels = []
    shared = [e for e in model.equations if _locality(model, e) == "population"]
    own = [e for e in model.equations if _locality(model, e) != "population"]
    if shared:
        body = _Body(model, per_neuron, targets=targets)
        body.equations(shared)
        kernels.append(_optimise(body.kernel(f"{_identifier(model.name)}_once", "once")))
    body = _Body(model, per_neuron, targets=targets)
    body.neuron(model, own)
    kernels.append(_optimise(body.kernel(f"{_identifier(model.name)}_update", "neurons")))
    return tuple(kernels)


def lower_synapse(
    model: SynapseModel,
    *,
    per_synapse: frozenset[str] = frozenset(),
    localities: Mapping[str, str] = MappingProxyType({}),
    traces: Traces = NO_TRACES,
    own_delays: bool = False,
) -> tuple[Kernel, ...]:
    """The kernels of a synapse: at pre spikes, in every step, at post spikes, where needed.

    ``per_synapse`` names the parameters that have one value for each synapse.
    ``localities`` says which ``pre.x`` and ``post.x`` are one value for a "population".
    ``traces`` have one value for each neuron; those of pre neurons change in a kernel of their own
    ("arrival"), after every synapse has read them; "prefade" and "postfade" follow them.
    With ``own_delays`` each synapse transmits values of as many steps ago as its own delay.
    """
    name = _identifier(model.name)
    kernels = list(_trace_kernels(model, per_synapse, traces))
    if model.pre_spike:
        body = _Body(model, per_synapse, localities=localities, traces=traces)
        body.decay(model.equations, STEP)
        body.synapse_statements(model.pre_spike)
        kernels.append(_optimise(body.kernel(f"{name}_pre", "pre_row")))
    if model.pre_axon_spike:
        body = _Body(model, per_synapse, localities=localities)
        body.synapse_statements(model.pre_axon_spike)
        kernels.append(_optimise(body.kernel(f"{name}_axon", "pre_row")))
    driven = _driven(model.equations)
    clocked = [e for e in model.equations if e not in driven]
    local = [e for e in clocked if _locality(model, e) == "local"]
    if local:
        body = _Body(model, per_synapse, localities=localities)
        body.equations(local)
        kernels.append(_optimise(body.kernel(f"{name}_step", "pre_row")))
    if model.post_spike:
        body = _Body(model, per_synapse, localities=localities, traces=traces)
        # Equations of this step have been solved when post_spike runs.
        body.decay(model.equations, STEP + 1)
        body.synapse_statements(model.post_spike)
        kernels.append(_optimise(body.kernel(f"{name}_post", "post_row")))
    for place in ("postsynaptic", "projection"):
        equations = [e for e in clocked if _locality(model, e) == place]
        if equations:
            body = _Body(model, per_synapse, localities=localities)
            body.equations(equations)
            if place == "projection":
                kernels.append(_optimise(body.kernel(f"{name}_once", "once")))
            else:
                kernel = body.kernel(f"{name}_semi", "neurons")
                kernels.append(_optimise(_over_neurons(kernel, "post")))
    if model.psp is not None:
        body = _Body(model, per_synapse, localities=localities, of_the_past=own_delays)
        body.transmit(model.psp, model.operation)
        kernels.append(_optimise(body.kernel(f"{name}_psp", "pre_row")))
    return tuple(kernels)


def lower_apply(
    model: SynapseModel,
    *,
    per_synapse: frozenset[str] = frozenset(),
    localities: Mapping[str, str] = MappingProxyType({}),
    traces: Traces = NO_TRACES,
) -> Kernel:
    """The kernel of the statements that run when a person asks for it."""
    body = _Body(model, per_synapse, localities=localities, traces=traces)
    body.decay(model.equations, STEP)
    body.synapse_statements(model.apply)
    return _optimise(body.kernel(f"{_identifier(model.name)}_apply", "pre_row"))


def _trace_kernels(
    model: SynapseModel, per_synapse: frozenset[str], traces: Traces
) -> Iterator[Kernel]:
    """What happens to the traces of a pre neuron at its spikes, and to traces in every step."""
    name = _identifier(model.name)
    changes = tuple(a for a in model.pre_spike if a.target.name in traces.pre)
    if changes:
        body = _Body(model, per_synapse, traces=traces, of_neuron=True)
        body.decay(model.equations, STEP)
        body.synapse_statements(changes)
        kernel = body.kernel(f"{name}_arrival", "neurons")
        yield _optimise(_over_neurons(kernel, "pre"))
    for side, names in (("pre", traces.pre if traces.followed else ()), ("post", traces.post)):
        if names:
            body = _Body(model, per_synapse, traces=traces, of_neuron=True)
            body.follow([e for e in _driven(model.equations) if e.variable.name in names], DT)
            kernel = body.kernel(f"{name}_{side}fade", "neurons")
            yield _optimise(_over_neurons(kernel, side))


def _over_neurons(kernel: Kernel, side: str) -> Kernel:
    """The kernel with the pre or the post neuron as its element."""

    def moved(statement: Statement | Draw) -> Statement | Draw:
        if isinstance(statement, Load | Store | Add | Keep) and statement.buffer.index == side:
            return replace(statement, buffer=replace(statement.buffer, index="element"))
        return statement

    return replace(kernel, body=tuple(moved(s) for s in kernel.body))


def _optimise(kernel: Kernel) -> Kernel:
    kernel = remove_unused(kernel)
    kernel = expand_functions(kernel)
    kernel = expand_powers(kernel)
    kernel = hoist_invariants(kernel)
    kernel = share_subexpressions(kernel)
    return remove_unused(kernel)


class _Body:
    """A body under construction: ``now`` maps each symbol of the model to its latest value."""

    def __init__(
        self,
        model: NeuronModel | SynapseModel,
        individual: frozenset[str],
        *,
        targets: tuple[str, ...] = (),
        localities: Mapping[str, str] = MappingProxyType({}),
        traces: Traces = NO_TRACES,
        of_neuron: bool = False,
        of_the_past: bool = False,
    ) -> None:
        """``of_neuron``: the body changes traces of pre neurons; synapses only read them.
        ``of_the_past``: variables of pre neurons are those of as long ago as a synapse's delay."""
        self._model = model
        self._traces = traces
        self._of_neuron = of_neuron
        self._of_the_past = of_the_past
        self._targets = targets
        self._localities = localities
        self._parameters: dict[Symbol, Parameter] = {symbol(p.name): p for p in model.parameters}
        self._variables: dict[Symbol, Variable] = {symbol(v.name): v for v in model.variables}
        self._draws: dict[Symbol, tuple[int, RandomDraw]] = {
            symbol(d.name): (n, d) for n, d in enumerate(model.draws)
        }
        self._individual = {
            p.name for p in model.parameters if p.name in individual or p.locality == "local"
        }
        self._statements: list[Statement | Draw] = []
        self._now: dict[Symbol, Expr] = {}
        self._changed: dict[Symbol, Buffer] = {}
        self._versions: dict[str, int] = {}

    def kernel(self, name: str, shape: Shape) -> Kernel:
        stores = [Store(buffer, self._now[s]) for s, buffer in self._changed.items()]
        scalars = tuple(p.name for p in self._model.parameters)
        return Kernel(name, shape, scalars, (*self._statements, *stores))

    # Values ------------------------------------------------------------------------------

    def _buffer(self, s: Symbol) -> Buffer:
        if s in self._variables:
            variable = self._variables[s]
            if s.name in self._traces.names:
                return Buffer(s.name, "pre" if s.name in self._traces.pre else "post")
            return Buffer(s.name, INDICES[variable.locality], ITEMS[variable.dtype])
        if s in self._parameters:
            return Buffer(s.name, "element", ITEMS[self._parameters[s].dtype])
        if s.name in RESERVED:
            return RESERVED[s.name]
        side, _, rest = s.name.partition(".")
        if side in ("pre", "post") and rest:
            one = self._localities.get(s.name) == "population"
            item: Item = "int" if rest == LAST_SPIKE.name else "real"
            if self._of_the_past and side == "pre" and item == "real" and not one:
                return Buffer(s.name, "past")
            return Buffer(s.name, "shared" if one else cast(Index, side), item)
        if s.name == "g_target":
            return TARGET
        one = GLOBAL_OPERATION.match(s.name) is not None
        return Buffer(s.name, "shared" if one else "element")

    def value(self, e: Basic) -> Basic:
        """``e`` with every symbol of the model replaced by its latest value."""
        # Sorted, because the order of loads is part of the text and so of the cache's key.
        return cast(Basic, e.xreplace({s: self._latest(s) for s in sorted(_symbols(e), key=str)}))

    def _latest(self, s: Symbol) -> Expr:
        if s in self._now:
            return self._now[s]
        if s in (T, DT, STEP, DELAY):
            return s
        if s.name in SPIKE_TIMES:
            self._now[s] = self._latest(symbol(SPIKE_TIMES[s.name])) * DT
            return self._now[s]
        if s.name == "sum()":
            inputs = [self._latest(symbol(f"sum({target})")) for target in self._targets]
            self._now[s] = sympy.Add(*inputs)
            return self._now[s]
        if s in self._draws:
            number, draw = self._draws[s]
            arguments = tuple(self.value(a) for a in draw.arguments)
            local = self._fresh(s.name)
            self._statements.append(Draw(local, draw.distribution, arguments, number))
            self._now[s] = local
            return local
        if s in self._parameters and s.name not in self._individual:
            value: Expr = s
        else:
            value = self._fresh(s.name)
            self._statements.append(Load(value, self._buffer(s)))
        parameter = self._parameters.get(s)
        if parameter is not None and parameter.unit is not None and parameter.unit.scale != 1:
            value = value * sympy.Float(parameter.unit.scale)
        self._now[s] = value
        return value

    def _fresh(self, stem: str) -> Symbol:
        """A new name for a version of ``stem``; the space keeps it apart from written names."""
        version = self._versions.get(stem, 0)
        self._versions[stem] = version + 1
        return Symbol(f"{stem} {version}", real=True)

    def let(self, stem: str, value: Basic, item: Item = "real") -> Symbol:
        name = self._fresh(stem)
        self._statements.append(Let(name, value, item))
        return name

    def assign(self, s: Symbol, value: Basic) -> None:
        """``s`` has a new value from here on, which is stored at the end."""
        buffer = self._buffer(s)
        self._now[s] = self.let(s.name, value, buffer.item)
        if self._of_neuron or s.name not in self._traces.pre:
            self._changed[s] = buffer

    def bound(self, s: Symbol) -> None:
        """Apply the variable's min and max to its latest value."""
        variable = self._variables.get(s)
        if variable is None:
            return
        for limit, relation in ((variable.minimum, sympy.Lt), (variable.maximum, sympy.Gt)):
            if limit is not None:
                now, edge = self._now[s], self.value(limit)
                chosen = (edge, relation(now, edge)), (now, True)
                clipped = sympy.Piecewise(*chosen, evaluate=False)
                self._now[s] = self.let(s.name, clipped)

    # Equations ---------------------------------------------------------------------------

    def equations(self, equations: Iterable[Equation], active: Symbol | None = None) -> None:
        """Blocks of differential equations together, assignments one by one, as written.

        While ``active`` is 0 (refractory) everything but the conductances stands still.
        """
        for block in _blocks(equations):
            if isinstance(block, Assignment):
                self._change(block.target, self.value(block.value), active)
                continue
            update = solve_block(block, DT)
            for s, value in update.temporaries:
                self._now[s] = self.let(s.name, self.value(value))
            new = [(s, self.value(value)) for s, value in update.updates]
            named = [(s, self.let(f"{s.name}_next", value)) for s, value in new]
            for s, _ in update.temporaries:
                del self._now[s]
            for s, value in named:
                self._change(s, value, active)

    def _change(self, s: Symbol, value: Basic, active: Symbol | None) -> None:
        if active is not None and not s.name.startswith("g_"):
            value = sympy.Piecewise((value, active), (self._latest(s), True), evaluate=False)
        self.assign(s, value)
        self.bound(s)

    def neuron(self, model: NeuronModel, equations: list[Equation]) -> None:
        """Equations, then the events in the order of the text: test, reset, refractory period."""
        spike = next((e for e in model.events if e.name == "spike"), None)
        wait = active = None
        if spike is not None and spike.refractory is not None:
            wait = self._fresh("wait")
            self._statements.append(Load(wait, WAIT))
            active = self.let("active", sympy.Eq(wait, 0), "bool")
        self.equations(equations, active)
        for event in model.events:
            condition = cast(Boolean, self.value(event.condition))
            if event is spike and active is not None:
                condition = sympy.And(active, condition)
            if event.name == "axon_spike" and symbol(SPIKED.name) in self._now:
                condition = sympy.And(sympy.Not(self._now[symbol(SPIKED.name)]), condition)
            happens = self.let(f"is {event.name}", condition, "bool")
            for assignment in event.reset:
                s = assignment.target
                chosen = (self.value(assignment.value), happens), (self._latest(s), True)
                self.assign(s, sympy.Piecewise(*chosen, evaluate=False))
            if event is spike:
                self._spike(happens, wait, event.refractory)
            elif event.name == "axon_spike":
                self._changed[symbol(AXON_SPIKED.name)] = AXON_SPIKED
                self._now[symbol(AXON_SPIKED.name)] = happens

    def _spike(self, spiked: Symbol, wait: Symbol | None, refractory: Expr | None) -> None:
        """Flag the spike and set the countdown; it may depend on what the reset has changed."""
        self._changed[symbol(SPIKED.name)] = SPIKED
        self._now[symbol(SPIKED.name)] = spiked
        if wait is None or refractory is None:
            return
        steps = self.let("pause", cast(Expr, Steps(self.value(refractory), DT)), "int")
        less = (wait - 1, sympy.Gt(wait, 0)), (sympy.Integer(0), True)
        waiting = sympy.Piecewise(*less, evaluate=False)
        left = sympy.Piecewise((steps, spiked), (waiting, True), evaluate=False)
        self._now[symbol(WAIT.name)] = self.let("wait", left, "int")
        self._changed[symbol(WAIT.name)] = WAIT

    # Synapses ----------------------------------------------------------------------------

    def decay(self, equations: Iterable[Equation], step: Expr) -> None:
        """Bring the event-driven variables from when they were last touched to ``step``.

        Traces that are followed in every step are up to date.
        """
        driven = _driven(equations)
        names = self._traces.names
        pre = self._traces.pre if not self._traces.followed else frozenset()
        own = [e for e in driven if e.variable.name not in names and not self._of_neuron]
        self._pass(own, symbol(TOUCHED.name), step)
        self._pass([e for e in driven if e.variable.name in pre], symbol(SPIKES_ARRIVED.name), step)

    def _pass(self, driven: list[DifferentialEquation], since: Symbol, step: Expr) -> None:
        if not driven:
            return
        interval = symbol("(elapsed)")
        self._now[interval] = self.let("passed", DT * (step - self._latest(since)))
        self.follow(driven, interval)
        if since.name != SPIKES_ARRIVED.name or self._of_neuron:
            self.assign(since, step)

    def follow(self, driven: list[DifferentialEquation], interval: Symbol) -> None:
        """Let ``interval`` (ms) pass for event-driven variables."""
        new = [(e.variable, self.value(elapsed(e, interval))) for e in driven]
        for s, value in new:
            self.assign(s, value)
            self.bound(s)

    def synapse_statements(self, statements: tuple[Assignment, ...]) -> None:
        """``g_target`` first, whatever the order of the text, then the others as written."""
        conductance = symbol("g_target")
        ordered = sorted(statements, key=lambda a: a.target != conductance)
        for assignment in ordered:
            if assignment.target == conductance:
                increment = self.value(assignment.value - conductance)
                self._statements.append(Add(self._buffer(conductance), increment))
                continue
            value = self.value(assignment.value)
            if assignment.unless_post:
                # The post neuron spiked in the step in which this spike was emitted.
                together = sympy.Eq(self._latest(POST_LAST_SPIKE), STEP - DELAY)
                kept = (self._latest(assignment.target), together), (value, True)
                value = sympy.Piecewise(*kept, evaluate=False)
            self.assign(assignment.target, value)
            self.bound(assignment.target)

    def transmit(self, psp: Expr, operation: str) -> None:
        """Add each synapse's ``psp`` to its post neuron's input, or keep the extreme one."""
        value = self.let("psp", self.value(psp))
        if operation in ("sum", "mean"):
            self._statements.append(Add(INPUT, value))
            return
        self._statements.append(Keep(INPUT, value, "max" if operation == "max" else "min"))


def _driven(equations: Iterable[Equation]) -> list[DifferentialEquation]:
    return [
        e for e in equations if isinstance(e, DifferentialEquation) and e.method == EVENT_DRIVEN
    ]


def _locality(model: NeuronModel | SynapseModel, equation: Equation) -> str:
    target = equation.variable if isinstance(equation, DifferentialEquation) else equation.target
    return next((v.locality for v in model.variables if v.name == target.name), "local")


def _blocks(
    equations: Iterable[Equation],
) -> Iterator[tuple[DifferentialEquation, ...] | Assignment]:
    """Runs of differential equations, and single assignments, in the order of the text."""
    block: list[DifferentialEquation] = []
    for equation in equations:
        if isinstance(equation, DifferentialEquation):
            block.append(equation)
            continue
        if block:
            yield tuple(block)
            block = []
        yield equation
    if block:
        yield tuple(block)


def _symbols(e: Basic) -> set[Symbol]:
    return cast(set[Symbol], e.free_symbols)


def _identifier(name: str) -> str:
    """A C identifier from a model's name; the name itself is untrusted text."""
    return "m_" + re.sub(r"[^A-Za-z0-9_]", "_", name)[:40]
