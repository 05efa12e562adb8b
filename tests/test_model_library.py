"""Every model of the library is read, round-trips, names its source and does what that says."""

import math
import re

import numpy as np
import pytest
from reference_neurons import adex, hodgkin_huxley, izhikevich, rk4
from scipy.integrate import solve_ivp

from snnlab import Network
from snnlab.errors import ModelError
from snnlab.model import library
from snnlab.model.integrators import solve_block
from snnlab.model.ir import DifferentialEquation, symbol

CLASSES = [
    "LeakyIntegrator", "Izhikevich", "IF_curr_exp", "IF_cond_exp", "IF_curr_alpha", "IF_cond_alpha",
    "EIF_cond_exp_isfa_ista", "EIF_cond_alpha_isfa_ista", "GIF_curr", "GIF_curr_exp", "HH_cond_exp",
    "DefaultRateCodedSynapse", "DefaultSpikingSynapse", "Hebb", "Oja", "IBCM", "STP", "STDP",
    "IF", "LIF", "ExpIF", "AdExIF", "QuaIF", "AdQuaIF", "Gif", "HH", "MorrisLecar", "WangBuzsakiHH",
    "FitzHughNagumo", "FeedbackFHN", "QIF", "StuartLandauOscillator", "WilsonCowan",
    "ThresholdLinear", "JansenRit", "Kuramoto", "ThetaNeuron", "RateQIFWithSFA", "VanDerPol",
    "OrnsteinUhlenbeck", "Poisson", "STDP_Song2000",
]  # fmt: skip


def test_library_holds_the_standard_models():
    assert set(CLASSES) <= set(library.names())
    assert set(library.names("synapse")) & {"LIF", "STDP"} == {"STDP"}


@pytest.mark.parametrize("name", library.names())
def test_model_of_the_library_round_trips(name):
    model = library.load(name)

    again = type(model).from_cell(model.text, name)

    assert again.model == model.model
    assert again.text == model.text


@pytest.mark.parametrize("name", [n for n in library.names() if not n.startswith("Default")])
def test_model_of_the_library_names_its_paper_and_explains_its_parameters(name):
    model = library.load(name)

    assert re.search(r"\b(19|20)\d\d\b", model.description)
    assert [p.name for p in model.parameters if not p.help and p.name not in ("w", "R")] == []


@pytest.mark.parametrize("name", library.names())
def test_every_equation_of_the_library_can_be_solved(name):
    equations = library.load(name).model.equations
    clocked = [
        e for e in equations if isinstance(e, DifferentialEquation) and e.method != "event-driven"
    ]

    for equation in clocked:
        update = solve_block((equation,), symbol("dt"))
        assert [s for s, _ in update.updates] == [equation.variable]


def test_library_is_read_by_attribute():
    assert library.HH.name == "HH"


def test_unknown_model_gets_a_suggestion():
    with pytest.raises(ModelError) as error:
        library.load("Izikevich")

    assert str(error.value) == (
        "library: there is no model 'Izikevich'; did you mean `Izhikevich`?"
    )


def test_attribute_that_is_no_model_is_missing_as_in_any_module():
    with pytest.raises(AttributeError) as error:
        _ = library.Izikevich

    assert not hasattr(library, "worker")
    assert str(error.value) == (
        "library: there is no model 'Izikevich'; did you mean `Izhikevich`?"
    )


@pytest.mark.parametrize("name", ["../HH", "/etc/passwd", "HH.snn", ""])
def test_name_of_a_model_is_no_path(name):
    with pytest.raises(ModelError) as error:
        library.load(name)

    assert str(error.value).startswith(f"library: there is no model '{name}'; ")


def run(neuron, duration, dt, variable, **values):
    """Trace of one neuron and the times of its spikes."""
    net = Network(dt=dt, seed=1)
    population = net.add(1, neuron, name="P")
    for name, value in values.items():
        setattr(population, name, value)
    net.record(population, [variable])
    net.simulate(duration)
    return net.traces["P"][variable][:, 0], net.spikes["P"].time.to_numpy()


def test_lif_fires_at_the_analytic_interval():
    tau, drive, theta, reset, t_ref, dt = 10.0, 30.0, 20.0, -5.0, 2.0, 0.01

    _, spikes = run(library.load("LIF"), 200.0, dt, "V", I=drive, tau_ref=t_ref)

    interval = t_ref + tau * math.log((drive - reset) / (drive - theta))
    assert len(spikes) > 5
    assert np.diff(spikes) == pytest.approx(interval, abs=1.01 * dt)


def test_hodgkin_huxley_follows_an_independent_solution():
    start = [-65.0, 0.0529325, 0.5961207, 0.3176769]
    duration, dt = 100.0, 0.01
    times = np.arange(1, round(duration / dt) + 1) * dt

    trace, spikes = run(rk4("HH"), duration, dt, "V", I=10.0)

    exact = solve_ivp(
        hodgkin_huxley, (0, duration), start, t_eval=times, rtol=1e-10, atol=1e-12, method="DOP853"
    ).y[0]
    first = round(spikes[0] / dt) - 100  # 1 ms before the first spike
    assert trace[:first] == pytest.approx(exact[:first], abs=1e-6)
    crossings = times[1:][(exact[1:] > 20) & (exact[:-1] <= 20)]
    assert len(spikes) == len(crossings) > 5
    assert spikes + dt == pytest.approx(crossings, abs=1.01 * dt)


def spike_times(slope, start, current, threshold, reset, duration):
    """Spikes of a model of two variables, found between the steps of an adaptive solver."""
    state, now, found = np.array(start, dtype=float), 0.0, []

    def crosses(_, state, *rest):
        return state[0] - threshold

    crosses.terminal = True  # pyright: ignore[reportFunctionMemberAccess]
    crosses.direction = 1  # pyright: ignore[reportFunctionMemberAccess]
    while now < duration:
        solution = solve_ivp(
            slope, (now, duration), state, args=(current,), events=crosses, rtol=1e-10, atol=1e-12
        )
        now = solution.t[-1]
        state = reset(solution.y[:, -1])
        if solution.t_events[0].size:
            found.append(now)
    return np.array(found)


def test_adex_neuron_follows_an_independent_solution():
    dt = 0.001

    _, spikes = run(rk4("AdExIF"), 100.0, dt, "V", I=30.0)

    exact = spike_times(adex, [-65.0, 0.0], 30.0, -55.0, lambda s: np.array([-68.0, s[1] + 1]), 100)
    assert len(spikes) == len(exact) > 5
    # The reset waits for the end of the step, so that each interval may be one step longer.
    assert np.all(np.abs(spikes - exact) <= dt * (np.arange(len(exact)) + 2))


def test_izhikevich_neuron_follows_an_independent_solution():
    dt = 0.001

    _, spikes = run(rk4("Izhikevich"), 300.0, dt, "v", i_offset=10.0)

    exact = spike_times(
        izhikevich, [-65.0, -13.0], 10.0, 30.0, lambda s: np.array([-65.0, s[1] + 8]), 300.0
    )
    assert len(spikes) == len(exact) > 5
    # The reset waits for the end of the step, in which u goes on to follow the steep v.
    assert np.all(np.abs(spikes - exact) <= 2 * dt * (np.arange(len(exact)) + 1))


@pytest.mark.parametrize("name", ["IF_curr_exp", "IF_curr_alpha"])
def test_current_of_a_spike_makes_the_exact_potential(name):
    tau_m, tau_s, dt, weight = 20.0, 5.0, 0.1, 100.0  # ms, ms, ms, pA

    trace, _ = run(library.load(name), 50.0, dt, "v", g_exc=weight)

    t = np.arange(1, 501) * dt
    rate = 1 / tau_s - 1 / tau_m
    if name == "IF_curr_exp":
        psp = (np.exp(-t / tau_m) - np.exp(-t / tau_s)) / rate
    else:
        growth = 1 - (1 + rate * t) * np.exp(-rate * t)
        psp = math.e / tau_s * np.exp(-t / tau_m) * growth / rate**2
    assert trace == pytest.approx(-65 + weight / 1000 * psp, abs=1e-10)


def test_rate_oscillator_settles_on_its_cycle():
    trace, _ = run(library.load("StuartLandauOscillator"), 400.0, 0.05, "r")

    # The radius of the cycle is the root of a.
    assert np.abs(trace[-2000:]).max() == pytest.approx(0.5, rel=1e-3)
