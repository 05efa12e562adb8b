"""LaTeX keeps the author's form of the equations and lets no text through as it is."""

import pytest
from models import LIF

from snnlab.errors import ModelError
from snnlab.model.latex import name_latex, number_latex, unit_latex
from snnlab.model.neuron import Neuron
from snnlab.model.synapse import Synapse
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


def test_numbers_take_the_place_of_parameters_on_request():
    neuron = Neuron.from_cell(
        "functions: f(x, E) = x + E + a\ntau = 20 ms\nE = -70 mV\na = 2\nb = 2 * a\n"
        "tau * dv/dt = E - v - (v - E) * b\nspike: v > E",
        "N",
    )

    assert neuron.to_latex(numbers=True).splitlines()[1:-1] == [
        r"f\left(x, E\right) &= x + E + 2 \\",
        r"b &= 2 \cdot 2 \\",
        r"20\,\mathrm{ms} \, \frac{\mathrm{d}v}{\mathrm{d}t} &= -70\,\mathrm{mV} - v"
        r" - \left(v - \left(-70\,\mathrm{mV}\right)\right) \, b \\",
        r"\text{spike if } &\; v > -70\,\mathrm{mV}",
    ]


def test_limits_of_a_variable_follow_its_equation():
    synapse = Synapse("w_max = 1.", "dw/dt = pre.r : min=0, max=w_max", psp="w*pre.r")

    assert synapse.latex.splitlines()[1].endswith(r", \quad 0 \le w \le w_{\mathrm{max}} \\")


def test_sections_of_a_synapse_are_headed_by_words():
    synapse = Synapse(
        pre_spike="g_target += w",
        pre_axon_spike="g_target += 2*w",
        apply="w += post.R",
        creating="pre.r > 1 : proba = 0.5, w = 0.1, d = 2",
        pruning="w < 0",
    )

    assert [row for row in synapse.latex.splitlines() if r"\text" in row] == [
        r"\text{on a presynaptic spike:} & \\",
        r"\text{on an axonal spike:} & \\",
        r"\text{when applied:} & \\",
        r"\text{created if } &\; r^{\mathrm{pre}} > 1,\; p = 0.5,\; w = 0.1,\; d = 2 \\",
        r"\text{pruned if } &\; w < 0",
    ]


def test_axonal_spike_and_named_event_have_their_rows():
    neuron = Neuron.from_cell(
        "dv/dt = 1\nspike: v > 1\nreset: v = 0\naxon_spike: v > 2\naxon_reset: v = 1\n"
        "event burst: v > 3\nreset burst: v = 2",
        "N",
    )

    assert [row for row in neuron.latex.splitlines() if r"\text" in row or "leftarrow" in row] == [
        r"\text{spike if } &\; v > 1 \\",
        r"v &\leftarrow 0 \\",
        r"\text{axonal spike if } &\; v > 2 \\",
        r"v &\leftarrow 1 \\",
        r"\text{event if } &\; v > 3 \quad (\mathrm{burst}) \\",
        r"v &\leftarrow 2",
    ]


REPORTED = """'A <b>leaky</b> neuron: 5 % & $x$_1'
tau = 20 ms [5, 50]  # time | constant
tau * dr/dt = 3 - r : init = 1
"""


def test_report_in_markdown_holds_equations_and_tables():
    neuron = Neuron.from_cell(REPORTED, "N")

    assert neuron.report() == (
        "## N\n\nA \\<b\\>leaky\\</b\\> neuron: 5 % & \\$x\\$\\_1\n\n"
        f"$$\n{neuron.latex}\n$$\n\n"
        "**Parameters**\n\n| name | value | unit | meaning |\n| --- | --- | --- | --- |\n"
        "| $\\tau$ | 20 | ms | time \\| constant |\n\n"
        "**Variables**\n\n| name | start | unit | meaning |\n| --- | --- | --- | --- |\n"
        "| $r$ | 1 |  |  |\n\n"
        "**Integrators**\n\n| variable | method | reason |\n| --- | --- | --- |\n"
        "| $r$ | exponential | linear in r: exact while the other quantities hold still over a step"
        " |\n"
    )


@pytest.mark.parametrize(
    ("form", "words"),
    [
        (
            "latex",
            r"A \textless{}b\textgreater{}leaky\textless{}/b\textgreater{} neuron: "
            r"5 \% \& \$x\$\_1",
        ),
        ("html", "<p>A &lt;b&gt;leaky&lt;/b&gt; neuron: 5 % &amp; $x$_1</p>"),
    ],
)
def test_report_escapes_the_words_of_the_author(form, words):
    report = Neuron.from_cell(REPORTED, "N").report(form)

    assert words in report.splitlines()


def test_report_in_an_unknown_form_is_refused():
    with pytest.raises(ModelError) as error:
        Neuron("", "r = t", name="N").report("pdf")

    assert str(error.value) == (
        "N: there is no report in 'pdf'; write `markdown`, `latex` or `html`."
    )
