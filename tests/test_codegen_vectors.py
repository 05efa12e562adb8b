"""The loop over neurons becomes vector instructions, and what they compute is exact enough."""

import ctypes
import subprocess

import numpy as np
import pytest

from snnlab import Network, Neuron, library
from snnlab.engine.toolchain import INCLUDE, find_toolchain

# Of the library, those with the most arrays, exponentials, conditions and invariants.
NEURONS = ["AdExIF", "HH_cond_exp", "MorrisLecar", "WangBuzsakiHH", "WilsonCowan"]


DELTA = """
V_th = 20 mV
tau = 20 ms
v = v * exp(-dt / tau) + g_exc
spike: v > V_th
reset: v = 10 mV
refractory: 2 ms
"""


def vectorised_lines(code, folder):
    """The lines whose loops gcc says that it has vectorised."""
    source = folder / "model.c"
    source.write_text(code)
    toolchain = find_toolchain()
    command = [*toolchain.command, *toolchain.flags, "-fopt-info-vec", f"-I{INCLUDE}"]
    command += [str(source), "-o", str(folder / "model.so"), "-lm"]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stderr
    reports = [line.split(":") for line in said.splitlines() if "loop vectorized" in line]
    return {int(line) for file, line, *_ in reports if file == str(source)}


def main_loop(code):
    """The line before the loop over neurons."""
    return max(n for n, line in enumerate(code.splitlines(), 1) if "SNN_INDEPENDENT" in line)


@pytest.mark.parametrize("name", [*NEURONS, "Delta"])
def test_update_of_neurons_is_vectorised(name, tmp_path):
    neuron = Neuron.from_cell(DELTA, name) if name == "Delta" else library.load(name)
    code = neuron.code
    loop = main_loop(code)

    assert {loop, loop + 1} & vectorised_lines(code, tmp_path)


DRAWS = [
    "Uniform(0, 1)", "Normal(0, 1)", "LogNormal(0, 1)", "Exponential(2)", "DiscreteUniform(1, 6)",
    "Bernoulli(0.2)",
]  # fmt: skip
BLOCKS = ["Poisson(3)", "Binomial(10, 0.3)", "Gamma(2, 1)"]


@pytest.mark.parametrize(
    "equation",
    [
        *(f"r = {draw}" for draw in DRAWS),
        *(f"10*dr/dt = -r + {draw}" for draw in BLOCKS),
        "10*dr/dt = -r + xi",
    ],
    ids=[*DRAWS, *BLOCKS, "noise"],
)
def test_random_draws_are_vectorised(equation, tmp_path):
    code = Neuron(equations=equation, name="Noisy").code
    loop = main_loop(code)

    assert {loop, loop + 1} & vectorised_lines(code, tmp_path)


def of(values, expression, dtype):
    """``expression`` of x, computed by a compiled neuron for each of ``values``."""
    net = Network(dt=1.0, seed=1, dtype=dtype)
    population = net.add(len(values), Neuron(equations=f"x = x\nr = {expression}", name="Function"))
    population.x = values
    net.step()
    return population.r


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_exponential_is_off_by_little_more_than_one_unit_in_the_last_place(dtype, rng):
    real = np.dtype(dtype).type
    edge = {"float64": 690, "float32": 78}[dtype]
    x = np.concatenate([rng.uniform(-edge, edge, 4000), rng.uniform(-1, 1, 4000)]).astype(real)
    exact = np.exp(x.astype(np.longdouble))

    found = of(x, "exp(x)", dtype)

    assert np.abs((found - exact) / np.spacing(exact.astype(real))).max() < 1.25


@pytest.mark.parametrize(("dtype", "greatest"), [("float64", 709.78), ("float32", 88.72)])
def test_exponential_at_the_ends_of_the_numbers(dtype, greatest):
    finite = of([greatest, greatest + 0.01, 1e9], "if isfinite(exp(x)): 1 else: 0", dtype)
    small = of([0.0, -1e9], "exp(x)", dtype)

    assert finite.tolist() == [1, 0, 0]
    assert small.tolist() == [1, 0]


LONG_PI = np.arccos(np.longdouble(-1))
FUNCTIONS = """
#include "snnlab_kernel.h"
void logarithm(const double *x, double *y, long n)
{
    for (long i = 0; i < n; ++i) y[i] = snn_log(x[i]);
}
void cosine(const double *x, double *y, long n)
{
    for (long i = 0; i < n; ++i) y[i] = snn_cosine_of_turn(x[i]);
}
"""


@pytest.fixture(scope="module", params=["", "-mno-fma"], ids=["this processor", "no FMA"])
def functions(request, tmp_path_factory):
    """A function of a name and values: what the C function of that name makes of them."""
    folder = tmp_path_factory.mktemp("functions")
    source, library = folder / "functions.c", folder / "functions.so"
    source.write_text(FUNCTIONS)
    toolchain = find_toolchain()
    command = [*toolchain.command, *toolchain.flags, *request.param.split(), f"-I{INCLUDE}"]
    subprocess.run([*command, str(source), "-o", str(library)], check=True)
    loaded = ctypes.CDLL(str(library))

    def call(name, x):
        y = np.empty_like(x)
        loaded[name](ctypes.c_void_p(x.ctypes.data), ctypes.c_void_p(y.ctypes.data), len(x))
        return y

    return call


def test_logarithm_is_off_by_less_than_two_units_in_the_last_place(functions, rng):
    tiny, huge = np.finfo(float).tiny, np.finfo(float).max
    edges = [tiny, huge, 2.0**-53, 1 - 2.0**-53, 1 + 2.0**-52, np.sqrt(0.5), np.sqrt(2.0)]
    x = np.concatenate(
        [
            edges,
            rng.uniform(0, 1, 4000),
            rng.uniform(0.99, 1.01, 4000),
            2.0 ** rng.uniform(-1022, 1023, 4000),
        ]
    )
    exact = np.log(x.astype(np.longdouble))

    found = functions("logarithm", x)

    assert np.abs((found - exact) / np.spacing(np.abs(exact).astype(float))).max() < 2
    assert functions("logarithm", np.ones(1)).tolist() == [0.0]


def test_cosine_of_a_turn_is_off_by_less_than_two_units_in_the_last_place(functions, rng):
    near_zeros = rng.uniform(0.2499, 0.2501, 4000)
    u = np.concatenate([[2.0**-53, 1 - 2.0**-53], rng.uniform(0, 1, 8000), near_zeros])
    u = np.rint(u * 2.0**53) / 2.0**53
    exact = np.sin(2 * LONG_PI * (np.abs(u.astype(np.longdouble) - 0.5) - 0.25))

    found = functions("cosine", u)

    assert np.abs((found - exact) / np.spacing(np.abs(exact).astype(float))).max() < 2
    assert functions("cosine", np.array([0.0, 0.25, 0.5, 0.75])).tolist() == [1.0, 0.0, -1.0, 0.0]


@pytest.mark.parametrize(("name", "low", "high"), [("logarithm", 0, 9), ("cosine", 0, 1)])
def test_value_does_not_depend_on_its_place(functions, rng, name, low, high):
    x = rng.uniform(low, high, 67)
    whole = functions(name, x)

    alone = [functions(name, x[i : i + 1].copy())[0] for i in range(67)]

    assert alone == whole.tolist()
