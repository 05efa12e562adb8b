"""What ``from snnlab import ...`` finds: one list of names, written in three places that agree."""

import ast
import inspect

import snnlab
from snnlab import public


def names_for_type_checkers():
    tree = ast.parse(inspect.getsource(snnlab))
    (imports,) = (
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "snnlab.public"
    )
    return {alias.name for alias in imports.names}


def test_every_public_name_can_be_imported_from_the_package():
    assert set(snnlab.__all__) == {*public.__all__, "load_ipython_extension"}
    for name in public.__all__:
        assert getattr(snnlab, name) is getattr(public, name)


def test_type_checkers_see_every_public_name():
    assert names_for_type_checkers() == set(public.__all__)


def test_every_word_of_the_equation_language_is_public():
    assert {"Constant", "Equations", "Euler", "add_function", "functions"} <= set(public.__all__)
