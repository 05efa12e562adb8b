"""Units of measurement and the one internal system: ms, mV, pA, um, mM.

The internal system is coherent: nS * mV = pA and pF * mV / ms = pA, so that equations need
no factors. Knows unit names only; which quantity has which unit is a question of the model.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

# Exponents of time, voltage, current, length and concentration.
Dimension = tuple[Fraction, Fraction, Fraction, Fraction, Fraction]

BASE_NAMES = ("ms", "mV", "pA", "um", "mM")  # the internal unit of each


def dimension(
    time: int = 0, *, voltage: int = 0, current: int = 0, length: int = 0, concentration: int = 0
) -> Dimension:
    """The dimension with these exponents."""
    return (
        Fraction(time),
        Fraction(voltage),
        Fraction(current),
        Fraction(length),
        Fraction(concentration),
    )


DIMENSIONLESS = dimension()
TIME = dimension(1)
VOLTAGE = dimension(voltage=1)


@dataclass(frozen=True)
class Unit:
    """A unit; ``scale`` internal units make one of it."""

    name: str  # as a person writes it: "nS/mV"
    scale: float
    dimension: Dimension

    @property
    def inverse(self) -> Unit:
        return Unit(f"1/{self.name}", 1.0 / self.scale, power(self.dimension, -1))

    def __mul__(self, other: Unit) -> Unit:
        name = f"{self.name}*{other.name}"
        return Unit(name, self.scale * other.scale, multiply(self.dimension, other.dimension))

    def __truediv__(self, other: Unit) -> Unit:
        name = f"{self.name}/{other.name}"
        dimension = multiply(self.dimension, power(other.dimension, -1))
        return Unit(name, self.scale / other.scale, dimension)

    def __pow__(self, exponent: int) -> Unit:
        name = f"{self.name}^{exponent}"
        return Unit(name, self.scale**exponent, power(self.dimension, exponent))


def multiply(left: Dimension, right: Dimension) -> Dimension:
    """The dimension of a product."""
    a, b, c, d, e = (x + y for x, y in zip(left, right, strict=True))
    return (a, b, c, d, e)


def power(base: Dimension, exponent: int | Fraction) -> Dimension:
    """The dimension of a power."""
    a, b, c, d, e = (x * exponent for x in base)
    return (a, b, c, d, e)


def _table() -> dict[str, Unit]:
    """All simple units: a base with its prefixes, as powers of ten of the internal unit."""
    conductance = dimension(voltage=-1, current=1)
    capacitance = dimension(1, voltage=-1, current=1)
    resistance = dimension(voltage=1, current=-1)
    rate = dimension(-1)
    length = dimension(length=1)
    concentration = dimension(concentration=1)
    families: list[tuple[Dimension, dict[str, int]]] = [
        (TIME, {"s": 3, "ms": 0, "us": -3, "ns": -6}),
        (VOLTAGE, {"V": 3, "mV": 0, "uV": -3, "nV": -6}),
        (dimension(current=1), {"A": 12, "mA": 9, "uA": 6, "nA": 3, "pA": 0, "fA": -3}),
        (conductance, {"S": 9, "mS": 6, "uS": 3, "nS": 0, "pS": -3}),
        (capacitance, {"F": 12, "mF": 9, "uF": 6, "nF": 3, "pF": 0, "fF": -3}),
        (resistance, {"Ohm": -9, "kOhm": -6, "MOhm": -3, "GOhm": 0}),
        (rate, {"Hz": -3, "kHz": 0, "MHz": 3}),
        (length, {"m": 6, "cm": 4, "mm": 3, "um": 0, "nm": -3}),
        (concentration, {"M": 3, "mM": 0, "uM": -3, "nM": -6}),
    ]
    return {
        name: Unit(name, 10.0**exponent, dim)
        for dim, names in families
        for name, exponent in names.items()
    }


UNITS: dict[str, Unit] = _table()

_PIECE = re.compile(r"\s*([*/]?)\s*([A-Za-z]+)(?:\s*(?:\^|\*\*)\s*(-?\d))?")


def parse(text: str) -> Unit | None:
    """The unit that ``text`` names, such as ``"mV"``, ``"nS/mV"`` or ``"uF/cm^2"``; else None."""
    unit: Unit | None = None
    position = 0
    while position < len(text.rstrip()):
        match = _PIECE.match(text, position)
        if match is None or (match[1] == "") != (unit is None) or match[2] not in UNITS:
            return None
        piece = UNITS[match[2]]
        if match[3]:
            piece = piece ** int(match[3])
        if unit is not None:
            piece = unit / piece if match[1] == "/" else unit * piece
        unit = piece
        position = match.end()
    return unit


def internal_name(dim: Dimension) -> str:
    """The internal unit of a dimension in words: ``"mV/ms"``, ``"nS"``, ``"1"``."""
    for unit in UNITS.values():
        if unit.scale == 1.0 and unit.dimension == dim and unit.name != "kHz":
            return unit.name
    over = [_raised(n, x) for n, x in zip(BASE_NAMES, dim, strict=True) if x > 0]
    under = [_raised(n, -x) for n, x in zip(BASE_NAMES, dim, strict=True) if x < 0]
    return "/".join(["*".join(over) or "1", *under])


def _raised(name: str, exponent: Fraction) -> str:
    if exponent == 1:
        return name
    return f"{name}^{exponent}" if exponent.denominator == 1 else f"{name}^({exponent})"
