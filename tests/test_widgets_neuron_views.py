"""What a card shows of a neuron besides a current step, against what is known of it."""

from typing import cast

import numpy as np
import pytest

from snnlab.model import library
from snnlab.model.ir import NeuronModel
from snnlab.model.neuron import Neuron
from snnlab.model.synapse import Synapse
from snnlab.widgets.neuron_views import (
    PLANE,
    RAMP,
    RATES,
    STEP,
    compared,
    plane_of,
    previews_of,
    zero_line,
)

LIF = """\
tau = 10 ms [5, 100]
I = 20 mV [0, 60]
tau * dv/dt = -v + I
spike: v > 15 mV
reset: v = 0 mV
refractory: 2 ms
"""


@pytest.mark.parametrize(
    ("name", "views"),
    [
        ("LIF", [STEP, RAMP, RATES]),
        ("MorrisLecar", [STEP, RAMP, RATES, PLANE]),
        ("Izhikevich", [STEP, RAMP, RATES, PLANE]),
        ("FitzHughNagumo", [STEP, RAMP, PLANE]),
        ("QIF", [STEP, PLANE]),
        ("STDP", ["preview"]),
    ],
)
def test_model_offers_what_can_be_shown_of_it(name, views):
    assert list(previews_of(library.load(name))) == views


def test_rates_follow_the_analytic_curve():
    curve = previews_of(Neuron.from_cell(LIF, "LIF"))[RATES].curve({"tau": 10.0})

    above = curve.x > 15.0
    drive = curve.x[above]
    expected = 1000.0 / (2.0 + 10.0 * np.log(drive / (drive - 15.0)))
    assert (curve.y[~above] == 0).all()
    # One spike more or less in 2 s, and periods of whole steps of 0.1 ms.
    assert (np.abs(curve.y[above] - expected) <= 0.5 + expected**2 * 1e-4).all()
    assert (np.diff(curve.y) >= 0).all()
    assert curve.caption == "rate over 2 s, 100 ms after the current began"


def test_rates_follow_the_parameters():
    view = previews_of(Neuron.from_cell(LIF, "LIF"))[RATES]

    assert view.curve({"tau": 5.0}).y.max() > 1.5 * view.curve({"tau": 20.0}).y.max()


def test_ramp_reaches_the_threshold_later_than_the_step():
    views = previews_of(Neuron.from_cell(LIF, "LIF"))

    step, ramp = views[STEP].curve({}), views[RAMP].curve({})

    # Half way up the ramp of 220 ms the drive of 20 mV is 10 mV, below the threshold.
    assert step.spikes[0] < 60.0
    assert ramp.spikes[0] > 30.0 + 110.0
    assert ramp.caption == "I grows from 0 to 20 mV"


def test_nullclines_of_fitzhugh_and_nagumo_are_those_of_the_paper():
    curve = previews_of(library.load("FitzHughNagumo"))[PLANE].curve({"I": 0.5})

    cubic, line = curve.beside
    cell = np.ptp(cubic.x[np.isfinite(cubic.x)]) / 100
    assert [cubic.label, line.label] == ["dr/dt = 0", "dw/dt = 0"]
    assert np.nanmax(np.abs(cubic.y - (cubic.x - cubic.x**3 / 3 + 0.5))) < 2 * cell**2
    assert np.nanmax(np.abs(line.y - (line.x + 0.7) / 0.8)) < 1e-9
    assert len(line.x) > 100


# Izhikevich 2003, IEEE Trans. Neural Netw. 14, 1569-1572, regular spiking.
SPIKING = """
a = 0.02 ; b = 0.2 ; c = -65 ; d = 8 ; I = 10 [0, 30]
1 ms * dv/dt = 0.04*v*v + 5*v + 140 - u + I : init = c
1 ms * du/dt = a * (b*v - u) : init = b*c
spike: v > 30
reset:
    v = c
    u += d
"""


def test_trajectory_in_the_phase_plane_has_gaps_at_the_resets():
    curve = previews_of(Neuron.from_cell(SPIKING, "spiking"))[PLANE].curve({"I": 10.0})

    gaps = np.isnan(curve.x)
    assert gaps.sum() >= 5
    assert (gaps == np.isnan(curve.y)).all()
    assert np.nanmax(-np.diff(curve.x)) < 5.0  # mV; a reset is a step of 95 mV
    assert np.isfinite(curve.x[[0, -1]]).all()


def test_potential_lies_along_x():
    pair = plane_of(cast(NeuronModel, library.load("MorrisLecar").model))

    assert [variable.name for variable, _ in pair] == ["V", "W"]


def test_zero_line_of_a_circle_is_the_circle():
    x, y = np.linspace(-2, 2, 81), np.linspace(-2, 2, 101)
    across, along = np.meshgrid(x, y)

    line_x, line_y = zero_line(x, y, across**2 + along**2 - 1)

    radius = np.hypot(line_x, line_y)
    assert np.nanmin(radius) == pytest.approx(1.0, abs=1e-3)
    assert np.nanmax(radius) == pytest.approx(1.0, abs=1e-3)
    pieces = np.stack([line_x, line_y], axis=1).reshape(-1, 3, 2)
    lengths = np.hypot(*(pieces[:, 1] - pieces[:, 0]).T)
    assert lengths.sum() == pytest.approx(2 * np.pi, rel=1e-3)


def test_neuron_of_the_library_is_drawn_beside():
    view = previews_of(Neuron.from_cell(LIF, "LIF"))[STEP]

    beside = compared(view.curve({}), "Izhikevich", STEP, view.axes).beside

    assert [line.label for line in beside] == ["Izhikevich, i_offset = 15 (its v stretched)"]
    assert beside[0].y.max() == view.curve({}).y.max()


def test_neuron_without_the_view_is_not_drawn():
    view = previews_of(Neuron.from_cell(LIF, "LIF"))[RATES]
    curve = view.curve({})

    shown = compared(curve, "FitzHughNagumo", RATES, view.axes)

    assert shown.beside == ()
    assert shown.caption == f"{curve.caption}; FitzHughNagumo has no f-I curve"


def test_synapse_keeps_its_one_preview():
    synapse = Synapse.from_cell("pre_spike:\n    g_target += w", "S")

    assert list(previews_of(synapse)) == ["preview"]
