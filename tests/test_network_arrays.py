"""Arrays of a network's values: whatever writes into them is logged, or refused."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from snnlab.errors import NetworkError
from snnlab.model.neuron import Neuron
from snnlab.model.synapse import Synapse
from snnlab.network.connectors import AllToAll
from snnlab.network.network import Network

REFUSED = r"read-?only|not writ|be contiguous, writ|own its data"  # NumPy's words
START = [4.0, 1.0, 3.0, 2.0]


def group_of_four(shape: int | tuple[int, ...] = 4):
    net = Network(dt=0.1, seed=1)
    neuron = Neuron("tau = 10", "tau * dv/dt = g_exc - v", spike="v > 100", name="N")
    group = net.add(shape, neuron, name="P")
    group.v = np.reshape(START, shape)
    net.step()
    group.v = np.reshape(START, shape)
    return net, group


def fill_diagonal(v):
    np.fill_diagonal(v, 0.0)


def write_flat(v):
    v.flat = [9.0, 8.0]


@pytest.mark.parametrize(
    ("write", "expected"),
    [
        (lambda v: v.partition(1), [1.0, 2.0, 3.0, 4.0]),
        (lambda v: v.sort(), [1.0, 2.0, 3.0, 4.0]),
        (lambda v: v.fill(5.0), [5.0] * 4),
        (lambda v: v.put([0, 2], 7.0), [7.0, 1.0, 7.0, 2.0]),
        (write_flat, [9.0, 8.0, 9.0, 8.0]),
        (lambda v: np.copyto(v, 6.0), [6.0] * 4),
        (lambda v: np.add(v, 1.0, out=v), [5.0, 2.0, 4.0, 3.0]),
        (lambda v: np.clip(v, 2.0, 3.0, out=v), [3.0, 2.0, 3.0, 2.0]),
        (lambda v: np.multiply.at(v, [0, 0], 2.0), [16.0, 1.0, 3.0, 2.0]),
        (lambda v: np.put_along_axis(v, np.array([0]), 5.0, 0), [5.0, 1.0, 3.0, 2.0]),
    ],
    ids=["partition", "sort", "fill", "put", "flat", "copyto", "add", "clip", "at", "along axis"],
)
def test_what_changes_an_array_is_logged(write, expected):
    net, group = group_of_four()
    n_changes = len(net.log)

    write(group.v)

    assert group.v.tolist() == expected
    assert len(net.log) == n_changes + 1 or net.log.code().count("P.v") > 1
    net.replay(net.log)
    net.step()
    assert group.v.tolist() == expected


@pytest.mark.parametrize(
    "write",
    [
        lambda v: np.asarray(v).__setitem__(0, 5.0),
        lambda v: v.flat.__setitem__(0, 5.0),
        lambda v: v.view(np.ndarray).__setitem__(0, 5.0),
        lambda v: np.frombuffer(v.data, float).__setitem__(0, 5.0),
        lambda v: v.byteswap(inplace=True),
        lambda v: v.setfield(5.0, float),
        lambda v: v.resize(2),
        lambda v: np.random.default_rng(1).shuffle(v),
        lambda v: np.random.default_rng(1).random(out=v),
        lambda v: np.divmod(v, 2.0, out=(v, np.zeros(4))),
        lambda v: fill_diagonal(v.reshape(2, 2)),
    ],
    ids=[
        "asarray",
        "flat",
        "view",
        "buffer",
        "byteswap",
        "setfield",
        "resize",
        "shuffle",
        "random",
        "divmod",
        "fill_diagonal",
    ],
)
def test_what_writes_past_the_log_is_refused(write):
    net, group = group_of_four()
    code = net.log.code()

    with pytest.raises(ValueError, match=REFUSED):
        write(group.v)

    assert group.v.tolist() == START
    assert net.log.code() == code


def test_grids_and_weights_are_read_only_to_numpy_too():
    net, group = group_of_four((2, 2))
    projection = net.connect(
        group, group, "exc", AllToAll(self_connections=True), weight=np.ones(16)
    )

    for array in (group.v, group[0].v, projection.w):
        assert not array.flags.writeable
        array[0] = 2.0

    assert group.v.tolist() == [[2.0, 2.0], [3.0, 2.0]]
    assert projection.w[0] == 2.0


def test_copies_and_results_belong_to_whoever_made_them():
    net, group = group_of_four()
    n_changes = len(net.log)

    for own in (group.v.copy(), group.v[[0, 1]], group.v + 1, np.array(group.v), np.sort(group.v)):
        own[0] = 99.0
        own.partition(0)
        assert own.flags.writeable

    assert group.v.tolist() == START
    assert len(net.log) == n_changes


TRACE = """
tau_x = 10 ms
tau_x * dx/dt = -x : event-driven
y = y : init = 0
pre_spike:
    g_target += w
    x += 1
"""


def values_of_four(kind: str) -> tuple[Network, Callable[[], Any]]:
    """Four values that are no view of the engine's memory: what reads them, and the network."""
    net = Network(dt=0.1, seed=1)
    neuron = Neuron("tau = 10", "tau * dv/dt = g_exc - v", spike="v > 100", name="N")
    group = net.add(2 if kind != "rate" else 4, neuron, name="P")
    if kind == "rate":
        drive = net.drive(group, "exc", rate=START)
        return net, lambda: drive.rate
    rule = AllToAll(self_connections=True)
    synapse = Synapse.from_cell(TRACE, "Trace") if kind == "trace" else None
    projection = net.connect(group, group, "exc", rule, weight=1.0, synapse=synapse, name="S")
    net.step()
    if kind == "trace":
        projection.x = START
        return net, lambda: projection.x
    return net, lambda: projection.w


def add_here(values):
    values += 1.0


def add_to_part(values):
    values[1:3] += 1.0


def one_after_the_other(values):
    values[0] = 5.0
    values[1] = values[0] + 1.0
    values[2:] += 2.0


@pytest.mark.parametrize("kind", ["trace", "rate", "one weight"])
@pytest.mark.parametrize(
    ("write", "expected"),
    [
        (lambda x: x.fill(5.0), lambda x: [5.0] * 4),
        (lambda x: x.put([0, 2], 7.0), lambda x: [7.0, x[1], 7.0, x[3]]),
        (write_flat, lambda x: [9.0, 8.0, 9.0, 8.0]),
        (lambda x: x.sort(), lambda x: sorted(x)),
        (lambda x: x.partition(1), lambda x: np.partition(x, 1)),
        (lambda x: np.copyto(x, 6.0), lambda x: [6.0] * 4),
        (lambda x: np.add(x, 1.0, out=x), lambda x: x + 1),
        (lambda x: np.divide(6.0, x, out=x), lambda x: 6 / x),
        (lambda x: np.multiply(x, [1, 2, 3, 4], out=x), lambda x: x * [1, 2, 3, 4]),
        (lambda x: np.multiply.at(x, [0, 0], 2.0), lambda x: x * [4, 1, 1, 1]),
        (
            lambda x: np.add(x, 1.0, out=x, where=[True, False, False, True]),
            lambda x: np.add(x, [1, 0, 0, 1]),
        ),
        (add_here, lambda x: x + 1),
        (add_to_part, lambda x: np.add(x, [0, 1, 1, 0])),
        (lambda x: add_here(x[1:3]), lambda x: np.add(x, [0, 1, 1, 0])),
        (lambda x: x[2:].fill(9.0), lambda x: [x[0], x[1], 9.0, 9.0]),
        (one_after_the_other, lambda x: [5.0, 6.0, x[2] + 2, x[3] + 2]),
    ],
    ids=[
        "fill",
        "put",
        "flat",
        "sort",
        "partition",
        "copyto",
        "add",
        "divide",
        "by array",
        "at",
        "where",
        "in place",
        "part",
        "view",
        "filled view",
        "one after the other",
    ],
)
def test_what_changes_values_that_are_no_view_reaches_the_network(kind, write, expected):
    net, read = values_of_four(kind)
    before = np.array(read())

    write(read())

    np.testing.assert_allclose(np.array(read()), expected(before), rtol=1e-12)
    net.step()
    assert len(net.log) > 0 or np.array_equal(expected(before), before)


@pytest.mark.parametrize("kind", ["trace", "rate", "one weight"])
@pytest.mark.parametrize(
    "write",
    [
        lambda x: x.flat.__setitem__(0, 5.0),
        lambda x: x.view(np.ndarray).__setitem__(0, 5.0),
        lambda x: x.setfield(5.0, float),
        lambda x: np.random.default_rng(1).shuffle(x),
        lambda x: np.divmod(x, 2.0, out=(x, np.zeros(4))),
    ],
    ids=["flat", "view", "setfield", "shuffle", "divmod"],
)
def test_what_would_be_lost_is_refused(kind, write):
    _, read = values_of_four(kind)
    before = np.array(read())

    with pytest.raises(ValueError, match=REFUSED):
        write(read())

    np.testing.assert_array_equal(read(), before)


@pytest.mark.parametrize("kind", ["trace", "rate", "one weight"])
def test_filled_values_are_checked(kind):
    _, read = values_of_four(kind)
    before, values = np.array(read()), read()

    with pytest.raises(NetworkError) as error:
        values.fill(np.inf)

    told = {
        "trace": "Projection 'S': 'x' cannot be infinite; give a finite number.",
        "rate": "Drive 'Poisson->P exc': rate = array([inf, inf, inf, inf]) is not possible; "
        "give finite numbers from 0 Hz on.",
        "one weight": "Projection 'S': 'w' cannot be infinite; give a finite number.",
    }
    assert str(error.value) == told[kind]
    np.testing.assert_array_equal(read(), before)
    np.testing.assert_array_equal(values, before)


def test_one_weight_stays_one_until_synapses_are_told_apart():
    net, read = values_of_four("one weight")
    projection = net.projections["S"]
    weights = read()

    weights.fill(2.0)
    weights *= 3.0
    weights[...] = 7.0

    assert projection.has_one_weight
    assert projection.weight == 7.0
    weights[1] = 8.0
    assert not projection.has_one_weight
    projection.w = weights
    assert projection.w.tolist() == [7.0, 8.0, 7.0, 7.0]
    assert weights.sum() == 29.0


def test_weights_read_while_it_runs_are_told_apart_one_by_one():
    """Changes wait for the end of a step; none of them is lost."""
    net, read = values_of_four("one weight")
    net.play()
    try:
        weights = read()
        for k in range(4):
            weights[k] = 2.0 + k
        weights[1:3] += 10.0
    finally:
        net.pause()

    assert net.projections["S"].w.tolist() == [2.0, 13.0, 14.0, 5.0]
