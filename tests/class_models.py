"""Models written as classes that several tests build."""

import sympy

from snnlab import Equations, Euler, Neuron, Synapse


class RateCoded(Neuron):
    """Simple rate-coded neuron."""

    def __init__(self, tau):
        self.tau = self.Value(tau)
        self.ge = self.Array(init=0.0)
        self.v = self.Array(init=0.0)
        self.r = self.Array(init=0.0)

    def update(self):
        with Equations(self) as n:
            shunting = n.ite(n.ge > 1, n.ge, 0)
            n.dv_dt = (n.ge + shunting + sympy.exp(n.v**2) - n.v) / n.tau
            n.r = sympy.tanh(n.v)
        return n


class LIF(Neuron):
    def __init__(self, params):
        self.tau = self.Value(params["tau"])
        self.V_th = self.Value(params["V_th"])
        self.ge = self.Array(init=0.0)
        self.v = self.Array(init=0.0)

    def update(self):
        with Equations(self) as n:
            n.dv_dt = (n.ge - n.v) / n.tau
        return n

    def spike(self):
        with Equations(self) as n:
            return n.v >= n.V_th

    def reset(self):
        with Equations(self) as n:
            n.v = 0
        return n


class RateCodedSynapse(Synapse):
    def __init__(self):
        self.w = self.Weight()

    def transmit(self):
        with Equations(self) as s:
            s.post.target += s.w * s.pre.r
        return s


class SpikingSynapse(Synapse):
    def __init__(self):
        self.w = self.Weight()

    def transmit(self):
        with Equations(self) as s:
            s.post.target += s.w
        return s


class TraceSynapse(RateCodedSynapse):
    def __init__(self, tau, eta):
        self.tau = self.Value(tau)
        self.eta = self.Value(eta)
        self.w = self.Weight()
        self.trace = self.Array(init=0.0)

    def update(self):
        with Equations(self, method="euler") as s:
            s.dtrace_dt = (s.pre.r - s.trace) / s.tau
        return s

    def apply(self):
        with Equations(self) as s:
            s.w += s.eta * s.trace * s.post.r * s.post.R
        return s


class STDP(SpikingSynapse):
    def __init__(self, tau):
        self.tau = self.Value(tau)
        self.w = self.Weight()
        self.x = self.Array(init=0.0)
        self.y = self.Array(init=0.0)

    def update(self):
        with Equations(self, method=Euler) as s:
            s.dx_dt = (-s.x) / s.tau
            s.dy_dt = (-s.y) / s.tau
        return s

    def on_pre(self):
        with Equations(self) as s:
            s.x += 1.0
            s.w -= s.y
        return s

    def on_post(self):
        with Equations(self) as s:
            s.y += 1.0
            s.w += s.x
        return s
