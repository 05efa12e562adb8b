"""Units form one coherent system, so that equations need no factors."""

import pytest

from snnlab.units import TIME, UNITS, dimension, internal_name, multiply, parse, power


@pytest.mark.parametrize(
    ("text", "scale"),
    [
        ("ms", 1.0),
        ("s", 1e3),
        ("V", 1e3),
        ("nA", 1e3),
        ("uS", 1e3),
        ("nF", 1e3),
        ("MOhm", 1e-3),
        ("Hz", 1e-3),
        ("mV/ms", 1.0),
        ("nA/uS", 1.0),
        ("pA*ms", 1.0),
        ("uF/cm^2", 0.01),
        ("1/s", 1e-3),
    ],
)
def test_unit_is_so_many_internal_units(text, scale):
    number, _, divisor = text.partition("1/")
    unit = UNITS[divisor].inverse if divisor and not number else parse(text)

    assert unit is not None
    assert unit.name == text
    assert unit.scale == pytest.approx(scale, rel=1e-14)


def test_conductance_times_voltage_is_a_current():
    product = UNITS["nS"] * UNITS["mV"]

    assert (product.scale, product.dimension) == (1.0, UNITS["pA"].dimension)


def test_capacitance_times_slope_is_a_current():
    product = UNITS["pF"] * UNITS["mV"] / UNITS["ms"]

    assert (product.scale, product.dimension) == (1.0, UNITS["pA"].dimension)


def test_resistance_times_capacitance_is_a_time():
    product = UNITS["GOhm"] * UNITS["pF"]

    assert (product.scale, product.dimension) == (1.0, TIME)


@pytest.mark.parametrize("text", ["", "msec", "mV/", "/mV", "mV nS", "5", "mV//ms", "mV^"])
def test_text_that_is_no_unit_is_refused(text):
    assert parse(text) is None


@pytest.mark.parametrize(
    ("dim", "name"),
    [
        (TIME, "ms"),
        (power(TIME, -1), "1/ms"),
        (UNITS["nS"].dimension, "nS"),
        (multiply(UNITS["mV"].dimension, power(TIME, -1)), "mV/ms"),
        (dimension(), "1"),
        (power(TIME, 2), "ms^2"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_dimension_has_a_name_in_internal_units(dim, name):
    assert internal_name(dim) == name
