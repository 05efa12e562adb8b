"""Passes over kernels: each computes the same, and does what it is for."""

from typing import Any

import pytest
import sympy
from models import ADEX, COBA, LIF, STDP
from sympy import Float, Integer, Piecewise, Symbol

from snnlab.codegen import lower, passes
from snnlab.codegen.kernel import Add, Buffer, Draw, Kernel, Let, Load, Store
from snnlab.codegen.lower import lower_neuron, lower_synapse
from snnlab.model.functions import Clip, Modulo, NegativePart, PositivePart, Round
from snnlab.model.ir import symbol
from snnlab.model.neuron import Neuron
from snnlab.model.synapse import Synapse

a, b, dt = symbol("a"), symbol("b"), symbol("dt")
v, w = Symbol("v 0", real=True), Symbol("w 0", real=True)

EVERY_FUNCTION = """
a = 0.7
b = -1.3
x = clip(r, -b, a) + pos(r - a) * neg(b + r) : init = 0.4
y = modulo(r, a) + round(3*r) + sign(r) + abs(r*b)
z = min(r, a, b) * max(r, x) + (r - a)**4 + (r*b + a)**7 + (r + b)**-2 + r**3
r = exp(-dt/a)*r + (1 - exp(-dt/a))*(x if r > b and not z < y else exprel(a*r)) : init = 0.3
"""
HODGKIN_HUXLEY = """
C = 1.
g_Na = 120.
g_K = 36.
g_L = 0.3
dn/dt = 0.01*(v + 55)/(1 - exp(-(v + 55)/10))*(1 - n) - 0.125*exp(-(v + 65)/80)*n : init = 0.3
dm/dt = 0.1*(v + 40)/(1 - exp(-(v + 40)/10))*(1 - m) - 4*exp(-(v + 65)/18)*m : init = 0.05
dh/dt = 0.07*exp(-(v + 65)/20)*(1 - h) - h/(1 + exp(-(v + 35)/10)) : init = 0.6
C*dv/dt = -g_Na*m**3*h*(v - 50) - g_K*n**4*(v + 77) - g_L*(v + 54.4) + 10 : init = -64.7
spike: v > 0
"""


def unoptimised(monkeypatch):
    """Kernels as lowering builds them, before any pass."""
    monkeypatch.setattr(lower, "_optimise", lambda kernel: kernel)
    neurons = [
        Neuron.from_cell(LIF, "LIF"),
        Neuron.from_cell(COBA, "COBA"),
        Neuron(**ADEX, name="AdEx"),
        Neuron.from_cell(HODGKIN_HUXLEY, "HH"),
        Neuron.from_cell(EVERY_FUNCTION, "every"),
    ]
    kernels = [k for neuron in neurons for k in lower_neuron(neuron.model)]
    return [*kernels, *lower_synapse(Synapse.from_cell(STDP, "STDP").model)]


def run(kernel, values):
    """What a kernel stores and adds, by buffer, computed with 30 digits."""
    known = dict(values)
    stored = {}

    def value(e):
        steps = {s: sympy.floor(s.args[0] / s.args[1]) for s in e.atoms(lower.Steps)}
        result = e.xreplace(steps).xreplace(known)
        return result if result in (sympy.true, sympy.false) else sympy.N(result, 30)

    for statement in (*kernel.prologue, *kernel.body):
        match statement:
            case Load(name, buffer):
                known[name] = values[buffer.name]
            case Let(name, e, _):
                known[name] = value(e)
            case Store(buffer, e):
                stored[buffer.name] = value(e)
            case Add(buffer, e):
                stored[buffer.name] = value(e)
    return stored


def inputs(kernel, rng):
    """Values for everything that a kernel reads: its scalars, its buffers, the clock."""
    values: dict[Any, sympy.Basic] = {
        symbol(name): Float(rng.uniform(0.5, 3.0), 30) for name in kernel.scalars
    }
    for buffer in kernel.buffers:
        whole = buffer.item != "real"
        values[buffer.name] = (
            Integer(int(rng.integers(0, 2))) if whole else Float(rng.uniform(-2.0, 2.0), 30)
        )
    return values | {dt: Float(0.1, 30), symbol("t"): Float(7.0, 30), symbol("(step)"): Integer(70)}


def same(first, second):
    """Equal to 20 digits, or the same truth value."""
    if first in (sympy.true, sympy.false):
        return first == second
    return bool(sympy.Abs(first - second) <= Float("1e-20", 30) * (1 + sympy.Abs(first)))


PASSES = [
    passes.remove_unused,
    passes.expand_functions,
    passes.expand_powers,
    passes.hoist_invariants,
    passes.share_subexpressions,
    lower._optimise,
]


@pytest.mark.parametrize("change", PASSES, ids=lambda p: p.__name__.strip("_"))
def test_pass_computes_the_same(change, monkeypatch, rng):
    kernels = unoptimised(monkeypatch)
    monkeypatch.undo()

    for kernel in kernels:
        for _ in range(3):
            values = inputs(kernel, rng)
            before, after = run(kernel, values), run(change(kernel), values)
            assert before.keys() == after.keys() != set()
            assert all(same(before[name], after[name]) for name in before), kernel.name


def body_of(*statements, scalars=("a", "b")):
    return Kernel("m_test_update", "neurons", scalars, statements)


def test_invariants_are_computed_before_the_loop():
    kernel = body_of(Load(v, Buffer("v")), Store(Buffer("v"), v * sympy.exp(-dt / a)))

    changed = passes.hoist_invariants(kernel)

    fixed = Symbol("fixed 1", real=True)
    assert changed.prologue == (Let(fixed, sympy.exp(-dt / a)),)
    assert changed.body[-1] == Store(Buffer("v"), fixed * v)


def test_invariant_part_of_a_product_is_split_off():
    kernel = body_of(Load(v, Buffer("v")), Store(Buffer("v"), a * b * v))

    changed = passes.hoist_invariants(kernel)

    assert changed.prologue == (Let(Symbol("fixed 1", real=True), a * b),)
    assert changed.body[-1] == Store(Buffer("v"), Symbol("fixed 1", real=True) * v)


def test_what_depends_on_the_neuron_stays_in_the_loop():
    kernel = body_of(Load(v, Buffer("v")), Store(Buffer("v"), sympy.exp(-v)))

    changed = passes.hoist_invariants(kernel)

    assert changed == kernel


def test_shared_subexpression_is_named_before_its_first_use():
    call = sympy.exp(v)
    kernel = body_of(
        Load(v, Buffer("v")), Store(Buffer("v"), call + 1), Store(Buffer("w"), 2 * call)
    )

    changed = passes.share_subexpressions(kernel)

    shared = Symbol("shared 1", real=True)
    assert changed.body == (
        Load(v, Buffer("v")),
        Let(shared, call),
        Store(Buffer("v"), shared + 1),
        Store(Buffer("w"), 2 * shared),
    )


def test_calls_leave_the_branches_of_a_conditional():
    chosen = Piecewise((sympy.exp(v), v > 0), (Integer(0), True), evaluate=False)
    kernel = body_of(Load(v, Buffer("v")), Store(Buffer("v"), chosen))

    changed = passes.share_subexpressions(kernel)

    shared = Symbol("shared 1", real=True)
    assert changed.body[1] == Let(shared, sympy.exp(v))
    assert changed.body[2] == Store(
        Buffer("v"), Piecewise((shared, v > 0), (Integer(0), True), evaluate=False)
    )


def test_unused_values_are_dropped():
    kernel = body_of(
        Load(v, Buffer("v")),
        Load(w, Buffer("w")),
        Let(Symbol("unused", real=True), w + 1),
        Store(Buffer("v"), v),
    )

    changed = passes.remove_unused(kernel)

    assert changed.body == (Load(v, Buffer("v")), Store(Buffer("v"), v))
    assert changed.buffers == (Buffer("v"),)


def test_high_power_becomes_products_of_squares():
    kernel = body_of(Load(v, Buffer("v")), Store(Buffer("v"), (v + a) ** 8))

    changed = passes.expand_powers(kernel)

    base, half = Symbol("power 1", real=True), Symbol("power 2", real=True)
    assert changed.body == (
        Load(v, Buffer("v")),
        Let(base, v + a),
        Let(half, base**4),
        Store(Buffer("v"), half**2),
    )


@pytest.mark.parametrize(
    ("call", "value", "expected"),
    [
        (Clip(v, a, b), {a: -1, b: 2, v: 5}, 2),
        (Clip(v, a, b), {a: -1, b: 2, v: -5}, -1),
        (PositivePart(v), {v: -3}, 0),
        (NegativePart(v), {v: -3}, -3),
        (Modulo(v, a), {v: -7, a: 3}, 2),
        (Round(v), {v: 2.5}, 3),
        (Round(v), {v: -2.5}, -3),
        (sympy.sign(v), {v: -0.1}, -1),
        (sympy.sign(v), {v: 0}, 0),
        (sympy.Min(v, a, b), {v: 3, a: 1, b: 2}, 1),
        (sympy.Max(v, a, b), {v: 2, a: 1, b: 3}, 3),
    ],
    ids=str,
)
def test_function_of_the_language_becomes_plain_c(call, value, expected):
    kernel = body_of(Load(v, Buffer("v")), Store(Buffer("v"), call))

    changed = passes.expand_functions(kernel)

    assert not any(
        type(e).__name__ in passes.FORMULAS
        for statement in changed.body
        if not isinstance(statement, Load | Draw)
        for e in sympy.preorder_traversal(statement.value)
    )
    arguments = {s: Float(x) for s, x in value.items()} | {"v": Float(value[v])}
    assert {name: float(x) for name, x in run(changed, arguments).items()} == {"v": expected}


def test_conditional_between_parameters_is_kept_together():
    chosen = Piecewise((a, a > b), (v, True), evaluate=False)
    kernel = body_of(Load(v, Buffer("v")), Store(Buffer("v"), chosen))

    changed = passes.hoist_invariants(kernel)

    assert changed == kernel
