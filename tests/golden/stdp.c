// """Pair-based spike-timing-dependent plasticity (Song, Miller & Abbott 2000)."""
//
// tau_plus = 20 ms
// tau_minus = 20 ms
// A_plus = 0.01 [0, 0.05]
// A_minus = 0.0105 [0, 0.05]
// w_max = 1.0
// tau_plus * dx/dt = -x  : event-driven
// tau_minus * dy/dt = -y  : event-driven
//
// pre_spike:
//     g_target += w
//     x += A_plus * w_max
//     w = clip(w - y, 0, w_max)
// post_spike:
//     y += A_minus * w_max
//     w = clip(w + x, 0, w_max)
#include "snnlab_kernel.h"


const int32_t snn_abi = SNNLAB_ABI;

void m_STDP_pre(const snn_args *args, const snn_clock *clock, int64_t row, int64_t begin, int64_t end) {
    (void)clock;
    (void)args;
    (void)row;
    const double dt = (double)clock->dt;
    const int32_t step = (int32_t)clock->step;
    const double tau_plus = (double)args->scalar[0];
    const double tau_minus = (double)args->scalar[1];
    const double A_plus = (double)args->scalar[2];
    const double w_max = (double)args->scalar[4];
    const uint16_t *const target = args->buffer[0];
    int32_t *const touched_of = args->buffer[1];
    double *const x_of = args->buffer[2];
    double *const y_of = args->buffer[3];
    double *const w_of = args->buffer[4];
    double *const post_g_target_of = args->buffer[5];
    const double fixed_1 = 1.0/tau_plus;
    const double fixed_2 = 1.0/tau_minus;
    const int32_t touched_1 = step;
    const double fixed_3 = A_plus*w_max;
    if (args->distinct && target[end - 1] - target[begin] == end - begin - 1) {
        const int64_t shift = target[begin] - begin;
        SNN_INDEPENDENT
        for (int64_t k = begin; k < end; ++k) {
            const int64_t j = k + shift;
            const int32_t touched = touched_of[k];
            const double passed = dt*(step - touched);
            const double x = x_of[k];
            const double y = y_of[k];
            const double x_1 = x*snn_exp(-fixed_1*passed);
            const double y_1 = y*snn_exp(-fixed_2*passed);
            const double w = w_of[k];
            post_g_target_of[j] += w;
            const double x_2 = fixed_3 + x_1;
            const double argument_1 = w - y_1;
            const double w_1 = ((0.0 > w_max) ? w_max : ((argument_1 < 0.0) ? 0.0 : ((argument_1 > w_max) ? w_max : argument_1)));
            x_of[k] = x_2;
            y_of[k] = y_1;
            touched_of[k] = touched_1;
            w_of[k] = w_1;
        }
        begin = end;
    }
    for (int64_t k = begin; k < end; ++k) {
        const int64_t j = target[k];
        const int32_t touched = touched_of[k];
        const double passed = dt*(step - touched);
        const double x = x_of[k];
        const double y = y_of[k];
        const double x_1 = x*snn_exp(-fixed_1*passed);
        const double y_1 = y*snn_exp(-fixed_2*passed);
        const double w = w_of[k];
        post_g_target_of[j] += w;
        const double x_2 = fixed_3 + x_1;
        const double argument_1 = w - y_1;
        const double w_1 = ((0.0 > w_max) ? w_max : ((argument_1 < 0.0) ? 0.0 : ((argument_1 > w_max) ? w_max : argument_1)));
        x_of[k] = x_2;
        y_of[k] = y_1;
        touched_of[k] = touched_1;
        w_of[k] = w_1;
    }
}

void m_STDP_post(const snn_args *args, const snn_clock *clock, int64_t row, int64_t begin, int64_t end) {
    (void)clock;
    (void)args;
    (void)row;
    const double dt = (double)clock->dt;
    const int32_t step = (int32_t)clock->step;
    const double tau_plus = (double)args->scalar[0];
    const double tau_minus = (double)args->scalar[1];
    const double A_minus = (double)args->scalar[3];
    const double w_max = (double)args->scalar[4];
    const uint32_t *const synapse = args->buffer[0];
    const uint16_t *const source = args->buffer[1];
    (void)source;
    int32_t *const touched_of = args->buffer[2];
    double *const x_of = args->buffer[3];
    double *const y_of = args->buffer[4];
    double *const w_of = args->buffer[5];
    const double fixed_1 = step + 1.0;
    const double fixed_2 = 1.0/tau_plus;
    const double fixed_3 = 1.0/tau_minus;
    const int32_t touched_1 = step + 1;
    const double fixed_4 = A_minus*w_max;
    if (!synapse) {
        const int64_t stride = args->stride;
        for (int64_t i = 0; i < end - begin; ++i) {
            const int64_t k = i*stride + row;
            const int32_t touched = touched_of[k];
            const double passed = dt*(fixed_1 - touched);
            const double x = x_of[k];
            const double y = y_of[k];
            const double x_1 = x*snn_exp(-fixed_2*passed);
            const double y_1 = y*snn_exp(-fixed_3*passed);
            const double y_2 = fixed_4 + y_1;
            const double w = w_of[k];
            const double argument_1 = w + x_1;
            const double w_1 = ((0.0 > w_max) ? w_max : ((argument_1 < 0.0) ? 0.0 : ((argument_1 > w_max) ? w_max : argument_1)));
            x_of[k] = x_1;
            y_of[k] = y_2;
            touched_of[k] = touched_1;
            w_of[k] = w_1;
        }
        begin = end;
    }
    for (int64_t m = begin; m < end; ++m) {
        const int64_t k = synapse[m];
        const int32_t touched = touched_of[k];
        const double passed = dt*(fixed_1 - touched);
        const double x = x_of[k];
        const double y = y_of[k];
        const double x_1 = x*snn_exp(-fixed_2*passed);
        const double y_1 = y*snn_exp(-fixed_3*passed);
        const double y_2 = fixed_4 + y_1;
        const double w = w_of[k];
        const double argument_1 = w + x_1;
        const double w_1 = ((0.0 > w_max) ? w_max : ((argument_1 < 0.0) ? 0.0 : ((argument_1 > w_max) ? w_max : argument_1)));
        x_of[k] = x_1;
        y_of[k] = y_2;
        touched_of[k] = touched_1;
        w_of[k] = w_1;
    }
}
