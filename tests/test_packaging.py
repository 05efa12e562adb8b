"""What is said about the package in several places agrees."""

import json
import re
import tomllib
from pathlib import Path

import snnlab

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def test_version_is_the_same_everywhere():
    extension = json.loads((ROOT / "labextension" / "package.json").read_text())
    lock = json.loads((ROOT / "labextension" / "package-lock.json").read_text())

    assert {snnlab.__version__, extension["version"], lock["version"]} == {PROJECT["version"]}


def test_every_dependency_has_its_reason_in_contributing():
    table = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    explained = set(re.findall(r"^\| ([\w-]+)(?: [>=\d. ]+)? \|", table, re.MULTILINE))

    required = {re.split(r"[<>=\[]", text)[0] for text in PROJECT["dependencies"]}
    assert required - explained == set()


def test_lock_file_names_no_registry():
    lock = (ROOT / "labextension" / "package-lock.json").read_text()

    assert '"resolved"' not in lock
