"""The numbers of the benchmark's network, the same for every program."""

N_EXCITATORY = 3200
N_INHIBITORY = 800
PROBABILITY = 0.02
WEIGHT_EXCITATORY = 0.6  # in units of the leak
WEIGHT_INHIBITORY = 6.7
DT = 0.1  # ms
DURATION = 1000.0  # ms
SEED = 1

NEURON = '''"""Integrate-and-fire neuron with conductance-based synapses."""
tau   =  20 ms
tau_e =   5 ms
tau_i =  10 ms
E_L   = -60 mV
E_e   =   0 mV
E_i   = -80 mV
V_th  = -50 mV
V_r   = -60 mV
I     =  20 mV

tau * dv/dt = E_L - v + g_exc * (E_e - v) + g_inh * (E_i - v) + I   : init = E_L
tau_e * dg_exc/dt = -g_exc
tau_i * dg_inh/dt = -g_inh

spike:      v > V_th
reset:      v = V_r
refractory: 5 ms
'''
