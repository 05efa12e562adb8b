"""The command line: ``snnlab lab`` opens notebooks, ``snnlab doctor`` looks at the machine.

It starts without importing anything heavy; models and networks are none of its business.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import quote

from snnlab.errors import SnnlabError

FIRST_NOTEBOOK = "01_first_neuron.ipynb"
COPIES = "snnlab-notebooks"  # folder made for a user who has no notebooks yet


class CommandError(SnnlabError):
    """For the person at the terminal: the command cannot do what it was asked."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit status."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    own, for_jupyter = split_at_dashes(words)
    parser = command_parser()
    choice = parser.parse_args(own)
    if for_jupyter and choice.command != "lab":
        parser.error(f"`--` passes options on to JupyterLab; `snnlab {choice.command}` takes none")
    try:
        if choice.command == "doctor":
            from snnlab.doctor import report

            return report(sys.stdout)
        return lab(choice.notebook, Path(choice.folder), choice.no_browser, for_jupyter)
    except CommandError as error:
        print(error, file=sys.stderr)
        return 2


def split_at_dashes(words: Sequence[str]) -> tuple[list[str], list[str]]:
    """Words before and after the first ``--``."""
    if "--" not in words:
        return list(words), []
    at = words.index("--")
    return list(words[:at]), list(words[at + 1 :])


def command_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="snnlab", description="Write the equations of a neuron and watch the network run."
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    lab_parser = commands.add_parser(
        "lab",
        help="open JupyterLab on a notebook",
        usage="snnlab lab [-h] [--folder DIR] [--no-browser] [notebook] [-- JUPYTERLAB OPTIONS]",
        description=(
            "Open JupyterLab on a notebook. Without a name it is the first of the notebooks that "
            f"come with snnlab; they are copied to ./{COPIES} once and never overwritten."
        ),
    )
    lab_parser.add_argument(
        "notebook",
        nargs="?",
        help="a file, or one of the notebooks that come with snnlab, such as 02",
    )
    lab_parser.add_argument(
        "--folder", default=".", metavar="DIR", help="what JupyterLab shows (default: here)"
    )
    lab_parser.add_argument(
        "--no-browser", action="store_true", help="print the address and open no browser"
    )
    commands.add_parser("doctor", help="say what this machine has, what it lacks and what to do")
    return parser


def lab(notebook: str | None, folder: Path, no_browser: bool, for_jupyter: Sequence[str]) -> int:
    """Start JupyterLab on a notebook and wait until it ends."""
    if not folder.is_dir():
        raise CommandError(f"--folder: {str(folder)!r} is not a folder; make it or name another.")
    path = find_notebook(notebook, folder.resolve())
    command = jupyter_command(
        path,
        folder.resolve(),
        browser=not no_browser and has_display(os.environ, sys.platform),
        root=hasattr(os, "geteuid") and os.geteuid() == 0,
    )
    print(f"snnlab: opening {path}")
    try:
        return subprocess.call([*command, *for_jupyter])
    except KeyboardInterrupt:  # JupyterLab got it too and has said good-bye
        return 0


def find_notebook(name: str | None, folder: Path) -> Path:
    """The notebook to open, inside ``folder``; shipped ones are copied there when missing.

    Raises
    ------
    CommandError
        If there is no such notebook, or it lies outside of ``folder``.
    """
    if name is not None and Path(name).is_file():
        path = Path(name).resolve()
        if not path.is_relative_to(folder):
            raise CommandError(
                f"{name}: lies outside of {folder}, which JupyterLab shows; "
                f"add `--folder {path.parent}`."
            )
        return path
    shipped = shipped_notebooks()
    wanted = FIRST_NOTEBOOK if name is None else match_shipped(name, [p.name for p in shipped])
    own = folder / "notebooks" / wanted
    if own.is_file():  # a checkout of snnlab, or a course that brings its own versions
        return own
    return copy_missing(shipped, folder / COPIES) / wanted


def match_shipped(name: str, shipped: Sequence[str]) -> str:
    """The shipped notebook with this name, or whose name begins so."""
    for candidate in shipped:
        if candidate in {name, f"{name}.ipynb"}:
            return candidate
    found = [candidate for candidate in shipped if candidate.startswith(f"{name}_")]
    if len(found) != 1:
        raise CommandError(
            f"{name}: no such notebook; name a file, or one of {', '.join(shipped)}."
        )
    return found[0]


def shipped_notebooks() -> list[Path]:
    """The notebooks that come with snnlab: in the package, or beside it in a checkout."""
    package = Path(__file__).resolve().parent
    for folder in (package / "notebooks", package.parent / "notebooks"):
        if (folder / FIRST_NOTEBOOK).is_file():
            return sorted(folder.glob("*.ipynb"))
    raise CommandError(
        f"{FIRST_NOTEBOOK}: this installation of snnlab has no notebooks; install snnlab again."
    )


def copy_missing(notebooks: Sequence[Path], folder: Path) -> Path:
    """Copy notebooks that ``folder`` does not have; what a user changed stays as it is."""
    try:
        folder.mkdir(exist_ok=True)
        for notebook in notebooks:
            if not (folder / notebook.name).exists():
                shutil.copyfile(notebook, folder / notebook.name)
    except OSError as error:
        raise CommandError(
            f"{folder}: notebooks cannot be copied here ({error.strerror}); "
            "go to a folder where you may write, or name one with `--folder`."
        ) from error
    return folder


def jupyter_command(path: Path, folder: Path, *, browser: bool, root: bool) -> list[str]:
    """The command that serves ``folder`` and shows the notebook ``path`` in it."""
    shown = quote(path.relative_to(folder).as_posix())
    command = [
        sys.executable,
        "-P",  # a file of the user's, such as ./random.py, must not be imported by JupyterLab
        "-m",
        "jupyterlab",
        f"--ServerApp.root_dir={folder}",
        f"--LabApp.default_url=/lab/tree/{shown}",  # also the address that is printed
    ]
    if not browser:
        command.append("--no-browser")
    if root:  # in a container, where there is no other user
        command.append("--allow-root")
    return command


def has_display(environment: Mapping[str, str], platform: str) -> bool:
    """Whether a browser can show itself to the person at this terminal."""
    if platform in {"win32", "darwin"}:
        return "SSH_CONNECTION" not in environment
    return bool(environment.get("DISPLAY") or environment.get("WAYLAND_DISPLAY"))
