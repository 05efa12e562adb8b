"""How a model is shown alone: the right drive, and the right answer to it."""

import numpy as np
import pytest

from snnlab.model.neuron import Neuron
from snnlab.model.synapse import Synapse
from snnlab.plots.preview import MAX_POINTS, Curve, thinned
from snnlab.widgets.preview import Drive, WindowPreview, drive_of, preview_of

LIF = """
tau = 20 ms [5, 100]
E_L = -70 mV [-90, -40]
I   = 25 mV [0, 60]
tau * dv/dt = E_L - v + I : init = -70 mV
spike: v > -50 mV
reset: v = -58 mV
refractory: 5 ms
"""
STDP = """
tau_plus  = 20 ms
tau_minus = 30 ms
A_plus    = 0.01   [0, 0.05]
A_minus   = 0.0105 [0, 0.05]
w_max     = 1.0
tau_plus  * dx/dt = -x : event-driven
tau_minus * dy/dt = -y : event-driven
pre_spike:
    g_target += w
    x += A_plus * w_max
    w = clip(w - y, 0, w_max)
post_spike:
    y += A_minus * w_max
    w = clip(w + x, 0, w_max)
"""
DEPRESSING = """
U = 0.5 [0.05, 1]
tau_rec = 200 ms [10, 1000]
tau_rec * dR/dt = 1 - R : event-driven, init = 1
pre_spike:
    g_target += w * U * R
    R -= U * R
"""


def drive(text: str) -> tuple[str, str]:
    """Name of the stepped parameter and of the driven target."""
    found = drive_of(Neuron.from_cell(f"{text}\nspike: v > 1e9", "N").model)
    return found.parameter.name if found.parameter is not None else "", found.target


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("I = 25 mV [0, 60]\ntau = 20 ms\ntau * dv/dt = I - v", ("I", "")),
        ("i_offset = 1\na = 2 [0, 3]\ndv/dt = a + i_offset - v", ("i_offset", "")),
        ("J = 100 pA [0, 500]\nC = 200 pF\ng = 10 nS\nC * dv/dt = J - g * v", ("J", "")),
        ("b = 1 [0, 3]\ntau = 10 [1, 20]\ntau * dv/dt = b - v", ("b", "")),
        ("E = -60 mV [-80, -40]\ntau = 10 ms\ntau * dv/dt = E - v", ("", "")),
        ("tau = 10 [1, 20]\ntau * dv/dt = g_exc - v\ndg_exc/dt = -g_exc", ("", "exc")),
        ("k = 2 [0, 3]\ndv/dt = k * v - v", ("", "")),
    ],
    ids=["I", "offset", "a current", "added", "a rest is no drive", "synaptic input", "nothing"],
)
def test_drive_is_what_looks_like_an_input(text, expected):
    assert drive(text) == expected


def test_drive_is_nothing_without_parameters():
    assert drive_of(Neuron.from_cell("dv/dt = 1 - v\nspike: v > 2", "N").model) == Drive()


def test_preview_spikes_at_the_analytic_times():
    preview = preview_of(Neuron.from_cell(LIF, "LIF"))
    assert preview is not None

    curve = preview.curve({})

    # Towards -45 mV from -70 mV when the step begins at 30 ms, then from -58 mV after 5 ms.
    first = 30 + 20 * np.log(25 / 5)
    period = 5 + 20 * np.log(13 / 5)
    expected = np.arange(first, 250, period)
    assert curve.spikes == pytest.approx(expected, abs=0.1 * len(expected))  # a step for each spike
    assert curve.shaded == (30.0, 250.0)
    assert curve.caption == "I = 25 mV"


def test_preview_follows_its_slider_and_forgets_it_again():
    preview = preview_of(Neuron.from_cell(LIF, "LIF"))
    assert preview is not None

    n_default = len(preview.curve({}).spikes)
    n_strong = len(preview.curve({"I": 60.0}).spikes)

    assert n_strong > 2 * n_default
    assert len(preview.curve({}).spikes) == n_default


def test_preview_of_a_neuron_with_synapses_only_sends_it_spikes():
    text = """
    tau = 20 ms
    tau * dv/dt = -v + 3 * g_exc
    5 * dg_exc/dt = -g_exc
    spike: v > 1000
    """
    preview = preview_of(Neuron.from_cell(text, "N"))
    assert preview is not None

    curve = preview.curve({"input": 2.0})

    assert [parameter.name for parameter in preview.extra] == ["input"]
    assert curve.caption == "g_exc grows by 2 every 20 ms"
    assert curve.y.max() > 1.5 * preview.curve({"input": 1.0}).y.max()


def test_preview_of_a_plastic_synapse_is_its_window():
    preview = preview_of(Synapse.from_cell(STDP, "STDP"))
    assert isinstance(preview, WindowPreview)

    curve = preview.curve({"A_plus": 0.02})

    positive = curve.x > 0
    negative = curve.x < 0
    # A step of 0.1 ms may lie between the two spikes and the moments at which they act.
    grown, shrunk = 0.02 * np.exp(-curve.x[positive] / 20), 0.0105 * np.exp(curve.x[negative] / 30)
    assert curve.y[positive] == pytest.approx(grown, rel=0.1 / 20 + 1e-4)
    assert curve.y[negative] == pytest.approx(-shrunk, rel=0.1 / 30 + 1e-4)
    assert np.isnan(curve.y[curve.x == 0]).all()


def test_preview_of_a_depressing_synapse_shows_it_tire_and_recover():
    preview = preview_of(Synapse.from_cell(DEPRESSING, "D"))
    assert preview is not None

    curve = preview.curve({})

    peaks = [curve.y[(curve.x > t) & (curve.x < t + 5)].max() for t in (20.0, 40.0, 160.0, 420.0)]
    assert peaks[0] > peaks[1] > peaks[2]
    assert peaks[3] > 1.5 * peaks[2]


@pytest.mark.parametrize("text", ["psp: w * pre.r", "pre_spike:\n    g_target += w * post.v"])
def test_synapse_that_needs_its_neurons_has_no_preview(text):
    assert preview_of(Synapse.from_cell(text, "S")) is None


def test_thinned_loop_keeps_its_gaps_and_its_extremes_both_ways():
    turn = np.linspace(0, 40 * np.pi, 20_000)
    x, y = np.cos(turn), np.sin(turn)
    x[5_001], x[5_000], y[5_000] = 3.0, np.nan, np.nan

    thin = thinned(Curve(x, y, np.zeros(0), None, ""))

    assert len(thin.x) < 2 * MAX_POINTS + 5
    assert np.isnan(thin.x).sum() == 1
    assert (np.nanmax(thin.x), np.nanmin(thin.y).round(6)) == (3.0, -1.0)


def test_thinned_curve_keeps_its_extremes():
    x = np.arange(20_000.0)
    y = np.sin(x / 300)
    y[777], y[12_345] = 9.0, -9.0

    thin = thinned(Curve(x, y, np.zeros(0), None, ""))

    assert len(thin.x) <= MAX_POINTS + 2
    assert (thin.y.max(), thin.y.min()) == (9.0, -9.0)
    assert (thin.x[0], thin.x[-1]) == (0.0, 19_999.0)
