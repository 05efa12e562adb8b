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

void m_STDP_arrival_prepare(const double *scalar, double time_step, double *fixed) {
    const double dt = (double)time_step;
    (void)scalar;
    (void)dt;
    const double A_plus = (double)scalar[2];
    const double w_max = (double)scalar[4];
    const double fixed_1 = A_plus*w_max;
    fixed[0] = (double)fixed_1;
}

void m_STDP_arrival(const snn_args *args, const snn_clock *clock, int64_t begin, int64_t end) {
    (void)clock;
    (void)args;
    double *restrict const x_of = args->buffer[0];
    const double fixed_1 = (double)args->fixed[0];
    SNN_INDEPENDENT
    for (int64_t i = begin; i < end; ++i) {
        const double x = x_of[i];
        const double x_1 = fixed_1 + x;
        x_of[i] = x_1;
    }
}

void m_STDP_prefade_prepare(const double *scalar, double time_step, double *fixed) {
    const double dt = (double)time_step;
    (void)scalar;
    (void)dt;
    const double tau_plus = (double)scalar[0];
    const double fixed_1 = snn_exp(-dt/tau_plus);
    fixed[0] = (double)fixed_1;
}

void m_STDP_prefade(const snn_args *args, const snn_clock *clock, int64_t begin, int64_t end) {
    (void)clock;
    (void)args;
    double *restrict const x_of = args->buffer[0];
    const double fixed_1 = (double)args->fixed[0];
    SNN_INDEPENDENT
    for (int64_t i = begin; i < end; ++i) {
        const double x = x_of[i];
        const double x_1 = fixed_1*x;
        x_of[i] = x_1;
    }
}

void m_STDP_postfade_prepare(const double *scalar, double time_step, double *fixed) {
    const double dt = (double)time_step;
    (void)scalar;
    (void)dt;
    const double tau_minus = (double)scalar[1];
    const double fixed_1 = snn_exp(-dt/tau_minus);
    fixed[0] = (double)fixed_1;
}

void m_STDP_postfade(const snn_args *args, const snn_clock *clock, int64_t begin, int64_t end) {
    (void)clock;
    (void)args;
    double *restrict const y_of = args->buffer[0];
    const double fixed_1 = (double)args->fixed[0];
    SNN_INDEPENDENT
    for (int64_t i = begin; i < end; ++i) {
        const double y = y_of[i];
        const double y_1 = fixed_1*y;
        y_of[i] = y_1;
    }
}

void m_STDP_pre(const snn_args *args, const snn_clock *clock, int64_t row, int64_t begin, int64_t end) {
    (void)clock;
    (void)args;
    (void)row;
    const double w_max = (double)args->scalar[4];
    const uint16_t *const target = args->buffer[0];
    double *const w_of = args->buffer[1];
    double *const post_g_target_of = args->buffer[2];
    const double *const y_of = args->buffer[3];
    if (args->distinct && target[end - 1] - target[begin] == end - begin - 1) {
        const int64_t shift = target[begin] - begin;
        SNN_INDEPENDENT
        for (int64_t k = begin; k < end; ++k) {
            const int64_t j = k + shift;
            const double w = w_of[k];
            post_g_target_of[j] += w;
            const double y = y_of[j];
            const double argument_1 = w - y;
            const double w_1 = ((0.0 > w_max) ? w_max : ((argument_1 < 0.0) ? 0.0 : ((argument_1 > w_max) ? w_max : argument_1)));
            w_of[k] = w_1;
        }
        begin = end;
    }
    for (int64_t k = begin; k < end; ++k) {
        const int64_t j = target[k];
        const double w = w_of[k];
        post_g_target_of[j] += w;
        const double y = y_of[j];
        const double argument_1 = w - y;
        const double w_1 = ((0.0 > w_max) ? w_max : ((argument_1 < 0.0) ? 0.0 : ((argument_1 > w_max) ? w_max : argument_1)));
        w_of[k] = w_1;
    }
}

void m_STDP_post_prepare(const double *scalar, double time_step, double *fixed) {
    const double dt = (double)time_step;
    (void)scalar;
    (void)dt;
    const double A_minus = (double)scalar[3];
    const double w_max = (double)scalar[4];
    const double fixed_1 = A_minus*w_max;
    fixed[0] = (double)fixed_1;
}

void m_STDP_post(const snn_args *args, const snn_clock *clock, int64_t row, int64_t begin, int64_t end) {
    (void)clock;
    (void)args;
    (void)row;
    const double w_max = (double)args->scalar[4];
    const uint16_t *const synapse = args->buffer[0];
    const uint16_t *const source = args->buffer[1];
    double *const y_of = args->buffer[4];
    double *const w_of = args->buffer[5];
    const double *const x_of = args->buffer[6];
    const double fixed_1 = (double)args->fixed[0];
    const double y = y_of[row];
    const double y_1 = fixed_1 + y;
    if (!synapse) {
        const int64_t stride = args->stride;
        for (int64_t i = 0; i < end - begin; ++i) {
            const int64_t k = i*stride + row;
            const double w = w_of[k];
            const double x = x_of[i];
            const double argument_1 = w + x;
            const double w_1 = ((0.0 > w_max) ? w_max : ((argument_1 < 0.0) ? 0.0 : ((argument_1 > w_max) ? w_max : argument_1)));
            w_of[k] = w_1;
        }
        begin = end;
    }
    for (int64_t m = begin; m < end; ++m) {
        const int64_t k = synapse[m];
        const int64_t i = source[m];
        const double w = w_of[k];
        const double x = x_of[i];
        const double argument_1 = w + x;
        const double w_1 = ((0.0 > w_max) ? w_max : ((argument_1 < 0.0) ? 0.0 : ((argument_1 > w_max) ? w_max : argument_1)));
        w_of[k] = w_1;
    }
    y_of[row] = y_1;
}
