r"""MathML of a model's LaTeX, which browsers show without a script and without the internet.

Reads what `snnlab.model.latex` writes and nothing else of LaTeX: fractions, roots, scripts,
brackets, upright words, aligned rows and cases.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from html import escape

_TOKEN = re.compile(r"\\[A-Za-z]+|\\.|[0-9]+(?:\.[0-9]+)?|\s+|.", re.DOTALL)
_LOWER = (
    *("alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa"),
    *("lambda", "mu", "nu", "xi", "pi", "rho", "sigma", "tau", "upsilon", "phi", "chi", "psi"),
    "omega",
)
_LOWER_LETTERS = "αβγδεζηθικλμνξπρστυφχψω"
_UPPER = (
    *("Gamma", "Delta", "Theta", "Lambda", "Xi", "Pi", "Sigma", "Upsilon", "Phi", "Psi"),
    "Omega",
)
_UPPER_LETTERS = "ΓΔΘΛΞΠΣΥΦΨΩ"
GREEK = dict(zip([*_LOWER, *_UPPER], _LOWER_LETTERS + _UPPER_LETTERS, strict=True))
OPERATORS = {
    "le": "≤",
    "ge": "≥",
    "ne": "≠",
    "leftarrow": "←",
    "times": "×",
    "cdot": "⋅",
    "wedge": "∧",
    "vee": "∨",
    "neg": "¬",
    "bmod": "mod",
    "lfloor": "⌊",
    "rfloor": "⌋",
    "lceil": "⌈",
    "rceil": "⌉",
    "_": "_",
}
FUNCTIONS = (
    *("ln", "log", "exp", "sin", "cos", "tan", "arcsin", "arccos", "arctan"),
    *("sinh", "cosh", "tanh", "min", "max"),
)
SPACES = {",": "0.17em", ";": "0.28em", "quad": "1em"}
_SCRIPT_LETTERS = {"U": "𝒰", "N": "𝒩"}


def mathml(latex: str) -> str:
    """One ``<math>`` block; every text in it is escaped."""
    reader = _Reader(latex)
    return f'<math display="block">{_row(reader.nodes(()))}</math>'


class _Reader:
    """Tokens of LaTeX, from the first to the last; a node is its MathML."""

    def __init__(self, latex: str) -> None:
        self._tokens = _TOKEN.findall(latex)
        self._at = 0

    @property
    def _next(self) -> str:
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def _take(self) -> str:
        token = self._next
        self._at += 1
        return token

    def _skip(self) -> None:
        while self._next.isspace():
            self._at += 1

    def nodes(self, ends: tuple[str, ...], *, upright: bool = False) -> list[str]:
        """Everything until one of ``ends``, which is left."""
        found: list[str] = []
        while True:
            self._skip()
            if not self._next or self._next in ends:
                return found
            found.append(self._scripted(self._atom(upright=upright)))

    def _scripted(self, base: str) -> str:
        scripts: dict[str, str] = {}
        self._skip()
        while self._next in ("_", "^"):
            sign = self._take()
            scripts[sign] = self._argument()
            self._skip()
        under = "munder" if "∑" in base else "msub"
        match scripts:
            case {"_": low, "^": high}:
                return f"<msubsup>{base}{low}{high}</msubsup>"
            case {"_": low}:
                return f"<{under}>{base}{low}</{under}>"
            case {"^": high}:
                return f"<msup>{base}{high}</msup>"
        return base

    def _argument(self, *, upright: bool = False) -> str:
        self._skip()
        if self._next != "{":
            return self._atom(upright=upright)
        self._take()
        found = _row(self.nodes(("}",), upright=upright))
        self._take()
        return found

    def _text(self) -> str:
        """What stands in braces, as it is."""
        self._take()
        end = self._tokens.index("}", self._at)
        text = "".join(self._tokens[self._at : end])
        self._at = end + 1
        return text

    def _atom(self, *, upright: bool) -> str:
        token = self._take()
        if token == "{":  # noqa: S105
            self._at -= 1
            return self._argument(upright=upright)
        if token.startswith("\\"):
            return self._command(token[1:])
        if token[0].isdigit():
            return f"<mn>{token}</mn>"
        if not token.isalpha():
            return _operator({"-": "−"}.get(token, token))
        if not upright:
            return f"<mi>{escape(token)}</mi>"
        while self._next.isalnum():
            token += self._take()
        return f'<mi mathvariant="normal">{escape(token)}</mi>'

    def _command(self, name: str) -> str:
        if name in GREEK:
            return f"<mi>{GREEK[name]}</mi>"
        if name in OPERATORS:
            return _operator(OPERATORS[name])
        if name in FUNCTIONS:
            return f"<mi>{name}</mi>"
        if name in SPACES:
            return f'<mspace width="{SPACES[name]}"/>'
        known: dict[str, Callable[[], str]] = {
            "frac": lambda: f"<mfrac>{self._argument()}{self._argument()}</mfrac>",
            "sqrt": lambda: f"<msqrt>{self._argument()}</msqrt>",
            "mathrm": lambda: self._argument(upright=True),
            "mathrel": self._relation,
            "mathcal": lambda: f"<mi>{self._script_letter()}</mi>",
            "operatorname": lambda: f"<mi>{escape(self._text())}</mi>",
            "text": lambda: f"<mtext>{escape(self._text()).replace(' ', '&#xA0;')}</mtext>",
            "sum": lambda: "<mo>∑</mo>",
            "infty": lambda: "<mi>∞</mi>",
            "left": self._bracket,
            "begin": self._table,
        }
        return known[name]() if name in known else f"<mtext>{escape(name)}</mtext>"

    def _relation(self) -> str:
        """``+=`` as one sign, so that no room is left within it."""
        sign = self._text()
        sign = OPERATORS.get(sign.removeprefix("\\"), sign).replace("-", "−")
        if self._next == "=":
            sign += self._take()
        return _operator(sign)

    def _script_letter(self) -> str:
        letter = self._text()
        return _SCRIPT_LETTERS.get(letter, escape(letter))

    def _bracket(self) -> str:
        opening = self._fence()
        inside = self.nodes((r"\right",))
        self._take()
        return _row([opening, *inside, self._fence()])

    def _fence(self) -> str:
        self._skip()
        token = self._take().removeprefix("\\")
        return f'<mo stretchy="true">{escape(OPERATORS.get(token, token))}</mo>'

    def _table(self) -> str:
        kind = self._text()
        rows: list[list[str]] = [[]]
        while True:
            rows[-1].append(_row(self.nodes(("&", r"\\", r"\end"))))
            end = self._take()
            if end == r"\\":
                rows.append([])
            elif end != "&":
                break
        self._text()
        sides = ("left", "left") if kind == "cases" else ("right", "left")
        body = "".join(_table_row(row, sides) for row in rows)
        table = f'<mtable displaystyle="true">{body}</mtable>'
        return f'<mrow><mo stretchy="true">{{</mo>{table}</mrow>' if kind == "cases" else table


def _table_row(cells: list[str], sides: tuple[str, str]) -> str:
    made = (
        f'<mtd style="text-align: {side}; padding: 0.2em 0.15em">{cell}</mtd>'
        for side, cell in zip(sides, cells, strict=False)
    )
    return f"<mtr>{''.join(made)}</mtr>"


def _operator(sign: str) -> str:
    return f"<mo>{escape(sign)}</mo>"


def _row(nodes: list[str]) -> str:
    return nodes[0] if len(nodes) == 1 else f"<mrow>{''.join(nodes)}</mrow>"
