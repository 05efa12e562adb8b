"""The loop over neurons becomes vector instructions, and what they compute is exact enough."""

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


@pytest.mark.parametrize("name", [*NEURONS, "Delta"])
def test_update_of_neurons_is_vectorised(name, tmp_path):
    neuron = Neuron.from_cell(DELTA, name) if name == "Delta" else library.load(name)
    code = neuron.code
    loop = code.splitlines().index("    SNN_INDEPENDENT") + 1

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
