"""Arrays of a network's values: whatever writes into them is logged, or refused."""

import numpy as np
import pytest

from snnlab.model.neuron import Neuron
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
