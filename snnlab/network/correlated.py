"""Spike trains of neurons that share a part of their spikes or the course of their rate."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from snnlab.errors import NetworkError
from snnlab.model.neuron import Neuron
from snnlab.network.inputs import Input, PoissonPlayer
from snnlab.network.values import is_number

if TYPE_CHECKING:
    from snnlab.network.population import Population

# `hazard` (1/ms) is the rate of the spikes of this step, the same for all neurons.
MULTIPLE = '''
"""Spike trains with copies of spikes of one mother train: multiple interaction process, Kuhn,
Aertsen & Rotter 2003, Neural Comput. 15, 67-101."""
rate        = 10 Hz  [0, 200]   # of each neuron
correlation = 0.1    [0, 1]     # of any two neurons: a mother spike is copied with this probability
share = clip(correlation, 0.000001, 0.999999999999)

mother = Poisson(rate * dt / share)           : population
hazard = -mother * log(1 - share) / dt        : population

spike: False
'''
SINGLE = '''
"""Spike trains with spikes that all neurons have in common: single interaction process, Kuhn,
Aertsen & Rotter 2003, Neural Comput. 15, 67-101."""
rate        = 10 Hz  [0, 200]   # of each neuron
correlation = 0.1    [0, 1]     # of any two neurons: the share of the spikes that all have

common = Bernoulli(1 - exp(-correlation * rate * dt))               : population
hazard = if common > 0: 100 / dt else: (1 - correlation) * rate     : population

spike: False
'''
COMMON_RATE = '''
"""Spike trains whose rate, the same for all, fluctuates: Brette 2009, Neural Comput. 21, 188-215,
a Cox process with a rectified Ornstein-Uhlenbeck rate."""
mean   = 10 Hz   # of the rate before its negative values are cut off
spread = 10 Hz   # its standard deviation
tau    = 10 ms   # its correlation time

x = x * exp(-dt/tau) + sqrt(1 - exp(-2*dt/tau)) * Normal(0, 1)  : population, init = Normal(0, 1)
hazard = max(mean + spread * x, 0)  : population

spike: False
'''


class CorrelatedInput(Input):
    """Poisson neurons whose spikes are correlated, any two as strongly as any other two.

    Parameters
    ----------
    rate
        Hz, of each neuron.
    correlation
        Of the spike counts of two neurons, from 0 to 1; with ``tau``, in windows much longer
        than it.
    tau
        ms. 0: correlated neurons spike in the same step. Otherwise all follow a common rate that
        fluctuates with this correlation time, and ``correlation`` is below 1.
    interaction
        For ``tau`` = 0. "multiple": each spike of a common train reaches a random part of the
        neurons; "single": it reaches all. Pairs are the same, greater groups are not.

    Notes
    -----
    A neuron spikes at most once a step, with probability ``1 - exp(-rate dt)``. Without ``tau``
    the parameters ``rate`` and ``correlation`` may be changed while the network runs.
    """

    def __init__(
        self,
        rate: float,
        correlation: float,
        tau: float = 0.0,
        interaction: Literal["multiple", "single"] = "multiple",
    ) -> None:
        for name, value, low, high in (
            ("rate", rate, 0.0, math.inf),
            ("correlation", correlation, 0.0, 1.0),
            ("tau", tau, 0.0, math.inf),
        ):
            if not is_number(value, low) or value > high:
                most = f"to {high:g}" if high < math.inf else "on"
                raise NetworkError(
                    f"CorrelatedInput: {name} = {value!r}; give a number from {low:g} {most}."
                )
        if tau > 0 and not (correlation < 1 and rate > 0):
            raise NetworkError(
                f"CorrelatedInput: rate = {rate:g} Hz and correlation = {correlation:g} with "
                f"tau = {tau:g} ms; give a rate above 0 and a correlation below 1, or no tau."
            )
        if interaction not in ("multiple", "single"):
            raise NetworkError(
                f"CorrelatedInput: interaction = {interaction!r}; choose 'multiple' or 'single'."
            )
        self.rate = float(rate)
        self.correlation = float(correlation)
        self.tau = float(tau)
        self.interaction = interaction

    @property
    def neuron(self) -> Neuron:
        if self.tau > 0:
            text = COMMON_RATE
        else:
            text = MULTIPLE if self.interaction == "multiple" else SINGLE
        return Neuron.from_cell(text, "CorrelatedInput")

    def prepare(self, population: Population, dt: float) -> PoissonPlayer:
        if self.tau > 0:
            rate = common_rate(self.rate, self.correlation, self.tau)
            values = {"mean": rate.mean, "spread": rate.spread, "tau": self.tau}
        else:
            values = {"rate": self.rate, "correlation": self.correlation}
        for name, value in values.items():
            population._set(name, value, None)
        return PoissonPlayer("hazard", dt)


@dataclass(frozen=True)
class CommonRate:
    """Mean and standard deviation (Hz) of a rate whose negative values are cut off."""

    mean: float
    spread: float


def common_rate(rate: float, correlation: float, tau: float) -> CommonRate:
    """The fluctuating rate that gives neurons their mean ``rate`` (Hz) and ``correlation``.

    Counts N of a Cox process with rate X have, in long windows T, the covariance S T and the
    variance (S + rate) T, where S is the integral of the autocovariance of X. For the rectified
    ``X = spread * max(z + G, 0)`` of an Ornstein-Uhlenbeck process G with correlation exp(-s/tau)
    the Hermite expansion ``sum a_k He_k(G) / k!`` of the rectification gives
    ``S = 2 tau spread^2 sum a_k^2 / (k k!)``. Solved for z by bisection.
    """
    if correlation == 0.0:
        return CommonRate(rate, 0.0)
    wanted = correlation / (1.0 - correlation) / (rate * tau / 1000.0)  # S / (rate^2 tau)
    low, high = -6.0, 1e6  # the more negative z, the rarer and higher are the bursts
    if _relative_power(low) < wanted:
        raise NetworkError(
            f"CorrelatedInput: a correlation of {correlation:g} at {rate:g} Hz with tau = {tau:g} "
            f"ms is not possible; give a greater tau or rate, or a lower correlation."
        )
    for _ in range(200):
        middle = 0.5 * (low + high)
        if _relative_power(middle) > wanted:
            low = middle
        else:
            high = middle
    spread = rate / _rectified_mean(high)
    return CommonRate(high * spread, spread)


def _density(z: float) -> float:
    return math.exp(-0.5 * z * z) / math.sqrt(2.0 * math.pi)


def _above(z: float) -> float:
    """Probability of z + G > 0."""
    return 0.5 * math.erfc(-z / math.sqrt(2.0))


def _rectified_mean(z: float) -> float:
    return z * _above(z) + _density(z)


def _relative_power(z: float) -> float:
    """S / (rate^2 tau) of `common_rate`; falls with z."""
    mean, density = _rectified_mean(z), _density(z)
    # a_1 is the slope; a_k, k >= 2, the density times He_(k-2)(-z). He_j / sqrt(j!) stays small.
    total = _above(z) ** 2
    before, now = 0.0, 1.0
    for k in range(2, 400 if density > 0 else 2):
        total += (density * now) ** 2 / (k * k * (k - 1))
        j = k - 2
        before, now = now, (-z * now - math.sqrt(j) * before) / math.sqrt(j + 1)
    return 2.0 * total / mean**2
