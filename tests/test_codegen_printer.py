"""Expressions as C: spelling, types, and the value that a C compiler gives them."""

import ctypes
import math
from typing import cast

import numpy as np
import pytest
import sympy
from sympy import And, Expr, Float, Integer, Mul, Not, Or, Piecewise, Pow, Rational, S

from snnlab.codegen.lower import Steps
from snnlab.codegen.printer import CPrinter
from snnlab.engine.toolchain import find_toolchain
from snnlab.model.functions import Exprel, IsFinite, IsNan
from snnlab.model.ir import symbol

x, y, z, n = (symbol(name) for name in ("x", "y", "z", "n"))
NAMES = {x: "x", y: "y", z: "z", n: "n"}


def choose(*pairs):
    return Piecewise(*pairs, evaluate=False)


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        (Integer(2), "2.0"),
        (Float(0.1), "0.1"),
        (Float(1e-300), "1e-300"),
        (Rational(1, 3), "0.3333333333333333"),
        (S.Pi, "3.141592653589793"),
        (S.Infinity, "SNN_INFINITY"),
        (S.NegativeInfinity, "(-SNN_INFINITY)"),
        (S.NaN, "SNN_NAN"),
        (x - 2, "x - 2.0"),
        (-x - 2, "-x - 2.0"),
        (y - x, "y - x"),
        (x - y - z, "x - y - z"),
        (Mul(-1, x + y, evaluate=False), "-(x + y)"),
        (x / 3, "0.3333333333333333*x"),
        (-x / y, "-x/y"),
        (x / (y * z), "x/(y*z)"),
        ((x + y) / (z - x), "(x + y)/(z - x)"),
        (1 / (x * y), "1.0/(x*y)"),
        (x / y**3, "x/(y*y*y)"),
        (x**2, "x*x"),
        (x**4, "x*x*x*x"),
        (x**5, "pow(x, 5.0)"),
        (x**-2, "1.0/(x*x)"),
        (x * y**2, "x*(y*y)"),
        ((x + y) ** 2, "pow(x + y, 2.0)"),
        (2**x, "pow(2.0, x)"),
        (sympy.sqrt(x), "sqrt(x)"),
        (1 / sympy.sqrt(x), "1.0/sqrt(x)"),
        (x / 4, "x/4.0"),
        (sympy.Integer(2) / cast(Expr, Exprel(x)), "2.0*snn_inverse_exprel(x)"),
        (1 / cast(Expr, Exprel(x)), "snn_inverse_exprel(x)"),
        (y * Exprel(x), "y*snn_exprel(x)"),
        (sympy.exp(-x / y), "snn_exp(-x/y)"),
        (sympy.Abs(x - y), "fabs(x - y)"),
        (sympy.ceiling(x), "ceil(x)"),
        (sympy.atan2(x, y), "atan2(x, y)"),
        (Steps(x, y), "(int32_t)rint(x/y)"),
        (x > y, "(x > y)"),
        (x >= 0, "(x >= 0.0)"),
        (sympy.Eq(x, 1), "(x == 1.0)"),
        (sympy.Ne(x, 1), "(x != 1.0)"),
        (And(x > 0, y < 1), "((x > 0.0) & (y < 1.0))"),
        (Or(x > 0, y < 1), "((x > 0.0) | (y < 1.0))"),
        (Not(IsNan(x)), "(!(x != x))"),
        (IsFinite(x + y), "((x + y) - (x + y) == 0.0)"),
        (S.true, "1"),
        (S.false, "0"),
        (choose((x, x > 0), (y, True)), "((x > 0.0) ? x : y)"),
        (2 * choose((x, x > 0), (y, True)), "2.0*((x > 0.0) ? x : y)"),
        (
            choose((x, x > 0), (y, y > 0), (z, True)),
            "((x > 0.0) ? x : ((y > 0.0) ? y : z))",
        ),
    ],
    ids=str,
)
def test_expression_prints_as_c(expression, text):
    assert CPrinter(NAMES)(expression) == text


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        (0.1 * x, "0.1f*x"),
        (3 * x, "3.0f*x"),
        (sympy.exp(x), "snn_expf(x)"),
        (x ** Float(2.5), "powf(x, 2.5f)"),
        (choose((x, x > 0), (Integer(0), True)), "((x > 0.0f) ? x : 0.0f)"),
    ],
    ids=str,
)
def test_float32_prints_its_own_constants_and_functions(expression, text):
    assert CPrinter(NAMES, "float")(expression) == text


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        (n - 1, "n - 1"),
        (choose((n - 1, n > 0), (Integer(0), True)), "((n > 0) ? n - 1 : 0)"),
        (Steps(x, y), "(int32_t)rint(x/y)"),
        (n + x, "(int32_t)(n + x)"),
        (choose((n, x > 0.5), (Integer(3), True)), "((x > 0.5) ? n : 3)"),
    ],
    ids=str,
)
def test_integers_stay_integers_where_that_is_exact(expression, text):
    assert CPrinter(NAMES, integers={n}).integer(expression) == text


def test_functions_used_are_the_ones_to_declare():
    printer = CPrinter(NAMES)

    printer(sympy.exp(x) + x**y + sympy.sqrt(z) + x**2)

    assert printer.functions_used == {"snn_exp", "pow", "sqrt"}


def test_unknown_function_is_refused():
    with pytest.raises(TypeError) as error:
        CPrinter(NAMES)(sympy.gamma(x))
    assert str(error.value) == "codegen: no C form for the function gamma; add it to CPrinter."


def random_expression(rng, depth):
    """A tree of the operations that models are made of, finite for arguments around 1."""
    if depth == 0:
        leaves = [x, y, z, Integer(int(rng.integers(-3, 4))), Rational(int(rng.integers(1, 9)), 7)]
        return leaves[rng.integers(len(leaves))]
    a, b = random_expression(rng, depth - 1), random_expression(rng, depth - 1)
    forms = [
        lambda: a + b,
        lambda: a - b,
        lambda: a * b,
        lambda: -(a + b),
        lambda: a / (2 + b**2),
        lambda: Pow(a, int(rng.integers(2, 7))) / 10,
        lambda: sympy.exp(-(a**2)),
        lambda: sympy.sqrt(1 + a**2) ** -1,
        lambda: sympy.Abs(a) - b,
        lambda: choose((a, x > y), (b, x + y > z), (a - b, True)),
        lambda: choose((a, And(x > 0, Or(y > z, z < x))), (b, True)),
    ]
    return forms[rng.integers(len(forms))]()


def test_compiled_text_has_the_value_of_the_expression(rng, tmp_path):
    expressions = [random_expression(rng, depth=3) for _ in range(150)]
    printer = CPrinter(NAMES)
    functions = [
        f"double f{k}(double x, double y, double z) {{ return {printer(e)}; }}"
        for k, e in enumerate(expressions)
    ]
    source = tmp_path / "expressions.c"
    source.write_text("\n".join(["#include <math.h>", '#include "snnlab_math.h"', *functions]))
    library = tmp_path / "expressions.so"
    find_toolchain().compile(source, library)
    compiled = ctypes.CDLL(str(library))
    values = rng.uniform(-1.5, 1.5, 3).tolist()

    computed = []
    for k in range(len(expressions)):
        function = getattr(compiled, f"f{k}")
        function.restype = ctypes.c_double
        computed.append(function(*(ctypes.c_double(v) for v in values)))

    exact = {s: Float(v, 40) for s, v in zip((x, y, z), values, strict=True)}
    expected = [float(sympy.N(e.subs(exact), 30)) for e in expressions]
    assert all(math.isfinite(v) for v in expected)
    assert len(set(expected)) > 100
    # Sums cancel, so the error is relative to the size of the terms, not of the result.
    np.testing.assert_allclose(computed, expected, rtol=1e-9, atol=1e-9)
