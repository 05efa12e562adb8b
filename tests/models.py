"""Models that several tests build."""

LIF = '''"""Leaky integrate-and-fire neuron with exponential synapses."""
tau   = 20 ms  [5, 100]      # membrane time constant
E_L   = -70 mV
V_th  = -50 mV
V_r   = -58 mV
I     = 25 mV  [0, 60]       # drive
tau_e = 5 ms

tau * dv/dt = E_L - v + I + g_exc - g_inh   : init = E_L
tau_e * dg_exc/dt = -g_exc                  : exponential
tau_e * dg_inh/dt = -g_inh                  : exponential

spike:      v > V_th
reset:      v = V_r
refractory: 5 ms
'''

COBA = """
C_m = 200 pF
g_L = 10 nS
E_L = -60 mV
E_e = 0 mV
E_i = -80 mV
V_th = -50 mV
tau_e = 5 ms
tau_i = 10 ms
I = 0.2 nA [0, 1]
C_m * dv/dt = g_L*(E_L - v) + g_exc*(E_e - v) + g_inh*(E_i - v) + I : init = E_L
tau_e * dg_exc/dt = -g_exc
tau_i * dg_inh/dt = -g_inh
spike: v > V_th
reset: v = E_L
refractory: 5 ms
"""

STDP = '''"""Pair-based spike-timing-dependent plasticity (Song, Miller & Abbott 2000)."""
tau_plus  = 20 ms
tau_minus = 20 ms
A_plus    = 0.01   [0, 0.05]
A_minus   = 0.0105 [0, 0.05]
w_max     = 1.0

tau_plus  * dx/dt = -x    : event-driven
tau_minus * dy/dt = -y    : event-driven

pre_spike:
    g_target += w
    x += A_plus * w_max
    w = clip(w - y, 0, w_max)
post_spike:
    y += A_minus * w_max
    w = clip(w + x, 0, w_max)
'''

ADEX = {
    "parameters": """
        tau = 20.
        E_L = -70.
        v_T = -50. ; v_r = -58.
        delta_T = 2.0
        a = 0.2 ; b = 0.
        tau_w = 30.
        I = 50.0
    """,
    "equations": """
        tau * dv/dt = (E_L - v) + delta_T * exp((v-v_T)/delta_T) + I - w : init=E_L
        tau_w * dw/dt = a * (v - E_L) - w : init=0.0
    """,
    "spike": " v >= 0.0 ",
    "reset": " v = v_r ; w += b ",
    "refractory": 2.0,
}
