"""Turn kernels into NumPy functions, without generating text.

Each statement becomes a closure over NumPy functions, so no Python source is made from a model
and nothing is evaluated. The same kernels as for C: this target runs where no compiler
exists, and every other target is tested against it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, assert_never, cast

import numpy as np
import sympy
from numpy.typing import NDArray
from sympy import Basic, Symbol

from snnlab.codegen.c_target import CTypes, index_buffers
from snnlab.codegen.kernel import (
    FIRST_DRAW,
    Add,
    Buffer,
    Draw,
    Item,
    Keep,
    Kernel,
    Let,
    Load,
    Store,
)

Environment = dict[Symbol, Any]
Value = Callable[[Environment], Any]
Index = slice | NDArray[np.intp]


def exprel(x: Any) -> Any:
    """(exp(x) - 1)/x, and 1 at 0."""
    x = np.asarray(x)
    with np.errstate(all="ignore"):
        return np.where(x == 0, x.dtype.type(1), np.expm1(x) / x)


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "exp": np.exp,
    "log": np.log,
    "sin": np.sin,
    "cos": np.cos,
    "tan": np.tan,
    "asin": np.arcsin,
    "acos": np.arccos,
    "atan": np.arctan,
    "atan2": np.arctan2,
    "sinh": np.sinh,
    "cosh": np.cosh,
    "tanh": np.tanh,
    "asinh": np.arcsinh,
    "acosh": np.arccosh,
    "atanh": np.arctanh,
    "floor": np.floor,
    "ceiling": np.ceil,
    "Abs": np.abs,
    "Exprel": exprel,
    "Steps": lambda duration, dt: np.rint(duration / dt),
    "IsNan": np.isnan,
    "IsFinite": np.isfinite,
}
RELATIONS: dict[type, Callable[..., Any]] = {
    sympy.Gt: np.greater,
    sympy.Ge: np.greater_equal,
    sympy.Lt: np.less,
    sympy.Le: np.less_equal,
    sympy.Eq: np.equal,
    sympy.Ne: np.not_equal,
}
_STEP, _DELAY = Symbol("(step)", real=True), Symbol("(delay)", real=True)
_T, _DT = Symbol("t", real=True), Symbol("dt", real=True)


@dataclass(frozen=True)
class Place:
    """The elements that one call works on, and the random stream that they draw from.

    ``element`` are neurons or synapses, ``pre`` and ``post`` (one for each element) the neurons of
    the synapses.
    """

    element: Index
    pre: NDArray[np.intp] | None
    post: NDArray[np.intp] | None
    step: int
    key: tuple[int, int]
    past: NDArray[np.int64] | None = None  # of each element, where in the past it looks


class NumpyKernel:
    """A kernel as a function of arrays.

    `run` takes the arrays of ``kernel.buffers`` in their order, the values of
    ``kernel.scalars``, and where and when it runs; it changes the arrays.
    """

    def __init__(self, kernel: Kernel, real: type = np.float64) -> None:
        self.kernel = kernel
        self.index_arrays = tuple(name for name, _ in index_buffers(kernel, CTypes()))
        self._dtypes: dict[Item, type] = {"real": real, "int": np.int32, "bool": np.bool_}
        self._scalars = [Symbol(name, real=True) for name in kernel.scalars]
        self._prologue: list[tuple[Symbol, Item, Value]] = [
            (let.symbol, let.item, _value(let.value)) for let in kernel.prologue
        ]
        self._body = [self._statement(s) for s in kernel.body]

    def run(
        self,
        arrays: Sequence[NDArray],
        scalars: NDArray,
        step: int,
        dt: float,
        key: tuple[int, int],
        delay: int,
        *,
        element: Index,
        pre: NDArray | None = None,
        post: NDArray | None = None,
        delays: NDArray | None = None,
    ) -> None:
        env: Environment = {_T: step * dt, _DT: dt, _STEP: step, _DELAY: delay}
        past = None if delays is None else delay + step % delay - delays[element].astype(np.int64)
        place = Place(element, pre, post, step, key, past)
        real = self._dtypes["real"]
        for s, value in zip(self._scalars, scalars, strict=False):
            env[s] = real(value)
        by_name = {b.name: a for b, a in zip(self.kernel.buffers, arrays, strict=True)}
        # Overflow and 0/0 happen in branches that are not taken; what is stored is checked.
        with np.errstate(all="ignore"):
            for s, item, value in self._prologue:
                env[s] = self._dtypes[item](value(env))
            for run in self._body:
                run(env, by_name, place)

    def _statement(self, statement: Any) -> Callable[..., None]:
        match statement:
            case Load(s, buffer):
                return _load(s, buffer)
            case Let(s, value, item):
                return self._let(s, _value(value), item)
            case Store(buffer, value):
                return _store(buffer, _value(value))
            case Add(buffer, value):
                return _accumulate(buffer, _value(value), np.add)
            case Keep(buffer, value, extreme):
                function = np.maximum if extreme == "max" else np.minimum
                return _accumulate(buffer, _value(value), function)
            case Draw():
                return _draw(statement)
            case _:
                assert_never(statement)

    def _let(self, s: Symbol, value: Value, item: Item) -> Callable[..., None]:
        dtype = self._dtypes[item]

        def run(env: Environment, arrays: Mapping, place: Place) -> None:
            env[s] = np.asarray(value(env)).astype(dtype, copy=False)

        return run


def _index(buffer: Buffer, place: Place) -> Any:
    match buffer.index:
        case "element":
            return place.element
        case "shared":
            return slice(0, 1)
        case "pre":
            return place.pre
        case "post":
            return place.post
        case "past":
            return place.pre, place.past
        case _:
            assert_never(buffer.index)


def _load(s: Symbol, buffer: Buffer) -> Callable[..., None]:
    def run(env: Environment, arrays: Mapping, place: Place) -> None:
        values = arrays[buffer.name][_index(buffer, place)]
        env[s] = values[0] if buffer.index == "shared" else values.copy()

    return run


def _store(buffer: Buffer, value: Value) -> Callable[..., None]:
    def run(env: Environment, arrays: Mapping, place: Place) -> None:
        # With a post index that occurs twice NumPy keeps the last value, as the loop in C does.
        arrays[buffer.name][_index(buffer, place)] = value(env)

    return run


def _accumulate(buffer: Buffer, value: Value, function: np.ufunc) -> Callable[..., None]:
    def run(env: Environment, arrays: Mapping, place: Place) -> None:
        # Unbuffered and in order: a target that occurs twice gets both.
        function.at(arrays[buffer.name], _index(buffer, place), value(env))

    return run


def _draw(draw: Draw) -> Callable[..., None]:
    arguments = [_value(a) for a in draw.arguments]
    distribution = DRAWS[draw.distribution]

    def run(env: Environment, arrays: Mapping, place: Place) -> None:
        stream = Stream(place, draw.number + FIRST_DRAW)
        values = np.broadcast_arrays(stream.elements, *(a(env) for a in arguments))[1:]
        env[draw.symbol] = distribution(stream, *values)

    return run


def _value(e: Basic) -> Value:
    """A function from the values of symbols to the value of ``e``."""
    if isinstance(e, Symbol):
        return lambda env: env[e]
    if e.is_Number or isinstance(e, sympy.NumberSymbol):
        number = float(cast(sympy.Expr, e))
        whole = int(number) if number.is_integer() and isinstance(e, sympy.Integer) else number
        return lambda env: whole
    if e == sympy.true or e == sympy.false:
        truth = e == sympy.true
        return lambda env: truth
    parts = [_value(a) for a in e.args] if not isinstance(e, sympy.Piecewise) else []
    if isinstance(e, sympy.Add):
        return lambda env: _folded(np.add, parts, env)
    if isinstance(e, sympy.Mul):
        return lambda env: _folded(np.multiply, parts, env)
    if isinstance(e, sympy.Pow):
        return _power(e)
    if isinstance(e, sympy.Piecewise):
        return _conditional(e)
    if isinstance(e, sympy.And):
        return lambda env: _folded(np.logical_and, parts, env)
    if isinstance(e, sympy.Or):
        return lambda env: _folded(np.logical_or, parts, env)
    if isinstance(e, sympy.Not):
        return lambda env: np.logical_not(parts[0](env))
    for relation, function in RELATIONS.items():
        if isinstance(e, relation):
            return lambda env: function(parts[0](env), parts[1](env))
    name = type(e).__name__
    if name not in FUNCTIONS:
        raise TypeError(f"codegen: no NumPy form for {name}; add it to numpy_target.FUNCTIONS.")
    function = FUNCTIONS[name]
    return lambda env: function(*(part(env) for part in parts))


def _folded(function: Callable[..., Any], parts: list[Value], env: Environment) -> Any:
    result = parts[0](env)
    for part in parts[1:]:
        result = function(result, part(env))
    return result


def _power(e: sympy.Pow) -> Value:
    base, exponent = _value(e.base), e.exp
    if exponent == sympy.Rational(1, 2):
        return lambda env: np.sqrt(base(env))
    if exponent == sympy.Rational(-1, 2):
        return lambda env: 1.0 / np.sqrt(base(env))
    if exponent.is_Integer and 0 < abs(int(exponent)) <= 4:
        n = abs(int(exponent))

        def product(env: Environment) -> Any:
            x = base(env)
            result = x
            for _ in range(n - 1):
                result = result * x
            return result if exponent > 0 else np.divide(1.0, result)

        return product
    power = _value(exponent)
    return lambda env: np.power(np.asarray(base(env), float), power(env))


def _conditional(e: sympy.Piecewise) -> Value:
    pairs = [(_value(a.args[0]), _value(a.args[1])) for a in e.args]

    def choose(env: Environment) -> Any:
        result: Any = 0.0
        for value, condition in reversed(pairs):
            result = np.where(condition(env), value(env), result)
        return result

    return choose


def philox(
    key: tuple[int, int], c0: NDArray, c1: NDArray, c2: NDArray, c3: NDArray
) -> tuple[NDArray[np.uint64], ...]:
    """Philox4x32-10 of many counters: four arrays of 32-bit numbers.

    The same as ``snn_philox`` (Salmon et al. 2011, SC'11, doi:10.1145/2063384.2063405).
    """
    low = np.uint64(0xFFFFFFFF)
    x0, x1, x2, x3 = (np.asarray(c).astype(np.uint64) & low for c in (c0, c1, c2, c3))
    k0, k1 = key
    for _ in range(10):
        p0, p1 = x0 * np.uint64(0xD2511F53), x2 * np.uint64(0xCD9E8D57)
        x0, x1, x2, x3 = (
            (p1 >> np.uint64(32)) ^ x1 ^ np.uint64(k0),
            p1 & low,
            (p0 >> np.uint64(32)) ^ x3 ^ np.uint64(k1),
            p0 & low,
        )
        k0, k1 = (k0 + 0x9E3779B9) & 0xFFFFFFFF, (k1 + 0xBB67AE85) & 0xFFFFFFFF
    return x0, x1, x2, x3


def unit(high: NDArray[np.uint64], low: NDArray[np.uint64]) -> NDArray[np.float64]:
    """52 random bits as doubles in (0, 1), as ``snn_unit``."""
    bits = (high << np.uint64(20)) ^ (low >> np.uint64(12))
    return (bits.astype(np.float64) + 0.5) * (1.0 / 4503599627370496.0)


class Stream:
    """The random numbers of one draw of many elements in one step."""

    def __init__(self, place: Place, number: int) -> None:
        element = place.element
        is_range = isinstance(element, slice)
        self.elements = np.arange(element.start, element.stop) if is_range else element
        self._step, self._key, self._number = place.step, place.key, number

    def bits(self, attempt: int = 0) -> tuple[NDArray[np.uint64], ...]:
        """Four 32-bit numbers an element."""
        n = len(self.elements)
        counters = self._step & 0xFFFFFFFF, self._step >> 32, self._number | attempt << 16
        low, high, number = (np.full(n, c) for c in counters)
        return philox(self._key, low, high, self.elements, number)

    def uniform(self, attempt: int = 0) -> NDArray[np.float64]:
        bits = self.bits(attempt)
        return unit(bits[0], bits[1])

    def gauss(self, attempt: int = 0) -> NDArray[np.float64]:
        bits = self.bits(attempt)
        radius = np.sqrt(-2.0 * np.log(unit(bits[0], bits[1])))
        return radius * np.cos(6.283185307179586 * unit(bits[2], bits[3]))


def _large_count(stream: Stream, mean: NDArray, variance: NDArray) -> NDArray:
    return np.maximum(np.floor(mean + np.sqrt(variance) * stream.gauss() + 0.5), 0.0)


def _poisson(stream: Stream, mean: NDArray) -> NDArray:
    u = stream.uniform()
    count = np.zeros(len(u))
    probability = np.exp(-mean)
    total = probability.copy()
    small = (mean > 0) & (mean <= LARGE_MEAN)
    going = small & (u > total) & (probability > 0)
    while going.any():
        count[going] += 1
        probability = np.where(going, probability * mean / np.maximum(count, 1), probability)
        total = np.where(going, total + probability, total)
        going = small & (u > total) & (probability > 0)
    return np.where(mean > LARGE_MEAN, _large_count(stream, mean, mean), count)


def _binomial(stream: Stream, n: NDArray, p: NDArray) -> NDArray:
    u = stream.uniform()
    count = np.zeros(len(u))
    rarer = np.where(p > 0.5, 1.0 - p, p)
    odds = rarer / (1.0 - rarer)
    probability = np.exp(n * np.log1p(-rarer))
    total = probability.copy()
    random = (p > 0) & (p < 1) & (n > 0)
    large = random & (n * rarer > LARGE_MEAN)
    going = random & ~large & (u > total) & (count < n)
    while going.any():
        step = odds * (n - count) / (count + 1.0)
        probability = np.where(going, probability * step, probability)
        count[going] += 1
        total = np.where(going, total + probability, total)
        going &= (u > total) & (count < n)
    many = np.minimum(_large_count(stream, n * rarer, n * rarer * (1.0 - rarer)), n)
    count = np.where(large, many, count)
    count = np.where(random & (p > 0.5), n - count, count)
    return np.where((p >= 1) & (n > 0), n, count)


def _gamma(stream: Stream, shape: NDArray, scale: NDArray) -> NDArray:
    d = np.where(shape < 1.0, shape + 1.0, shape) - 1.0 / 3.0
    c = 1.0 / np.sqrt(9.0 * d)
    value, missing = d.copy(), shape > 0
    for attempt in range(1, 1000):
        if not missing.any():
            break
        x, u = stream.gauss(attempt), stream.uniform(attempt + 1000)
        v = (1.0 + c * x) ** 3
        taken = missing & (v > 0) & (np.log(u) < 0.5 * x * x + d - d * v + d * np.log(np.abs(v)))
        value = np.where(taken, d * v, value)
        missing &= ~taken
    boosted = value * np.power(stream.uniform(), 1.0 / shape)
    return np.where(shape > 0, scale * np.where(shape < 1.0, boosted, value), 0.0)


LARGE_MEAN = 500.0  # SNN_LARGE_MEAN
# Each as its namesake ``snn_draw_...`` in snnlab_kernel.h, where the sources are.
DRAWS: dict[str, Callable[..., Any]] = {
    "Uniform": lambda stream, low, high: low + (high - low) * stream.uniform(),
    "DiscreteUniform": lambda stream, low, high: np.floor(
        low + (high + 1.0 - low) * stream.uniform()
    ),
    "Bernoulli": lambda stream, p: (stream.uniform() < p).astype(float),
    "Exponential": lambda stream, rate: -np.log(stream.uniform()) / rate,
    "Normal": lambda stream, mean, sd: mean + sd * stream.gauss(),
    "LogNormal": lambda stream, mean, sd: np.exp(mean + sd * stream.gauss()),
    "Poisson": _poisson,
    "Binomial": _binomial,
    "Gamma": _gamma,
}
