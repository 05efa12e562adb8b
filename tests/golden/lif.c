// """Leaky integrate-and-fire neuron with exponential synapses."""
//
// tau = 20 ms [5, 100]  # membrane time constant
// E_L = -70 mV
// V_th = -50 mV
// V_r = -58 mV
// I = 25 mV [0, 60]  # drive
// tau_e = 5 ms
// tau * dv/dt = E_L - v + I + g_exc - g_inh  : init = E_L
// tau_e * dg_exc/dt = -g_exc  : exponential
// tau_e * dg_inh/dt = -g_inh  : exponential
//
// spike: v > V_th
// reset: v = V_r
// refractory: 5 ms
#include "snnlab_kernel.h"

SNN_PURE double rint(double);

const int32_t snn_abi = SNNLAB_ABI;

void m_LIF_update_prepare(const double *scalar, double time_step, double *fixed) {
    const double dt = (double)time_step;
    (void)scalar;
    (void)dt;
    const double tau = (double)scalar[0];
    const double E_L = (double)scalar[1];
    const double I = (double)scalar[4];
    const double tau_e = (double)scalar[5];
    const double decay_v = snn_exp(-dt/tau);
    fixed[0] = (double)decay_v;
    const double fixed_1 = E_L + I;
    fixed[1] = (double)fixed_1;
    const double fixed_2 = snn_exp(-dt/tau_e);
    fixed[2] = (double)fixed_2;
    const int32_t pause = (int32_t)rint(5.0/dt);
    fixed[3] = (double)pause;
}

void m_LIF_update(const snn_args *args, const snn_clock *clock, int64_t begin, int64_t end) {
    (void)clock;
    (void)args;
    const double V_th = (double)args->scalar[2];
    const double V_r = (double)args->scalar[3];
    int32_t *restrict const wait_of = args->buffer[0];
    double *restrict const g_exc_of = args->buffer[1];
    double *restrict const g_inh_of = args->buffer[2];
    double *restrict const v_of = args->buffer[3];
    uint8_t *restrict const spiked_of = args->buffer[4];
    const double decay_v = (double)args->fixed[0];
    const double fixed_1 = (double)args->fixed[1];
    const double fixed_2 = (double)args->fixed[2];
    const int32_t pause = (int32_t)args->fixed[3];
    for (int64_t first = begin; first < end; first += SNN_BLOCK) {
        int32_t spiked_here[SNN_BLOCK];
        SNN_INDEPENDENT
        for (int64_t i = first; i < first + SNN_BLOCK; ++i) {
            const int32_t wait = wait_of[i];
            const int active = (wait == 0);
            const double g_exc = g_exc_of[i];
            const double g_inh = g_inh_of[i];
            const double rest_v = fixed_1 + g_exc - g_inh;
            const double v = v_of[i];
            const double v_next = decay_v*(v - rest_v) + rest_v;
            const double g_exc_next = fixed_2*g_exc;
            const double g_inh_next = fixed_2*g_inh;
            const double v_1 = (active ? v_next : v);
            const double g_exc_1 = g_exc_next;
            const double g_inh_1 = g_inh_next;
            const int is_spike = ((v_1 > V_th) & active);
            const double v_2 = (is_spike ? V_r : v_1);
            const int32_t wait_1 = (is_spike ? pause : ((wait > 0) ? wait - 1 : 0));
            v_of[i] = v_2;
            g_exc_of[i] = g_exc_1;
            g_inh_of[i] = g_inh_1;
            wait_of[i] = wait_1;
            spiked_here[i - first] = is_spike;
        }
        for (int k = 0; k < SNN_BLOCK; ++k)
            spiked_of[first + k] = (uint8_t)spiked_here[k];
    }
}
