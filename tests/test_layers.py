"""Every module of snnlab imports only from its own layer or from a lower one."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

LAYERS = [  # low to high: a module may import from its own row and the rows above it
    {"errors", "units"},
    {"language"},
    {"model"},
    {"codegen"},
    {"engine"},
    {"recording"},
    {"network"},
    {"analysis", "sweeps"},
    {"plots"},
    {"widgets"},
    {"magics", "dialects", "cli", "doctor", "server", "wiring", "__main__"},
    {"public", "__init__"},  # the public names
]
LEVEL = {part: level for level, row in enumerate(LAYERS) for part in row}

NOTEBOOK = {"IPython", "ipykernel", "ipywidgets", "anywidget", "traitlets", "comm"}
DRAWING = {"bokeh", "matplotlib"}
ALGEBRA = {"sympy"}
TABLES = {"pandas"}
FORBIDDEN = {  # packages that a part has no business with
    "errors": NOTEBOOK | DRAWING | ALGEBRA | TABLES | {"numpy"},
    "units": NOTEBOOK | DRAWING | ALGEBRA | TABLES | {"numpy"},
    "language": NOTEBOOK | DRAWING | TABLES | {"numpy"},
    "model": NOTEBOOK | DRAWING | TABLES,
    "codegen": NOTEBOOK | DRAWING | TABLES,
    "engine": NOTEBOOK | DRAWING | ALGEBRA | TABLES,
    "recording": NOTEBOOK | DRAWING | ALGEBRA,
    "network": DRAWING | {"ipywidgets", "anywidget"},
    "plots": NOTEBOOK | ALGEBRA,
}

ROOT = Path(__file__).parents[1]
MODULES = sorted((ROOT / "snnlab").rglob("*.py")) + sorted((ROOT / "snnlab").rglob("*.pyx"))


def part_of(path: Path) -> str:
    """The layer's name of a module: the first part of its path inside snnlab."""
    return path.relative_to(ROOT / "snnlab").parts[0].removesuffix(".py")


def imported_modules(source: str, package: tuple[str, ...]) -> Iterator[str]:
    """Full names of what a module inside ``package`` imports, wherever the statement stands."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Import(names=names):
                yield from (name.name for name in names)
            case ast.ImportFrom(module=module, names=names, level=level):
                above = package[: len(package) - level + 1] if level else ()
                origin = ".".join((*above, *filter(None, [module])))
                # `from snnlab import errors` imports a part, `from snnlab import Network` does not
                yield from (f"{origin}.{name.name}" for name in names)


def cython_imports(source: str) -> str:
    """The Python imports of a Cython module; names brought in by `cimport` are C and stay out."""
    froms = re.findall(r"^[ \t]*from[ \t]+(\S+)[ \t]+import\b", source, re.MULTILINE)
    plain = re.findall(r"^[ \t]*import[ \t]+([\w.]+)", source, re.MULTILINE)
    return "\n".join(
        [*(f"from {name} import _" for name in froms), *(f"import {m}" for m in plain)]
    )


def imported_parts(source: str, package: tuple[str, ...]) -> set[str]:
    """The parts of snnlab that a module imports; the package itself counts as `__init__`."""
    names = [name.split(".") for name in imported_modules(source, package)]
    inside = [name[1:] for name in names if name[0] == "snnlab"]
    return {rest[0] if rest and rest[0] in LEVEL else "__init__" for rest in inside}


def imported_packages(source: str, package: tuple[str, ...]) -> set[str]:
    return {name.split(".")[0] for name in imported_modules(source, package)}


def read(path: Path) -> tuple[str, tuple[str, ...]]:
    """Source of a module as Python, and the package it stands in."""
    text = path.read_text(encoding="utf-8")
    source = cython_imports(text) if path.suffix == ".pyx" else text
    return source, path.relative_to(ROOT).parent.parts


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_module_imports_only_downwards(path):
    source, package = read(path)

    too_high = {
        part for part in imported_parts(source, package) if LEVEL[part] > LEVEL[part_of(path)]
    }

    assert too_high == set()


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_module_leaves_alone_what_its_layer_knows_nothing_of(path):
    source, package = read(path)

    assert imported_packages(source, package) & FORBIDDEN.get(part_of(path), set()) == set()


def test_every_module_has_a_layer():
    assert {part_of(path) for path in MODULES} - LEVEL.keys() == set()


@pytest.mark.parametrize(
    ("statement", "parts"),
    [
        ("import snnlab.network.network", {"network"}),
        ("from snnlab.widgets import pump", {"widgets"}),
        ("from snnlab import errors", {"errors"}),
        ("from snnlab import Network", {"__init__"}),
        ("from . import kernel", {"codegen"}),
        ("from .kernel import Kernel", {"codegen"}),
        ("from ..plots import raster", {"plots"}),
        ("from .. import magics", {"magics"}),
        ("def later():\n    from ..engine import build", {"engine"}),
        ("import sympy", set()),
    ],
)
def test_imports_are_found_however_they_are_written(statement, parts):
    assert imported_parts(statement, ("snnlab", "codegen")) == parts


def test_imports_of_cython_modules_are_found():
    source = (
        "cimport numpy\nfrom libc.math cimport exp\nfrom snnlab.network import (\n  Network,\n)"
    )

    assert cython_imports(source) == "from snnlab.network import _"
