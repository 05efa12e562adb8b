// C_m = 200 pF
// g_L = 10 nS
// E_L = -60 mV
// E_e = 0 mV
// E_i = -80 mV
// V_th = -50 mV
// tau_e = 5 ms
// tau_i = 10 ms
// I = 0.2 nA [0, 1]
// C_m * dv/dt = g_L * (E_L - v) + g_exc * (E_e - v) + g_inh * (E_i - v) + I  : init = E_L
// tau_e * dg_exc/dt = -g_exc
// tau_i * dg_inh/dt = -g_inh
//
// spike: v > V_th
// reset: v = E_L
// refractory: 5 ms
#include "snnlab_kernel.h"

SNN_PURE double rint(double);

const int32_t snn_abi = SNNLAB_ABI;

void m_COBA_update_prepare(const double *scalar, double time_step, double *fixed) {
    const double dt = (double)time_step;
    (void)scalar;
    (void)dt;
    const double C_m = (double)scalar[0];
    const double tau_e = (double)scalar[6];
    const double tau_i = (double)scalar[7];
    const double I = (double)scalar[8];
    const double fixed_1 = dt/C_m;
    fixed[0] = (double)fixed_1;
    const double fixed_2 = 1.0/C_m;
    fixed[1] = (double)fixed_2;
    const double fixed_3 = 1000.0*I;
    fixed[2] = (double)fixed_3;
    const double fixed_4 = snn_exp(-dt/tau_e);
    fixed[3] = (double)fixed_4;
    const double fixed_5 = snn_exp(-dt/tau_i);
    fixed[4] = (double)fixed_5;
    const int32_t pause = (int32_t)rint(5.0/dt);
    fixed[5] = (double)pause;
}

void m_COBA_update(const snn_args *args, const snn_clock *clock, int64_t begin, int64_t end) {
    (void)clock;
    (void)args;
    const double dt = (double)clock->dt;
    const double g_L = (double)args->scalar[1];
    const double E_L = (double)args->scalar[2];
    const double E_e = (double)args->scalar[3];
    const double E_i = (double)args->scalar[4];
    const double V_th = (double)args->scalar[5];
    int32_t *restrict const wait_of = args->buffer[0];
    double *restrict const g_exc_of = args->buffer[1];
    double *restrict const g_inh_of = args->buffer[2];
    double *restrict const v_of = args->buffer[3];
    uint8_t *restrict const spiked_of = args->buffer[4];
    const double fixed_1 = (double)args->fixed[0];
    const double fixed_2 = (double)args->fixed[1];
    const double fixed_3 = (double)args->fixed[2];
    const double fixed_4 = (double)args->fixed[3];
    const double fixed_5 = (double)args->fixed[4];
    const int32_t pause = (int32_t)args->fixed[5];
    SNN_INDEPENDENT
    for (int64_t i = begin; i < end; ++i) {
        const int32_t wait = wait_of[i];
        const int active = (wait == 0);
        const double g_exc = g_exc_of[i];
        const double g_inh = g_inh_of[i];
        const double gain_v = dt*snn_exprel(fixed_1*(-g_L - g_exc - g_inh));
        const double v = v_of[i];
        const double v_next = gain_v*fixed_2*(fixed_3 + g_L*(E_L - v) + g_exc*(E_e - v) + g_inh*(E_i - v)) + v;
        const double g_exc_next = fixed_4*g_exc;
        const double g_inh_next = fixed_5*g_inh;
        const double v_1 = (active ? v_next : v);
        const double g_exc_1 = g_exc_next;
        const double g_inh_1 = g_inh_next;
        const int is_spike = ((v_1 > V_th) & active);
        const double v_2 = (is_spike ? E_L : v_1);
        const int32_t wait_1 = (is_spike ? pause : ((wait > 0) ? wait - 1 : 0));
        v_of[i] = v_2;
        g_exc_of[i] = g_exc_1;
        g_inh_of[i] = g_inh_1;
        wait_of[i] = wait_1;
        spiked_of[i] = (uint8_t)is_spike;
    }
}
