"""Expressions: from text to tree, with every place kept, and back to text."""

import pytest

from snnlab.errors import ModelError
from snnlab.language.expressions import parse_expression
from snnlab.language.printer import expression_text
from snnlab.language.source import Source, Span
from snnlab.language.syntax import Chain, Name, Number, walk
from snnlab.language.tokens import logical_lines
from snnlab.model.neuron import Neuron


def parse(text, *, names=frozenset(), gradient=False):
    source = Source(text, "test")
    (line,) = logical_lines(source)
    return parse_expression(line.tokens, source, names=names, gradient=gradient)


@pytest.mark.parametrize(
    "text",
    [
        "a - b - c",
        "a - (b - c)",
        "a / b / c",
        "a / (b * c)",
        "-a^2",
        "(-a)^2",
        "a^-2",
        "a^b^c",
        "(a^b)^c",
        "-a * b",
        "-(a * b)",
        "a * -b",
        "-(a + b) * c",
        "not (a and b) or c < d",
        "a < b <= c",
        "(a < b) * 3",
        "exp((v - V_T) / delta)",
        "x if v > 0 else y if v > 1 else z",
        "(x if v > 0 else y) + 1",
        "20 ms + 3",
        "0.1/mV/ms * v",
        "(5 mV)^2",
        "sum(in) + pre.r",
        "clip(w - y, 0, w_max)",
        "a % b * c",
    ],
)
def test_canonical_text_is_read_back_unchanged(text):
    assert expression_text(parse(text)) == text


@pytest.mark.parametrize(
    ("typed", "canonical"),
    [
        ("a**2", "a^2"),
        ("if v>0: a else: b", "a if v > 0 else b"),
        (
            "if v > 0: if v > 1: a else: b else: c",
            "(a if v > 1 else b) if v > 0 else c",
        ),
        ("if v > 0: a else: if v < -1: b else: c", "a if v > 0 else b if v < -1 else c"),
        ("((a))", "a"),
        ("a is not b", "a != b"),
        ("20ms", "20 ms"),
        ("5 mV / ms", "5 mV/ms"),
        ("lambda * in", "lambda * in"),
    ],
)
def test_spellings_have_one_canonical_form(typed, canonical):
    assert expression_text(parse(typed)) == canonical


def test_places_survive_units_powers_and_conditionals():
    text = "if v > 20 ms: x^2 else: tau"

    spans = {
        part.name if isinstance(part, Name) else part.text: part.span
        for part in walk(parse(text))
        if isinstance(part, (Name, Number))
    }

    assert {name: text[span.column : span.end] for name, span in spans.items()} == {
        "v": "v",
        "20": "20 ms",
        "x": "x",
        "2": "2",
        "tau": "tau",
    }


def test_places_survive_line_breaks():
    tree = parse("a + b\n  - c")

    assert isinstance(tree, Chain)
    assert tree.operands[2].span == Span(2, 4, 5)


def test_a_parameter_hides_the_unit_of_its_name():
    assert expression_text(parse("5 mV / ms", names=frozenset({"ms"}))) == "5 mV / ms"


def test_derivatives_are_read_on_left_sides_only():
    left = parse("tau * dv/dt + v", gradient=True)
    right = parse("dv/dt", gradient=False)

    assert [type(part).__name__ for part in walk(left)].count("Derivative") == 1
    assert expression_text(left) == "tau * dv/dt + v"
    assert [type(part).__name__ for part in walk(right)] == ["Chain", "Name", "Name"]


def test_long_sums_are_flat():
    tree = parse(" + ".join(["a"] * 2000))

    assert isinstance(tree, Chain)
    assert len(tree.operands) == 2000


@pytest.mark.parametrize(
    "text",
    [
        "(" * 5000 + "a" + ")" * 5000,
        "-" * 4000 + "a",
        "not " * 4000 + "a",
        "a if a else " * 900 + "a",
        "**".join(["a"] * 2000),
        "exp(" * 101 + "a" + ")" * 101,
        " + ".join(["a"] * 2600),
    ],
    ids=["brackets", "minus", "not", "ternary", "power", "calls", "long"],
)
def test_hostile_sizes_are_refused_as_model_errors(text):
    with pytest.raises(ModelError) as error:
        parse(text)

    assert "split" in str(error.value).splitlines()[0]


def test_signs_of_printed_papers_are_operators():
    printed = Neuron("", "r = −2·t × 3\nu = 1 if t ≥ 1 and t ≤ 3 and t ≠ 2 else 0", name="N")

    typed = Neuron("", "r = -2*t * 3\nu = 1 if t >= 1 and t <= 3 and t != 2 else 0", name="N")
    assert printed.model == typed.model
    assert printed.text == typed.text
