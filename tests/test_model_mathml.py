"""MathML says what the LaTeX says, in elements that a browser shows by itself."""

import re
import xml.etree.ElementTree as ET

import pytest
from models import COBA, LIF, STDP

from snnlab import Neuron, Synapse, library
from snnlab.model.functions import BUILT_IN
from snnlab.model.latex import unit_latex
from snnlab.model.mathml import mathml
from snnlab.units import UNITS

NAMES = sorted(library.names())


def words(made: str) -> str:
    """What a reader sees, without spaces."""
    return "".join("".join(ET.fromstring(made).itertext()).split())  # noqa: S314


def inside(latex: str) -> str:
    return re.sub(r'^<math display="block">(.*)</math>$', r"\1", mathml(latex))


@pytest.mark.parametrize(
    ("latex", "expected"),
    [
        (r"\tau_{m}", "<msub><mi>τ</mi><mi>m</mi></msub>"),
        (
            r"V_{\mathrm{th}}",
            '<msub><mi>V</mi><mi mathvariant="normal">th</mi></msub>',
        ),
        (
            r"-\frac{a}{2.5}",
            "<mrow><mo>−</mo><mfrac><mi>a</mi><mn>2.5</mn></mfrac></mrow>",
        ),
        (r"\sqrt{x}^{2}", "<msup><msqrt><mi>x</mi></msqrt><mn>2</mn></msup>"),
        (
            r"\left[x\right]^{+}",
            '<msup><mrow><mo stretchy="true">[</mo><mi>x</mi><mo stretchy="true">]</mo></mrow>'
            "<mo>+</mo></msup>",
        ),
        (r"\text{if } v < 1", "<mrow><mtext>if&#xA0;</mtext><mi>v</mi><mo>&lt;</mo>"
         "<mn>1</mn></mrow>"),
        (r"\sum_{i} w", "<mrow><munder><mo>∑</mo><mi>i</mi></munder><mi>w</mi></mrow>"),
        (
            r"x \mathrel{\times}= 2",
            "<mrow><mi>x</mi><mo>×=</mo><mn>2</mn></mrow>",
        ),
        (r"x \mathrel{-}= 2", "<mrow><mi>x</mi><mo>−=</mo><mn>2</mn></mrow>"),
        (r"v_{a}^{b}", "<msubsup><mi>v</mi><mi>a</mi><mi>b</mi></msubsup>"),
    ],
)  # fmt: skip
def test_latex_becomes_elements(latex, expected):
    assert inside(latex) == expected


def test_equations_stand_below_each_other():
    made = mathml("\\begin{aligned}\na &= 1 \\\\\nb &\\leftarrow 2\n\\end{aligned}")

    rows = ET.fromstring(made).findall(".//mtr")  # noqa: S314
    assert ["".join(row.itertext()) for row in rows] == ["a=1", "b←2"]
    assert [len(row) for row in rows] == [2, 2]


@pytest.mark.parametrize("name", NAMES)
def test_every_model_of_the_library_is_written_out(name):
    model = library.load(name)

    made = mathml(model.latex)

    assert "\\" not in made
    unknown = re.findall(r"<mtext>(?!(?:if|otherwise|spike|event|refractory|axonal|on|when|"
                         r"created|pruned|transmitted|combined))", made)  # fmt: skip
    assert unknown == []
    digits = re.findall(r"\d+", re.sub(r"\\begin|\\end", "", model.latex))
    assert [d for d in digits if d not in words(made)] == []


def test_every_function_and_unit_is_written_out():
    for function in BUILT_IN.values():
        made = inside(function.latex.format("a", "b", "c"))
        assert "\\" not in made
        assert "<mtext>" not in made
    for unit in UNITS.values():
        assert "\\" not in inside(unit_latex(unit))


@pytest.mark.parametrize("text", [LIF, COBA])
def test_neuron_keeps_its_words(text):
    made = words(mathml(Neuron.from_cell(text, "N").latex))

    assert "spikeifv>Vth" in made
    assert "refractoryfor5ms" in made


def test_synapse_keeps_its_words():
    made = words(mathml(Synapse.from_cell(STDP, "S").latex))

    assert "onapresynapticspike:" in made
    assert "w←clip(w−y,0,wmax)" in made
