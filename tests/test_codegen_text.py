"""The generated text as a whole: readable, the same everywhere, and harmless."""

import hashlib
import os
import re
import subprocess
import sys

import pytest
from models import COBA, LIF, STDP

from snnlab.codegen.c_target import CTypes, print_program
from snnlab.codegen.lower import lower_neuron
from snnlab.engine import build
from snnlab.engine.toolchain import find_toolchain
from snnlab.model.neuron import Neuron
from snnlab.model.synapse import Synapse
from snnlab.network.network import Network


@pytest.mark.parametrize(
    ("name", "model"),
    [
        ("lif.c", Neuron.from_cell(LIF, "LIF")),
        ("coba.c", Neuron.from_cell(COBA, "COBA")),
        ("stdp.c", Synapse.from_cell(STDP, "STDP")),
    ],
    ids=["LIF", "COBA", "STDP"],
)
def test_generated_code_is_the_golden_text(name, model, golden):
    golden(name, model.code)


PRINT_DIGEST = """
import hashlib
from models import ADEX, COBA, LIF, STDP
from snnlab import Neuron, Synapse
cells = [Neuron.from_cell(LIF, "LIF"), Neuron.from_cell(COBA, "COBA"), Neuron(**ADEX)]
text = "".join(model.code for model in [*cells, Synapse.from_cell(STDP, "STDP")])
print(len(text), hashlib.sha256(text.encode()).hexdigest())
"""


def test_code_does_not_depend_on_the_hash_seed(pytestconfig):
    def digest(seed):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": "tests"}
        command = [sys.executable, "-c", PRINT_DIGEST]
        done = subprocess.run(
            command, env=environment, cwd=pytestconfig.rootpath, capture_output=True, text=True
        )
        return done.stdout.split() or done.stderr

    first = digest("1")

    assert len(first) == 2
    assert int(first[0]) > 5000
    assert digest("2") == first


HOSTILE_NAMES = [
    'x"; system("id"); //',
    "x\n#include <evil.h>\nint evil;",
    "x */ evil();",
    "x() { evil(); } void y",
    "évil€",
    "9",
    "",
    "evil" * 40,
]


@pytest.mark.parametrize("name", HOSTILE_NAMES, ids=ascii)
def test_name_of_a_model_becomes_an_identifier(name):
    code = Neuron.from_cell(LIF, name).code

    (header,) = re.findall(r"^void (\S+)\(const snn_args \*args", code, re.MULTILINE)
    assert re.fullmatch(r"m_[A-Za-z0-9_]{0,40}_update", header)
    assert re.findall(r"^#.*$", code, re.MULTILINE) == ['#include "snnlab_kernel.h"']


# Everything that str.splitlines and C take for the end of a line, and what joins lines.
HOSTILE_TEXT = [
    "ends here */ int evil;",
    "joins the next line \\",
    "joins by a trigraph ??/",
    "carriage return\r#define evil",
    "form feed \x0c#define evil",
    "vertical tab \x0b#define evil",
    "line separator \u2028#define evil",
    "next line \x85#define evil",
    "file separator \x1c#define evil",
    "nul \x00#define evil",
]


@pytest.mark.parametrize("text", HOSTILE_TEXT, ids=ascii)
def test_text_of_a_model_stays_in_comments(text, tmp_path):
    kernels = lower_neuron(Neuron.from_cell(LIF, "LIF").model)
    plain = print_program("LIF", kernels).text

    code = print_program("LIF", kernels, comment=f"first\n{text}\nlast").text

    head, last, rest = code.partition("// last\n")
    assert last
    assert rest == plain
    lines = head.removesuffix("\n").split("\n")
    assert lines[0] == "// first"
    assert all(line.startswith("// ") and not line.endswith("\\") for line in lines)
    assert all(" " <= c <= "~" for line in lines for c in line)
    assert "??/" not in head
    source = tmp_path / "hostile.c"
    source.write_text(code)
    find_toolchain().compile(source, tmp_path / "hostile.so")


KEYWORDS = """
int = 10
v_1 = 2
args = 1
shared_1 = 0.5
fixed_1 = 4
begin = 3
int * dv/dt = (v_1 + args + shared_1*fixed_1 + begin) - v
int * di/dt = v - i
tau_of = v + i + pos(v - i)**2*exp(-shared_1)*exp(-shared_1*v)
spike: v > 100
"""


def test_variables_may_be_called_like_words_of_c():
    net = Network(dt=0.1, seed=1)
    group = net.add(1, Neuron.from_cell(KEYWORDS, "keywords"))

    net.simulate(1000)

    assert group.v[0] == pytest.approx(2 + 1 + 0.5 * 4 + 3, rel=1e-12)
    assert group.i[0] == pytest.approx(8, rel=1e-12)
    assert group.tau_of[0] == pytest.approx(16, rel=1e-12)


CONDITIONS = """
a = 2.
b = 3.
c = 1.
fixed = (a if a > b else r) : init = 0
nested = (1 if min(a, b, c) > min(r, a) else 2)
inner = (5 if (a if r > 0 else b) > 2.5 else 7)
both = (a if a > b and r > 0 else (b if a < b or r > 9 else c))
r = r + 1 : init = -2
"""


def test_conditions_compute_what_they_say():
    net = Network(dt=1, seed=1)
    group = net.add(1, Neuron.from_cell(CONDITIONS, "conditions"))
    seen = []

    for _ in range(4):
        before = group.r[0]
        net.step()
        seen.append([group.fixed[0], group.nested[0], group.inner[0], group.both[0]])
        assert group.r[0] == before + 1

    assert seen == [
        [-2, 1, 5, 3],
        [-1, 1, 5, 3],
        [0, 1, 5, 3],
        [1, 2, 7, 3],
    ]


def test_another_comment_is_no_other_code():
    kernels = lower_neuron(Neuron.from_cell(LIF, "LIF").model)
    first = print_program("LIF", kernels, comment="the membrane").text
    second = print_program("LIF", kernels, comment="the membrane\nof a neuron").text

    toolchain = find_toolchain()

    assert first != second
    assert build._key(first, toolchain) == build._key(second, toolchain)


@pytest.mark.parametrize(
    "other",
    [
        print_program(
            "LIF", lower_neuron(Neuron.from_cell(LIF, "LIF").model), types=CTypes("float")
        ),
        print_program(
            "LIF", lower_neuron(Neuron.from_cell(LIF.replace("> V_th", ">= V_th"), "LIF").model)
        ),
    ],
    ids=["number type", "equation"],
)
def test_other_code_has_another_key(other):
    own = print_program("LIF", lower_neuron(Neuron.from_cell(LIF, "LIF").model)).text

    toolchain = find_toolchain()

    assert build._key(own, toolchain) != build._key(other.text, toolchain)


def test_value_of_a_parameter_is_no_part_of_the_code():
    first = print_program("LIF", lower_neuron(Neuron.from_cell(LIF, "LIF").model)).text
    changed = LIF.replace("tau   = 20 ms", "tau   = 31 ms").replace("= -50 mV", "= -47.5 mV")
    second = print_program("LIF", lower_neuron(Neuron.from_cell(changed, "LIF").model)).text

    assert hashlib.sha256(first.encode()).digest() == hashlib.sha256(second.encode()).digest()
