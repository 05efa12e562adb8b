"""Any text is read in bounded time, executes nothing, and fails with a `ModelError` alone."""

import builtins
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from snnlab.errors import ModelError
from snnlab.model.neuron import Neuron
from snnlab.model.synapse import Synapse

TEXT = """
v r w g_exc t dt tau E_L xi pi pre.r post.v sum(exc) exp( clip( Normal( ite( if else and or not is
dv/dt dr/dt ( ) [ ] , ; : = += == < >= + - * / ^ ** % 1 2.5 1e3 ms mV nS/mV # spike: reset:
refractory: psp: pre_spike: functions: parameters: equations: init min max rk4 exponential
population event-driven __class__ lambda " ' \\ $ & | @ ` ~
"""
WORDS = st.sampled_from([*TEXT.split(), "\n", "\n", "\n    ", "\t"])
OPERATORS = ["+", "-", "*", "/", "^", "%", "<", "==", "and", "or"]
FUNCTIONS = ["exp", "log", "sqrt", "abs", "tanh", "pos", "asin", "floor", "exprel", "not"]
SOUP = st.lists(WORDS, max_size=40).map(" ".join)
EXPRESSIONS = st.recursive(
    st.sampled_from(["t", "dt", "tau", "2", "0.5", "-1", "r", "pi", "True"]),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(OPERATORS), inner).map(
            lambda parts: "({} {} {})".format(*parts)
        ),
        st.tuples(st.sampled_from(FUNCTIONS), inner).map(lambda parts: f"{parts[0]}({parts[1]})"),
        st.tuples(inner, inner, inner).map(lambda p: f"ite({p[0]}, {p[1]}, {p[2]})"),
    ),
    max_leaves=12,
)
QUICKLY = settings(
    max_examples=150,
    deadline=2000,  # ms for one text
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@pytest.fixture
def executed(monkeypatch):
    """Calls of functions that run text; there must be none."""
    calls = []
    for name in ("eval", "exec", "__import__"):
        real = getattr(builtins, name)

        def spy(text, *rest, real=real, **options):
            # sympy loads its own modules when it first needs them.
            if not str(text).startswith(("sympy", "mpmath")) and "hostile" in str(text):
                calls.append(text)
            return real(text, *rest, **options)

        monkeypatch.setattr(builtins, name, spy)
    return calls


def read(kind, text):
    """The model, or None for a text that is refused."""
    try:
        return kind.from_cell(text, "M")
    except ModelError:
        return None


@pytest.mark.parametrize("kind", [Neuron, Synapse])
@given(text=st.one_of(st.text(max_size=200), SOUP))
@QUICKLY
def test_any_text_is_a_model_or_a_model_error(kind, text):
    model = read(kind, text)

    assert model is None or kind.from_cell(model.text, "M").model == model.model


@given(text=EXPRESSIONS)
@QUICKLY
def test_any_expression_is_a_model_or_a_model_error(text):
    neuron = read(Neuron, f"tau = 10.\nr = {text}")

    assert neuron is None or Neuron.from_cell(neuron.text, "M").model == neuron.model


@given(text=EXPRESSIONS)
@QUICKLY
def test_any_derivative_is_a_model_or_a_model_error(text):
    neuron = read(Neuron, f"tau = 10.\ntau * dr/dt = {text}")

    assert neuron is None or Neuron.from_cell(neuron.text, "M").model == neuron.model


HOSTILE = [
    "r = __import__('os').system('touch hostile')",
    "r = eval(hostile)",
    "r = exec(hostile)",
    "r = t.hostile()",
    "r = (lambda: hostile)()",
    "r = [hostile for hostile in t]",
    "r = hostile(t); import os",
    "r = t /* hostile */",
    "r = t\n#define hostile",
    "r = <script>hostile()</script>",
    r"r = \input{hostile}",
    "r = $(hostile)",
    "r = `hostile`",
    "r = '%s' % hostile",
    "r = f'{hostile}'",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_refused_and_runs_nothing(text, executed, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    assert read(Neuron, text + "\nr = q") is None
    assert executed == []
    assert list(tmp_path.iterdir()) == []


def test_no_text_of_a_model_reaches_latex_as_it_is():
    neuron = Neuron.from_cell('"""\\input{x} <b>"""\na_b_c = 3  # \\input{x}\nr = a_b_c', "M")

    assert r"\input" not in neuron.latex


SLOW = {
    "long_sum": "r = " + " + ".join(f"t^{n % 60}" for n in range(800)),
    "long_product": "r = " + " * ".join(["(1 + t)"] * 800),
    "powers_of_sums": "r = " + "^2 * ".join(["(1 + t + dt)"] * 60),
    "nested_functions": "r = " + "exp(-" * 40 + "t" + ")" * 40,
    "nested_conditionals": "r = " + "ite(t > 1, t, " * 40 + "t" + ")" * 40,
    "nested_powers": "r = " + "(" * 40 + "t" + "^1.5)" * 40,
    "quotients": "r = " + "1 / (1 + " * 40 + "t" + ")" * 40,
    "coupled_implicit": "\n".join(
        f"dx{i}/dt = t*x{(i + 1) % 6} - x{i}*dt : implicit" for i in range(6)
    )
    + "\nr = x0",
    "coupled_equations": "\n".join(f"dx{i}/dt = x{(i + 1) % 12} - x{i}" for i in range(12))
    + "\nr = x0",
    "growing_functions": "functions:\n    f0(x) = x + x^2\n"
    + "\n".join(f"    f{i + 1}(x) = f{i}(f{i}(x))" for i in range(12))
    + "\nr = f12(t)",
    "wide_derivative": "dr/dt = " + " + ".join(f"exp(-r/{n}) * r^{n % 7}" for n in range(1, 100)),
}


@pytest.mark.parametrize("text", SLOW.values(), ids=SLOW)
def test_slow_text_is_read_or_refused_in_bounded_time(text):
    begin = time.perf_counter()
    read(Neuron, text)

    assert time.perf_counter() - begin < 10  # s; a tenth of it on an idle machine
