"""The networks of the benchmarks: numbers alone, the same for every program.

Knows no simulator and imports nothing but the standard library, because every side imports it
in an environment of its own. A limit program gets the same numbers from `c_constants`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import Any

DT = 0.1  # ms, of all spiking networks


@dataclass(frozen=True)
class Network:
    """What all networks have."""

    name: str
    title: str
    seconds: float  # of biology in one measured run
    settle: float  # s of biology before the first measured run
    tolerance: float  # of the rates of two programs, relative; about 4 sd between seeds

    @property
    def kind(self) -> str:
        return type(self).__name__.lower()

    @property
    def dt(self) -> float:
        return DT


@dataclass(frozen=True)
class Balanced(Network):
    """Four fifths of the neurons excite, one fifth inhibits; pairs are joined with one chance.

    `in_degree` is the mean number of synapses onto a neuron, neurons joined with themselves
    included.
    """

    n: int
    in_degree: int

    @property
    def n_excitatory(self) -> int:
        return 4 * self.n // 5

    @property
    def n_inhibitory(self) -> int:
        return self.n - self.n_excitatory

    @property
    def probability(self) -> float:
        return self.in_degree / self.n

    @property
    def n_synapses(self) -> int:
        """As expected; each program draws its own."""
        return self.n * self.in_degree


@dataclass(frozen=True)
class Conductance(Balanced):
    """Vogels & Abbott 2005, J. Neurosci. 25, 10786-10795; conductances in units of the leak."""

    tau_m: float = 20.0  # ms
    tau_exc: float = 5.0
    tau_inh: float = 10.0
    e_l: float = -60.0  # mV
    e_exc: float = 0.0
    e_inh: float = -80.0
    v_th: float = -50.0
    v_reset: float = -60.0
    drive: float = 20.0  # mV
    t_ref: float = 5.0  # ms
    w_exc: float = 0.6
    w_inh: float = 6.7


@dataclass(frozen=True)
class Current(Balanced):
    """Vogels & Abbott 2005 with currents: Brette et al. 2007, J. Comput. Neurosci. 23, 349-398."""

    tau_m: float = 20.0  # ms
    tau_exc: float = 5.0
    tau_inh: float = 10.0
    e_l: float = -49.0  # mV
    v_th: float = -50.0
    v_reset: float = -60.0
    t_ref: float = 5.0  # ms
    w_exc: float = 1.62  # mV
    w_inh: float = -9.0


@dataclass(frozen=True)
class HodgkinHuxley(Balanced):
    """Brette et al. 2007, benchmark 3: rates of Traub & Miles, conductances of 20,000 um2."""

    c_m: float = 200.0  # pF
    g_l: float = 10.0  # nS
    g_na: float = 20_000.0
    g_k: float = 6_000.0
    e_l: float = -60.0  # mV
    e_na: float = 50.0
    e_k: float = -90.0
    v_t: float = -63.0
    e_exc: float = 0.0
    e_inh: float = -80.0
    tau_exc: float = 5.0  # ms
    tau_inh: float = 10.0
    v_th: float = -20.0  # mV
    t_ref: float = 3.0  # ms
    w_exc: float = 6.0  # nS
    w_inh: float = 67.0
    # Mean and standard deviation at the start.
    v_start: tuple[float, float] = (-65.0, 5.0)  # mV
    g_exc_start: tuple[float, float] = (40.0, 15.0)  # nS
    g_inh_start: tuple[float, float] = (200.0, 120.0)


@dataclass(frozen=True)
class Delta(Balanced):
    """Brunel 2000, J. Comput. Neurosci. 8, 183-208: potentials jump, external input is Poisson."""

    tau_m: float = 20.0  # ms
    v_th: float = 20.0  # mV
    v_reset: float = 10.0
    t_ref: float = 2.0  # ms
    delay: float = 1.5
    j: float = 0.1  # mV
    g: float = 5.0  # inhibition over excitation
    external: float = 2.0  # external rate over that which reaches the threshold on average

    @property
    def n_external(self) -> int:
        """External sources of a neuron: as many as excite it from within."""
        return 4 * self.in_degree // 5

    @property
    def external_rate(self) -> float:
        """Hz, of one external source."""
        return 1000 * self.external * self.v_th / (self.j * self.n_external * self.tau_m)

    @property
    def external_spikes(self) -> float:
        """Mean number of external spikes at a neuron in a step."""
        return self.external_rate * self.n_external * self.dt / 1000


@dataclass(frozen=True)
class Plastic(Network):
    """Song, Miller & Abbott 2000, Nat. Neurosci. 3, 919-926: Poisson spikes, all to all."""

    n: int
    n_sources: int = 1000
    rate: float = 15.0  # Hz, of a source
    tau_m: float = 10.0  # ms
    tau_exc: float = 5.0
    e_l: float = -74.0  # mV
    e_exc: float = 0.0
    v_th: float = -54.0
    v_reset: float = -60.0
    tau_plus: float = 20.0  # ms
    tau_minus: float = 20.0
    w_max: float = 0.01  # in units of the leak
    a_plus: float = 0.01  # in units of w_max
    a_minus: float = 0.0105

    @property
    def n_synapses(self) -> int:
        return self.n * self.n_sources


@dataclass(frozen=True)
class Rates(Network):
    """Sompolinsky, Crisanti & Sommers 1988, Phys. Rev. Lett. 61, 259-262: all read all."""

    n: int
    tau: float = 30.0  # ms
    gain: float = 1.5
    x_start: float = 0.5  # standard deviation

    @property
    def dt(self) -> float:
        return 1.0

    @property
    def n_synapses(self) -> int:
        return self.n * self.n


POPULATIONS = ("L23E", "L23I", "L4E", "L4I", "L5E", "L5I", "L6E", "L6I")
FULL_SIZES = (20683, 5834, 21915, 5479, 4850, 1065, 14395, 2948)
# Table 5 of the paper: row = target, column = source.
PROBABILITIES = (
    (0.1009, 0.1689, 0.0437, 0.0818, 0.0323, 0.0, 0.0076, 0.0),
    (0.1346, 0.1371, 0.0316, 0.0515, 0.0755, 0.0, 0.0042, 0.0),
    (0.0077, 0.0059, 0.0497, 0.1350, 0.0067, 0.0003, 0.0453, 0.0),
    (0.0691, 0.0029, 0.0794, 0.1597, 0.0033, 0.0, 0.1057, 0.0),
    (0.1004, 0.0622, 0.0505, 0.0057, 0.0831, 0.3726, 0.0204, 0.0),
    (0.0548, 0.0269, 0.0257, 0.0022, 0.0600, 0.3158, 0.0086, 0.0),
    (0.0156, 0.0066, 0.0211, 0.0166, 0.0572, 0.0197, 0.0396, 0.2252),
    (0.0364, 0.0010, 0.0034, 0.0005, 0.0277, 0.0080, 0.0658, 0.1443),
)
EXTERNAL_DEGREES = (1600, 1500, 2100, 1900, 2000, 1900, 2900, 2100)
# Rates (Hz) of the full network, for the current that replaces the mean of removed synapses, and
# mean and standard deviation of the potentials (mV) at the start: microcircuit example of NEST 3.
FULL_RATES = (0.903, 2.965, 4.414, 5.876, 7.569, 8.633, 1.105, 7.829)
START_MEAN = (-68.28, -63.16, -63.33, -63.45, -63.11, -61.66, -66.72, -61.43)
START_SD = (5.36, 4.57, 4.74, 4.94, 4.94, 4.55, 5.46, 4.48)


@dataclass(frozen=True)
class Microcircuit(Network):
    """Potjans & Diesmann 2014, Cereb. Cortex 24, 785-806, numbers and in-degrees times `scale`.

    Weights grow by ``1 / sqrt(scale)`` and a constant current replaces the mean input that is
    lost (van Albada et al. 2015, PLoS Comput. Biol. 11, e1004490).
    """

    scale: float
    c_m: float = 250.0  # pF
    tau_m: float = 10.0  # ms
    tau_syn: float = 0.5
    t_ref: float = 2.0
    e_l: float = -65.0  # mV, and the reset
    v_th: float = -50.0
    psp: float = 0.15  # mV, peak that one excitatory spike makes in the full network
    g: float = -4.0  # inhibitory over excitatory weights
    weight_sd: float = 0.1  # of the mean
    delays: tuple[float, float] = (1.5, 0.75)  # ms, of excitatory and of inhibitory sources
    delay_sd: float = 0.5  # of the mean
    background: float = 8.0  # Hz, of one external source

    @property
    def sizes(self) -> tuple[int, ...]:
        return tuple(round(n * self.scale) for n in FULL_SIZES)

    @property
    def n(self) -> int:
        return sum(self.sizes)

    @property
    def full_weight(self) -> float:
        """pA: the current whose response peaks at `psp`."""
        m, s = self.tau_m, self.tau_syn
        peak = math.log(m / s) * m * s / (m - s)
        per_pa = m * s / (self.c_m * (m - s)) * (math.exp(-peak / m) - math.exp(-peak / s))
        return self.psp / per_pa

    @property
    def external_weight(self) -> float:
        return self.full_weight / math.sqrt(self.scale)

    def full_weight_of(self, target: int, source: int) -> float:
        """pA; those of L4E onto L23E are twice the others."""
        if source % 2:
            return self.g * self.full_weight
        return self.full_weight * (2 if (target, source) == (0, 2) else 1)

    def weight(self, target: int, source: int) -> float:
        """pA, mean."""
        return self.full_weight_of(target, source) / math.sqrt(self.scale)

    def full_count(self, target: int, source: int) -> float:
        """Synapses that pairs drawn with repetition need to be joined with the table's chance."""
        pairs = FULL_SIZES[target] * FULL_SIZES[source]
        return math.log(1 - PROBABILITIES[target][source]) / math.log(1 - 1 / pairs)

    @cached_property
    def counts(self) -> tuple[tuple[int, ...], ...]:
        """Synapses of every projection: row = target, column = source."""
        eight = range(8)
        return tuple(
            tuple(round(self.full_count(a, b) * self.scale**2) for b in eight) for a in eight
        )

    @property
    def n_synapses(self) -> int:
        return sum(map(sum, self.counts))

    def external_degree(self, target: int) -> int:
        """External sources of a neuron."""
        return round(EXTERNAL_DEGREES[target] * self.scale)

    def external_spikes(self, target: int) -> float:
        """Mean number of external spikes at a neuron in a step."""
        return self.external_degree(target) * self.background * self.dt / 1000

    def current(self, target: int) -> float:
        """pA, constant, in the place of the mean input that was lost."""
        lost = self.full_weight * EXTERNAL_DEGREES[target] * self.background
        for source in range(8):
            degree = self.full_count(target, source) / FULL_SIZES[target]
            lost += self.full_weight_of(target, source) * degree * FULL_RATES[source]
        return 1e-3 * self.tau_syn * (1 - math.sqrt(self.scale)) * lost


def _all() -> tuple[Network, ...]:
    coba = Conductance("coba4k", "COBA 4,000", 1.0, 0.3, 0.35, n=4000, in_degree=80)
    cuba = Current("cuba4k", "CUBA 4,000", 1.0, 0.3, 0.25, n=4000, in_degree=80)
    stdp = Plastic("stdp100", "STDP 1,000 to 100", 2.0, 0.5, 0.25, n=100)
    rate = Rates("rate1k", "dense rates 1,000", 1.0, 0.1, 0.25, n=1000)
    circuit = Microcircuit("pd10", "microcircuit 10 %", 0.5, 0.3, 0.15, scale=0.1)
    return (
        cuba,
        replace(cuba, name="cuba20k", title="CUBA 20,000", n=20_000),
        coba,
        replace(coba, name="coba40k", title="COBA 40,000", n=40_000, seconds=0.5),
        HodgkinHuxley("cobahh4k", "COBAHH 4,000", 0.5, 0.2, 0.25, n=4000, in_degree=80),
        Delta("brunel", "Brunel 10,000", 0.5, 0.2, 0.15, n=10_000, in_degree=1000),
        replace(stdp, name="stdp1", title="STDP 1,000 to 1", n=1, tolerance=0.5, seconds=5.0),
        stdp,
        rate,
        replace(rate, name="rate4k", title="dense rates 4,000", n=4000, seconds=0.2),
        circuit,
        replace(circuit, name="pd100", title="microcircuit 100 %", scale=1.0, seconds=0.2),
    )


NETWORKS = {network.name: network for network in _all()}
LARGE = ("pd100",)  # asked for by name: 0.3 billion synapses


def named(text: str) -> Network:
    """The network of this name; ``coba4k:n=8000,in_degree=40`` is one with other numbers.

    Raises
    ------
    ValueError
        If there is no such network, or it has no such number.
    """
    name, _, changes = text.partition(":")
    if name not in NETWORKS:
        raise ValueError(f"networks: no '{name}'; choose from {', '.join(NETWORKS)}.")
    network = NETWORKS[name]
    numbers = {f.name: getattr(network, f.name) for f in fields(network)}
    numbers = {k: v for k, v in numbers.items() if isinstance(v, int | float)}
    given: dict[str, Any] = {}
    for change in filter(None, changes.split(",")):
        key, _, value = change.partition("=")
        if key not in numbers:
            raise ValueError(
                f"networks: '{name}' has no number '{key}'; choose from {', '.join(numbers)}."
            )
        try:
            given[key] = type(numbers[key])(value)
        except ValueError:
            raise ValueError(f"networks: '{change}' gives no number; write {key}=1.") from None
    return replace(network, name=text, **given)


def c_constants(network: Network) -> dict[str, str]:
    """Every number of ``network`` under its name in capitals, as a limit program reads it."""
    left_out = ("name", "title", "kind", "seconds", "settle", "tolerance")
    named = [x for x in dir(network) if not x.startswith("_") and x not in left_out]
    found: dict[str, str] = {}
    for name in named:
        value = getattr(network, name)
        if isinstance(value, int | float):
            found[name.upper()] = repr(value)
        elif name.endswith("_start"):
            found[f"{name.upper()}_MEAN"], found[f"{name.upper()}_SD"] = map(repr, value)
    if isinstance(network, Delta):
        found["EXTERNAL_MOST"] = str(most_spikes(network.external_spikes))
    if isinstance(network, Microcircuit):
        found |= _microcircuit_constants(network)
    return found


def _microcircuit_constants(network: Microcircuit) -> dict[str, str]:
    eight = range(8)
    arrivals = [network.external_spikes(k) for k in eight]
    lists = {
        "SIZES": network.sizes,
        "CURRENTS": [network.current(k) for k in eight],
        "ARRIVALS": arrivals,
        "START_MEAN": START_MEAN,
        "START_SD": START_SD,
        "COUNTS": [n for row in network.counts for n in row],
        "WEIGHTS": [network.weight(a, b) for a in eight for b in eight],
    }
    made = {f"{name}_LIST": ",".join(map(repr, values)) for name, values in lists.items()}
    excitatory, inhibitory = map(repr, network.delays)
    most = str(most_spikes(max(arrivals)))
    return made | {"DELAY_EXC": excitatory, "DELAY_INH": inhibitory, "EXTERNAL_MOST": most}


def most_spikes(mean: float) -> int:
    """The Poisson count that is exceeded with a chance below 2**-32."""
    p = math.exp(-mean)
    left, n = 1 - p, 0  # the chance of more than n
    while left > 2**-32:
        n += 1
        p *= mean / n
        left -= p
    return n
