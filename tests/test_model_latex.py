"""LaTeX keeps the author's form of the equations and lets no text through as it is."""

import pytest
from models import LIF

from snnlab.model.latex import name_latex, number_latex, unit_latex
from snnlab.model.neuron import Neuron
from snnlab.units import UNITS


@pytest.mark.parametrize(
    ("name", "latex"),
    [
        ("v", "v"),
        ("tau", r"\tau"),
        ("tau_m", r"\tau_{m}"),
        ("V_th", r"V_{\mathrm{th}}"),
        ("g_exc", r"g_{\mathrm{exc}}"),
        ("alpha_m1", r"\alpha_{\mathrm{m1}}"),
        ("V1", "V_{1}"),
        ("noise", r"\mathrm{noise}"),
        ("pre.r", r"r^{\mathrm{pre}}"),
        ("dt", r"\Delta t"),
        ("Delta_T", r"\Delta_{T}"),
    ],
)
def test_names_become_symbols(name, latex):
    assert name_latex(name) == latex


@pytest.mark.parametrize(
    ("text", "latex"),
    [("20.", "20"), (".5", "0.5"), ("1e-3", "10^{-3}"), ("2.5E3", r"2.5 \cdot 10^{3}")],
)
def test_numbers_are_readable(text, latex):
    assert number_latex(text) == latex


def test_units_are_upright():
    assert unit_latex(UNITS["uS"] / UNITS["cm"] ** 2) == r"\mathrm{\mu{}S/cm^{2}}"
    assert unit_latex(UNITS["ms"].inverse) == r"\mathrm{ms^{-1}}"


@pytest.mark.parametrize(
    ("right_side", "latex"),
    [
        ("(t - x) / tau", r"\frac{t - x}{\tau}"),
        ("tau * (t + x)", r"\tau \, \left(t + x\right)"),
        ("x / tau * t", r"\frac{x}{\tau} \, t"),
        ("2 * 3 * x", r"2 \cdot 3 \, x"),
        ("-(t + x)", r"-\left(t + x\right)"),
        ("t - (x - tau)", r"t - \left(x - \tau\right)"),
        ("tau * -x", r"\tau \, \left(-x\right)"),
        ("t - -x", r"t - \left(-x\right)"),
        ("(t + x)^2", r"{\left(t + x\right)}^{2}"),
        ("exp(-t / tau)", r"e^{\frac{-t}{\tau}}"),
        ("t if x > 0 and t <= 1 else x",
         r"\begin{cases} t & \text{if } x > 0 \wedge t \le 1 \\ x & \text{otherwise} \end{cases}"),
        ("pos(t)", r"\left[t\right]^{+}"),
        ("abs(t)", r"\left|t\right|"),
        ("sum(exc)", r"\sum_{\mathrm{exc}} w \, r"),
        ("Normal(0, 1)", r"\mathcal{N}\left(0, 1\right)"),
        ("clip(t, 0, 1)", r"\operatorname{clip}\left(t, 0, 1\right)"),
        ("exprel(t)", r"\operatorname{exprel}\left(t\right)"),
        ("max(t, x)", r"\max\left(t, x\right)"),
    ],
)  # fmt: skip
def test_expressions_print_as_mathematics(right_side, latex):
    neuron = Neuron("tau = 10.", f"x = t\nr = {right_side}")

    assert neuron.latex.splitlines()[2] == f"r &= {latex}"


def test_whole_model_is_one_aligned_block():
    assert Neuron.from_cell(LIF, "LIF").latex == "\n".join(
        [
            r"\begin{aligned}",
            r"\tau \, \frac{\mathrm{d}v}{\mathrm{d}t} &= E_{L} - v + I"
            r" + g_{\mathrm{exc}} - g_{\mathrm{inh}} \\",
            r"\tau_{e} \, \frac{\mathrm{d}g_{\mathrm{exc}}}{\mathrm{d}t} &= -g_{\mathrm{exc}} \\",
            r"\tau_{e} \, \frac{\mathrm{d}g_{\mathrm{inh}}}{\mathrm{d}t} &= -g_{\mathrm{inh}} \\",
            r"\text{spike if } &\; v > V_{\mathrm{th}} \\",
            r"v &\leftarrow V_{r} \\",
            r"\text{refractory for } &\; 5\,\mathrm{ms}",
            r"\end{aligned}",
        ]
    )


def test_notebook_shows_the_block_as_mathematics():
    neuron = Neuron("", "r = t")

    assert neuron._repr_latex_() == f"$$\n{neuron.latex}\n$$"
