"""Print kernels as C99: declarations, loops, and random draws.

The text depends on the kernel and on the number types only. No name or text of the model is
copied into it unchanged: identifiers are made of letters, digits and underscores.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import assert_never

from sympy import Basic, Symbol

from snnlab.codegen.kernel import (
    FIRST_DRAW,
    INPUT,
    SPIKED,
    Add,
    Buffer,
    Draw,
    Form,
    Item,
    Keep,
    Kernel,
    Let,
    Load,
    Program,
    Statement,
    Store,
)
from snnlab.codegen.passes import LOOP_CONSTANTS
from snnlab.codegen.printer import CPrinter, Real

# Functions for which glibc has vector forms in libmvec, in every version or from 2.35 on; gcc takes
# them when they are declared so. A call gives the same bits in every lane, so that results do not
# depend on where a neuron stands, but others than the scalar form.
VECTOR_FUNCTIONS = frozenset({"log", "sin", "cos", "pow"})
NEWER_VECTOR_FUNCTIONS = frozenset(
    {
        "tan",
        "asin",
        "acos",
        "atan",
        "atan2",
        "sinh",
        "cosh",
        "tanh",
        "asinh",
        "acosh",
        "atanh",
    }
)
# The same bits in any instruction set; exponentials are our own (snnlab_math.h).
EXACT_FUNCTIONS = frozenset(
    {"sqrt", "fabs", "floor", "ceil", "rint", "snn_exp", "snn_exprel", "snn_inverse_exprel"}
)
ROWS = 4  # SNN_ROWS
# Drawn in rounds or attempts, whose number differs: a block of neurons at once (snnlab_kernel.h).
DRAWN_IN_BLOCKS = frozenset({"Poisson", "Binomial", "Gamma"})
RESERVED = frozenset(
    re.findall(
        r"\w+",
        """
    auto break case char const continue default do double else enum extern float for goto if inline
    int long register restrict return short signed sizeof static struct switch typedef union
    unsigned void volatile while _Bool asm typeof main args clock begin end i j k m row key
    first last e sum shift stride length newest incoming ahead int8_t int16_t int32_t int64_t
    uint8_t uint16_t uint32_t uint64_t INFINITY NAN dt t step delay fixed scalar exp log sin cos
    tan asin acos atan atan2 sinh cosh tanh asinh acosh atanh floor ceil fabs
    erf sqrt pow rint fmod
    """,
    )
)


@dataclass(frozen=True)
class CTypes:
    """The number types of one network."""

    real: Real = "double"
    target: str = "uint16_t"  # index of a post neuron
    incoming: Form = "few"  # how synapses are told to their post neurons

    def item(self, item: Item) -> str:
        return {"real": self.real, "int": "int32_t", "bool": "uint8_t"}[item]

    def local(self, item: Item) -> str:
        return {"real": self.real, "int": "int32_t", "bool": "int"}[item]


class CText:
    """C text under construction, indented by nested `block`s."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._depth = 0

    def line(self, text: str = "") -> None:
        self._lines.append("    " * self._depth + text if text else "")

    @contextmanager
    def block(self, header: str) -> Iterator[None]:
        self.line(f"{header} {{".lstrip())
        self._depth += 1
        yield
        self._depth -= 1
        self.line("}")

    def lines(self, text: CText) -> None:
        """Another text's lines, at the present depth."""
        for line in text._lines:
            self.line(line)

    def __str__(self) -> str:
        return "\n".join(self._lines) + "\n"


def print_program(
    name: str, kernels: Iterable[Kernel], *, comment: str = "", types: CTypes | None = None
) -> Program:
    """One compile unit with all ``kernels``; ``comment`` is the model's text."""
    types = types or CTypes()
    kernels = tuple(kernels)
    bodies = CText()
    functions: set[str] = set()
    in_rows: set[str] = set()
    for kernel in kernels:
        used, for_each_synapse = _print_kernel(kernel, types, bodies)
        functions |= used
        in_rows |= for_each_synapse
    head = CText()
    for line in comment.splitlines():
        head.line(f"// {_harmless(line)}".rstrip())
    head.line('#include "snnlab_kernel.h"')
    head.line()
    for function in sorted(f for f in functions if not f.startswith("snn_")):
        head.line(_declaration(function, types.real, vector=function not in in_rows))
    head.line()
    head.line("const int32_t snn_abi = SNNLAB_ABI;")
    return Program(name, f"{head}{bodies}", kernels)


def _harmless(line: str) -> str:
    """Printable ASCII without what could end a comment line or join it to the next."""
    ascii_only = line.encode("ascii", "replace").decode()
    return re.sub(r"[^ -~]", "?", ascii_only).replace("\\", "/").replace("??", "? ?")


def _declaration(function: str, real: Real, *, vector: bool) -> str:
    """``vector`` forms differ from others in the last bit, and where a thread's part of a row
    begins would decide which is taken: for synapses they are not declared."""
    suffix = "f" if real == "float" else ""
    arguments = 2 if function in ("pow", "atan2", "fmod") else 1
    signature = f"{real} {function}{suffix}({', '.join([real] * arguments)});"
    if vector and function in VECTOR_FUNCTIONS:
        return f"SNN_VECTOR {signature}"
    if vector and function in NEWER_VECTOR_FUNCTIONS:
        return f"SNN_VECTOR_2_35 {signature}"
    return f"SNN_PURE {signature}"


class _Names(dict[Symbol, str]):
    """C identifiers for symbols: readable, unique, never a reserved word."""

    def __init__(self) -> None:
        super().__init__()
        self._taken: set[str] = set(RESERVED)

    def __missing__(self, s: Symbol) -> str:
        self[s] = self.unique(re.sub(r" 0$", "", s.name))
        return self[s]

    def unique(self, wanted: str) -> str:
        stem = re.sub(r"[^A-Za-z0-9]+", "_", wanted).strip("_") or "x"
        if stem[0].isdigit():
            stem = "x" + stem
        name, n = stem, 1
        while name in self._taken:
            n += 1
            name = f"{stem}_{n}"
        self._taken.add(name)
        return name


@contextmanager
def _function(
    kernel: Kernel, name: str, types: CTypes, out: CText
) -> Iterator[tuple[CPrinter, _Names, dict[str, str]]]:
    """A function of the kernel's signature: what its loop finds declared, and the names."""
    names = _Names()
    names[Symbol("t", real=True)] = "t"
    names[Symbol("dt", real=True)] = "dt"
    names[Symbol("(step)", real=True)] = "step"
    names[Symbol("(delay)", real=True)] = "delay"
    printer = CPrinter(names, types.real, _integers(kernel))
    fixed = kernel.fixed
    prologue = tuple(let for let in kernel.prologue if let not in fixed)
    rows = kernel.shape in ("pre_row", "post_row")
    row_argument = " int64_t row," if rows else ""
    out.line()
    with out.block(
        f"void {name}(const snn_args *args, const snn_clock *clock,"
        f"{row_argument} int64_t begin, int64_t end)"
    ):
        for unused in ("clock", "args", *(["row"] if rows else [])):
            out.line(f"(void){unused};")
        used = _used_symbols((*prologue, *kernel.body))
        for time in ("t", "dt"):
            if Symbol(time, real=True) in used:
                out.line(f"const {types.real} {time} = ({types.real})clock->{time};")
        if Symbol("(step)", real=True) in used:
            out.line("const int32_t step = (int32_t)clock->step;")
        if Symbol("(delay)", real=True) in used:
            out.line("const int32_t delay = args->delay;")
        for n, name in enumerate(kernel.scalars):
            if Symbol(name, real=True) not in used:
                continue
            local = names[Symbol(name, real=True)]
            out.line(f"const {types.real} {local} = ({types.real})args->scalar[{n}];")
        arrays = _declare_arrays(kernel, types, names, out)
        for n, let in enumerate(fixed):
            if let.symbol in used:
                local = types.local(let.item)
                out.line(f"const {local} {names[let.symbol]} = ({local})args->fixed[{n}];")
        for let in prologue:
            _print_let(let, types, printer, names, out)
        yield printer, names, arrays


def _print_preparation(kernel: Kernel, types: CTypes, out: CText) -> set[str]:
    """The function ``<name>_prepare``, which computes `Kernel.fixed`; the functions it calls."""
    if not kernel.fixed:
        return set()
    names = _Names()
    names[Symbol("dt", real=True)] = "dt"
    printer = CPrinter(names, types.real, _integers(kernel))
    used = _used_symbols(kernel.fixed)
    out.line()
    with out.block(
        f"void {kernel.name}_prepare(const double *scalar, double time_step, double *fixed)"
    ):
        out.line(f"const {types.real} dt = ({types.real})time_step;")
        for unused in ("scalar", "dt"):
            out.line(f"(void){unused};")
        for n, name in enumerate(kernel.scalars):
            if (symbol := Symbol(name, real=True)) in used:
                out.line(f"const {types.real} {names[symbol]} = ({types.real})scalar[{n}];")
        for n, let in enumerate(kernel.fixed):
            _print_let(let, types, printer, names, out)
            out.line(f"fixed[{n}] = (double){names[let.symbol]};")
    return printer.functions_used


def _integers(kernel: Kernel) -> set[Symbol]:
    """The names of whole numbers."""
    lets = (s for s in (*kernel.prologue, *kernel.body) if isinstance(s, Let))
    loads = (s for s in kernel.body if isinstance(s, Load))
    return (
        {let.symbol for let in lets if let.item != "real"}
        | {load.symbol for load in loads if load.buffer.item != "real"}
        | {Symbol("(step)", real=True), Symbol("(delay)", real=True)}
    )


def _print_kernel(kernel: Kernel, types: CTypes, out: CText) -> tuple[set[str], set[str]]:
    """Print a kernel; the functions that it calls, and those that it calls for each synapse."""
    rows = kernel.shape in ("pre_row", "post_row")
    prepared = _print_preparation(kernel, types, out)
    with _function(kernel, kernel.name, types, out) as (printer, names, arrays):
        constant_index = {"shared": "0", "pre": "row", "post": "row"}
        if kernel.shape == "pre_row":
            del constant_index["post"]
        if kernel.shape == "post_row":
            del constant_index["pre"]
        for statement in kernel.body:
            if isinstance(statement, Load) and statement.buffer.index in constant_index and rows:
                _print_load(
                    statement, arrays, constant_index[statement.buffer.index], types, names, out
                )
        if kernel.reads_past:
            # A value of step n stands at n and at n + length, so that the past is never split.
            out.line("const int64_t length = args->delay;")
            out.line("const int64_t newest = (2*row + 1)*length + clock->step % length;")
        once, per_element, after = _split_row(kernel) if rows else ((), kernel.body, ())
        for statement in once:
            _print_let(statement, types, printer, names, out)
        outside = set(printer.functions_used)
        printer.functions_used.clear()
        body, draws = CText(), CText()
        drawn = {
            draw: names.unique(f"{draw.symbol.name} drawn") for draw in _drawn_in_blocks(kernel)
        }
        for draw in drawn:
            _print_block_of_draws(draw, drawn, kernel, arrays, types, printer, names, draws)
        flag_stores: list[tuple[Buffer, str]] = []
        is_update = kernel.shape == "neurons" and SPIKED in kernel.buffers
        for statement in per_element:
            match statement:
                case Load(_, buffer) if rows and buffer.index in constant_index:
                    continue
                case Store(Buffer(_, "element", "bool") as buffer, value) if is_update:
                    flag_stores.append((buffer, printer.integer(value)))
                case Draw() if statement in drawn:
                    _print_drawn(statement, drawn, types, names, body)
                case _:
                    _print_statement(statement, kernel, arrays, types, printer, names, body)
        inside = set(printer.functions_used)
        printer.functions_used |= outside
        simple = inside <= EXACT_FUNCTIONS and not any(isinstance(s, Draw) for s in kernel.body)
        if flag_stores and not inside:
            _print_blocks(flag_stores, arrays, names, draws if drawn else None, body, out)
        else:
            for buffer, value in flag_stores:
                body.line(f"{arrays[buffer.name]}[i] = (uint8_t){value};")
            if drawn:
                _print_parts_of_blocks(draws, body, out)
            else:
                _print_loops(kernel, types, arrays, body, simple, out)
        for store in after:
            _print_statement(store, kernel, arrays, types, printer, names, out)
    if sums_rows(kernel):
        _print_several_rows(kernel, types, out)
    return printer.functions_used | prepared, inside if rows else set()


def _drawn_in_blocks(kernel: Kernel) -> tuple[Draw, ...]:
    """The draws of neurons that are made before the loop over a block of them.

    None where one of them depends on what the loop has stored by then.
    """
    if kernel.shape != "neurons":
        return ()
    drawn = tuple(
        s for s in kernel.body if isinstance(s, Draw) and s.distribution in DRAWN_IN_BLOCKS
    )
    stored: set[str] = set()
    late: set[Basic] = set()
    for statement in kernel.body:
        match statement:
            case Store(buffer, _) | Add(buffer, _) | Keep(buffer, _, _):
                stored.add(buffer.name)
            case Load(s, buffer) if buffer.name in stored:
                late.add(s)
            case Let(s, value, _) if value.free_symbols & late:
                late.add(s)
            case Draw(s, _, arguments, _) if any(a.free_symbols & late for a in arguments):
                late.add(s)
    return () if any(draw.symbol in late for draw in drawn) else drawn


def _needed_for(draw: Draw, kernel: Kernel) -> list[Statement | Draw]:
    """The statements of the body from which the arguments of ``draw`` follow, in their order."""
    wanted: set[Basic] = set().union(*(a.free_symbols for a in draw.arguments))
    needed: list[Statement | Draw] = []
    for statement in reversed(kernel.body[: kernel.body.index(draw)]):
        match statement:
            case Load(s, _) if s in wanted:
                needed.append(statement)
            case Let(s, value, _) if s in wanted:
                wanted |= value.free_symbols
                needed.append(statement)
            case Draw(s, _, arguments, _) if s in wanted:
                wanted |= set().union(*(a.free_symbols for a in arguments))
                needed.append(statement)
    return needed[::-1]


def _print_drawn(
    draw: Draw, drawn: dict[Draw, str], types: CTypes, names: _Names, out: CText
) -> None:
    """A draw of the block as a local variable."""
    real = types.real
    out.line(f"const {real} {names[draw.symbol]} = ({real}){drawn[draw]}[i - first];")


def _print_block_of_draws(
    draw: Draw,
    drawn: dict[Draw, str],
    kernel: Kernel,
    arrays: dict[str, str],
    types: CTypes,
    printer: CPrinter,
    names: _Names,
    out: CText,
) -> None:
    """An array with the draws of the neurons first <= i < last."""
    array, kind = drawn[draw], draw.distribution.lower()
    needed = _needed_for(draw, kernel)
    out.line(f"double {array}[SNN_BLOCK];")
    with out.block(""):
        stream = names.unique("stream")
        out.line(
            f"const snn_stream {stream} = {{{{args->key[0], args->key[1]}}, clock->step, "
            f"(uint32_t)first, {draw.number + FIRST_DRAW}u}};"
        )
        if not needed and kind == "poisson":
            (mean,) = draw.arguments
            out.line(f"snn_alike_poisson(&{stream}, 0, (double)({printer(mean)}), {array});")
            return
        given = [names.unique("argument") for _ in draw.arguments]
        for argument in given:
            out.line(f"double {argument}[SNN_BLOCK] = {{0}};")
        out.line("SNN_INDEPENDENT")
        with out.block("for (int64_t i = first; i < last; ++i)"):
            for statement in needed:
                if isinstance(statement, Draw) and statement in drawn:
                    _print_drawn(statement, drawn, types, names, out)
                else:
                    _print_statement(statement, kernel, arrays, types, printer, names, out)
            for argument, value in zip(given, draw.arguments, strict=True):
                out.line(f"{argument}[i - first] = (double)({printer(value)});")
        out.line(f"snn_draws_{kind}(&{stream}, 0, {', '.join(given)}, {array});")


def sums_rows(kernel: Kernel) -> bool:
    """Whether the kernel adds to its post neurons in every step and does nothing else.

    Where all are connected to all it is then printed for several rows at once, too, as
    ``<name>_rows``: a matrix product that reads memory in as many streams.
    """
    changes = [s for s in kernel.body if isinstance(s, Store | Add | Keep)]
    additions = [s for s in changes if isinstance(s, Add) and s.buffer == INPUT]
    reads_only_others = not any(isinstance(s, Load) and s.buffer == INPUT for s in kernel.body)
    return (
        kernel.shape == "pre_row"
        and not kernel.reads_past
        and reads_only_others
        and len(changes) == len(additions) == 1
        and not any(isinstance(s, Draw) for s in kernel.body)
    )


def _print_several_rows(kernel: Kernel, types: CTypes, out: CText) -> None:
    """As the kernel of one row, and in the same order of additions, for ROWS of them."""
    with _function(kernel, f"{kernel.name}_rows", types, out) as (printer, names, arrays):
        place = arrays[INPUT.name]
        out.line("const int64_t stride = args->stride;")
        out.line(f"const int64_t shift = {arrays['(target)']}[begin] - begin;")
        out.line("SNN_INDEPENDENT")
        with out.block("for (int64_t first = begin; first < end; ++first)"):
            out.line("const int64_t j = first + shift;")
            out.line(f"{types.real} sum = {place}[j];")
            for n in range(ROWS):
                with out.block(""):
                    out.line(f"const int64_t i = row + {n}, k = first + {n}*stride;")
                    for statement in kernel.body:
                        match statement:
                            case Add(_, value):
                                out.line(f"sum += {printer(value)};")
                            case Load(_, buffer) if buffer.index == "pre":
                                _print_load(statement, arrays, "i", types, names, out)
                            case _:
                                _print_statement(
                                    statement, kernel, arrays, types, printer, names, out
                                )
            out.line(f"{place}[j] = sum;")


def _split_row(
    kernel: Kernel,
) -> tuple[tuple[Let, ...], tuple[Statement | Draw, ...], tuple[Store, ...]]:
    """What a row computes once before its synapses, for each of them, and once after them."""
    own = ("shared", "pre" if kernel.shape == "pre_row" else "post")
    fixed: set[Basic] = {let.symbol for let in kernel.prologue}
    fixed |= {Symbol(name, real=True) for name in (*kernel.scalars, *LOOP_CONSTANTS)}
    once: list[Let] = []
    per_element: list[Statement | Draw] = []
    after: list[Store] = []
    for statement in kernel.body:
        match statement:
            case Load(s, buffer) if buffer.index in own:
                fixed.add(s)
                per_element.append(statement)
            case Let(s, value, _) if value.free_symbols <= fixed:
                fixed.add(s)
                once.append(statement)
            case Store(buffer, value) if buffer.index in own and value.free_symbols <= fixed:
                after.append(statement)
            case _:
                per_element.append(statement)
    return tuple(once), tuple(per_element), tuple(after)


def _print_statement(
    statement: Statement | Draw,
    kernel: Kernel,
    arrays: dict[str, str],
    types: CTypes,
    printer: CPrinter,
    names: _Names,
    out: CText,
) -> None:
    match statement:
        case Load(_, buffer):
            _print_load(statement, arrays, _index(kernel, buffer, arrays), types, names, out)
        case Let():
            _print_let(statement, types, printer, names, out)
        case Store(buffer, value):
            text = printer.integer(value) if buffer.item != "real" else printer(value)
            cast = f"({types.item(buffer.item)})" if buffer.item == "bool" else ""
            out.line(f"{arrays[buffer.name]}[{_index(kernel, buffer, arrays)}] = {cast}{text};")
        case Add(buffer, value):
            out.line(
                f"{arrays[buffer.name]}[{_index(kernel, buffer, arrays)}] += {printer(value)};"
            )
        case Keep(buffer, value, extreme):
            place = f"{arrays[buffer.name]}[{_index(kernel, buffer, arrays)}]"
            sign = ">" if extreme == "max" else "<"
            text = printer(value)
            out.line(f"{place} = {text} {sign} {place} ? {text} : {place};")
        case Draw():
            _print_draw(statement, kernel, types, printer, names, out)
        case _:
            assert_never(statement)


def _used_symbols(statements: Iterable[Statement | Draw]) -> set[Basic]:
    used: set[Basic] = set()
    for statement in statements:
        match statement:
            case Let(_, value, _) | Store(_, value) | Add(_, value) | Keep(_, value, _):
                used |= value.free_symbols
            case Draw(_, _, arguments, _):
                for argument in arguments:
                    used |= argument.free_symbols
            case Load():
                pass
    return used


def index_buffers(kernel: Kernel, types: CTypes) -> tuple[tuple[str, str], ...]:
    """The index arrays (name, C type) that come before the kernel's own buffers."""
    if kernel.shape == "pre_row":
        delays = (("(delays)", "uint16_t"),) if kernel.reads_past else ()
        return (("(target)", types.target), *delays)
    if kernel.shape == "post_row":
        return (
            ("(synapse)", "uint16_t" if types.incoming == "few" else "uint8_t"),
            ("(source)", "uint32_t" if types.incoming == "distances" else "uint16_t"),
            ("(rows)", "int64_t"),
            ("(bits)", "int32_t"),
        )
    return ()


def _declare_arrays(kernel: Kernel, types: CTypes, names: _Names, out: CText) -> dict[str, str]:
    arrays: dict[str, str] = {}
    position = 0
    for name, ctype in index_buffers(kernel, types):
        position += 1
        if name in ("(rows)", "(bits)") and types.incoming != "distances":
            continue
        arrays[name] = names.unique(name)
        out.line(f"const {ctype} *const {arrays[name]} = args->buffer[{position - 1}];")
        if name == "(target)" and not any(b.index == "post" for b in kernel.buffers):
            out.line(f"(void){arrays[name]};")
        if name == "(source)" and not any(b.index == "pre" for b in kernel.buffers):
            out.line(f"(void){arrays[name]};")
    written = {s.buffer.name for s in kernel.body if isinstance(s, Store | Add | Keep)}
    for buffer in kernel.buffers:
        arrays[buffer.name] = names.unique(buffer.name + " of")
        const = "" if buffer.name in written else "const "
        # Two buffers of a neuron kernel are never the same array; pre and post may be.
        restrict = "restrict " if kernel.shape == "neurons" else ""
        out.line(
            f"{const}{types.item(buffer.item)} *{restrict}const {arrays[buffer.name]}"
            f" = args->buffer[{position}];"
        )
        position += 1
    return arrays


def _print_loops(
    kernel: Kernel,
    types: CTypes,
    arrays: dict[str, str],
    body: CText,
    simple: bool,
    out: CText,
) -> None:
    """The loop over neurons or synapses; ``simple`` bodies may be vectorised.

    Rows without gaps get a loop of their own, in which everything lies side by side.
    """
    reads_post = any(b.index == "post" for b in kernel.buffers)
    reads_pre = any(b.index == "pre" for b in kernel.buffers)
    match kernel.shape:
        case "neurons" | "once":
            if kernel.shape == "neurons":
                out.line("SNN_INDEPENDENT")
            with out.block("for (int64_t i = begin; i < end; ++i)"):
                out.lines(body)
        case "pre_row":
            target = arrays["(target)"]
            if not reads_post:
                with out.block("for (int64_t k = begin; k < end; ++k)"):
                    out.lines(body)
                return
            if simple:
                gapless = f"{target}[end - 1] - {target}[begin] == end - begin - 1"
                with out.block(f"if (args->distinct && {gapless})"):
                    out.line(f"const int64_t shift = {target}[begin] - begin;")
                    out.line("SNN_INDEPENDENT")
                    with out.block("for (int64_t k = begin; k < end; ++k)"):
                        out.line("const int64_t j = k + shift;")
                        out.lines(body)
                    out.line("begin = end;")
            with out.block("for (int64_t k = begin; k < end; ++k)"):
                out.line(f"const int64_t j = {target}[k];")
                out.lines(body)
        case "post_row":
            with out.block(f"if (!{arrays['(synapse)']})"):
                out.line("const int64_t stride = args->stride;")
                with out.block("for (int64_t i = 0; i < end - begin; ++i)"):
                    out.line("const int64_t k = i*stride + row;")
                    out.lines(body)
                out.line("begin = end;")
            if types.incoming == "distances":
                _print_distances(kernel, arrays, body, reads_pre, out)
                return
            with out.block("for (int64_t m = begin; m < end; ++m)"):
                synapse = arrays["(synapse)"]
                if types.incoming == "few":
                    out.line(f"const int64_t k = {synapse}[m];")
                else:
                    later = f"{synapse} + 3*(m + SNN_AHEAD)"
                    out.line(f"const int64_t ahead = snn_three_bytes({later});")
                    out.lines(_prefetch(kernel, arrays, "ahead"))
                    out.line(f"const int64_t k = snn_three_bytes({synapse} + 3*m);")
                if reads_pre:
                    out.line(f"const int64_t i = {arrays['(source)']}[m];")
                out.lines(body)
        case _:
            assert_never(kernel.shape)


def _print_distances(
    kernel: Kernel, arrays: dict[str, str], body: CText, reads_pre: bool, out: CText
) -> None:
    """The loop over synapses that are told by their distances."""
    given = ", ".join(arrays[name] for name in ("(synapse)", "(source)", "(rows)", "(bits)"))
    ahead = _prefetch(kernel, arrays, "incoming.ahead")
    out.line(f"snn_incoming incoming = snn_incoming_from({given});")
    with out.block("for (int64_t m = begin; m < end && m < begin + SNN_AHEAD; ++m)"):
        out.line("snn_incoming_ahead(&incoming, m);")
        out.lines(ahead)
    with out.block("for (int64_t m = begin; m < end; ++m)"):
        with out.block("if (m + SNN_AHEAD < end)"):
            out.line("snn_incoming_ahead(&incoming, m + SNN_AHEAD);")
            out.lines(ahead)
        out.line("if (!snn_incoming_next(&incoming, m)) continue;")
        out.line("const int64_t k = incoming.synapse;")
        if reads_pre:
            out.line("const int64_t i = snn_incoming_source(&incoming);")
        out.lines(body)


def _prefetch(kernel: Kernel, arrays: dict[str, str], synapse: str) -> CText:
    """Ask for what belongs to a synapse long before its turn: those of a post neuron lie far apart
    in a large memory."""
    text = CText()
    for buffer in kernel.buffers:
        if buffer.index == "element":
            text.line(f"SNN_PREFETCH({arrays[buffer.name]} + {synapse});")
    return text


def _print_blocks(
    flag_stores: list[tuple[Buffer, str]],
    arrays: dict[str, str],
    names: _Names,
    draws: CText | None,
    body: CText,
    out: CText,
) -> None:
    """The loop over neurons in blocks, whose flags are whole numbers until the block is done.

    A compiler chooses vectors by the smallest type of a loop: with bytes in it each value of 64
    neurons would be in use at once, in more registers than there are. Where functions are called
    this is no loss, because many chains of dependent operations are then under way. Ranges of
    kernels that write flags are whole blocks.
    """
    flags = [(b, names.unique(f"{b.name} here"), value) for b, value in flag_stores]
    with out.block("for (int64_t first = begin; first < end; first += SNN_BLOCK)"):
        for _, flag, _ in flags:
            out.line(f"int32_t {flag}[SNN_BLOCK];")
        if draws is not None:
            out.line("const int64_t last = first + SNN_BLOCK;")
            out.lines(draws)
        out.line("SNN_INDEPENDENT")
        with out.block("for (int64_t i = first; i < first + SNN_BLOCK; ++i)"):
            out.lines(body)
            for _, flag, value in flags:
                out.line(f"{flag}[i - first] = {value};")
        for buffer, flag, _ in flags:
            out.line("for (int k = 0; k < SNN_BLOCK; ++k)")
            out.line(f"    {arrays[buffer.name]}[first + k] = (uint8_t){flag}[k];")


def _print_parts_of_blocks(draws: CText, body: CText, out: CText) -> None:
    """The loop over neurons in blocks, of which the last may be a part."""
    with out.block("for (int64_t first = begin; first < end; first += SNN_BLOCK)"):
        out.line("const int64_t last = end - first < SNN_BLOCK ? end : first + SNN_BLOCK;")
        out.lines(draws)
        out.line("SNN_INDEPENDENT")
        with out.block("for (int64_t i = first; i < last; ++i)"):
            out.lines(body)


def _index(kernel: Kernel, buffer: Buffer, arrays: dict[str, str]) -> str:
    match buffer.index:
        case "shared":
            return "0"
        case "element":
            return "k" if kernel.shape in ("pre_row", "post_row") else "i"
        case "pre":
            return "row" if kernel.shape == "pre_row" else "i"
        case "post":
            return "row" if kernel.shape == "post_row" else "j"
        case "past":
            return f"newest - {arrays['(delays)']}[k]"
        case _:
            assert_never(buffer.index)


def _print_load(
    load: Load, arrays: dict[str, str], index: str, types: CTypes, names: _Names, out: CText
) -> None:
    local = types.local(load.buffer.item)
    out.line(f"const {local} {names[load.symbol]} = {arrays[load.buffer.name]}[{index}];")


def _print_let(let: Let, types: CTypes, printer: CPrinter, names: _Names, out: CText) -> None:
    text = printer(let.value) if let.item == "real" else printer.integer(let.value)
    if let.item == "bool" and text.startswith("(int32_t)"):
        text = printer(let.value)
    out.line(f"const {types.local(let.item)} {names[let.symbol]} = {text};")


def _print_draw(
    draw: Draw, kernel: Kernel, types: CTypes, printer: CPrinter, names: _Names, out: CText
) -> None:
    element = {"neurons": "i", "once": "0"}.get(kernel.shape, "k")
    stream = names.unique("stream")
    out.line(
        f"const snn_stream {stream} = {{{{args->key[0], args->key[1]}}, clock->step, "
        f"(uint32_t)({element}), {draw.number + FIRST_DRAW}u}};"
    )
    arguments = ", ".join(f"(double)({printer(a)})" for a in draw.arguments)
    out.line(
        f"const {types.real} {names[draw.symbol]} = "
        f"({types.real})snn_draw_{draw.distribution.lower()}(&{stream}, {arguments});"
    )
