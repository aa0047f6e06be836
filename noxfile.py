# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
How the checks run. ./dev makes the environment that they need and calls this file in a copy of the checkout.

Sessions make no environments of their own: requirements.txt pins one for all of them.
"""

from __future__ import annotations

import os
import pathlib
import subprocess
import sys

import nox

nox.options.default_venv_backend = "none"

CACHE = pathlib.Path(os.environ["PROFTPD_FXP_CACHE"])
COLLECTIONS = CACHE / "collections"
# The pip that this ansible-core's ansible-test wants to fetch from a site of its own (ansible_test/_internal/pypi_proxy.py,
# python_requirements.py); the same version comes from the ordinary index.
SANITY_PIP = "24.2"


def in_collections(session: nox.Session, *command: str, **environment: str) -> None:
    """Run *command* where the collection can be imported as ansible_collections.proftpd.fxp."""
    session.run(*command, env={"PYTHONPATH": str(COLLECTIONS), **environment}, external=True)


@nox.session
def lint(session: nox.Session) -> None:
    """Everything that reads the tree and runs nothing of it."""
    session.run("ruff", "check", "--no-cache", ".")
    here = pathlib.Path.cwd().relative_to(COLLECTIONS)
    mypy = ("mypy", f"--config-file={pathlib.Path.cwd()}/mypy.ini", f"--cache-dir={CACHE}/mypy")
    with session.chdir(COLLECTIONS):
        session.run(*mypy, str(here / "plugins"))
    with session.chdir("tests/lab"):
        session.run(*mypy, ".", "../bench")
    session.run("yamllint", "--strict", ".")
    session.run("shellcheck", "dev", ".ci/run", "tests/lab/demo", external=True)
    session.run("reuse", "lint", "--quiet")
    session.run("antsibull-changelog", "lint")
    session.run("ansible-lint", "--offline")
    sanity(session)


def sanity(session: nox.Session) -> None:
    """Run ansible-test sanity with its strays in a home of its own."""
    home = CACHE / "sanity"
    bootstrap = home / ".ansible" / "test" / "cache" / f"get_pip_{SANITY_PIP.replace('.', '_')}.py"
    wheel = home / f"pip-{SANITY_PIP}-py3-none-any.whl"
    if not wheel.exists():
        session.run("pip", "download", "--quiet", "--no-deps", f"--dest={home}", f"pip=={SANITY_PIP}")
    bootstrap.parent.mkdir(parents=True, exist_ok=True)
    bootstrap.write_text(
        "import runpy, sys\n"
        f"sys.path.insert(0, {str(wheel)!r})\n"
        "sys.argv = ['pip', 'install', *(a for a in sys.argv[1:] if a not in ('--no-setuptools', '--no-wheel'))]\n"
        "runpy.run_module('pip', run_name='__main__')\n"
    )
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    session.run("ansible-test", "sanity", "--requirements", "--python", python, "--color", "no", env={"HOME": str(home)})


@nox.session
def units(session: nox.Session) -> None:
    """Unit tests, which mirror plugins/."""
    in_collections(session, "pytest", "--quiet", "tests/unit", *session.posargs)


@nox.session
def integration(session: nox.Session) -> None:
    """The checker as a third party of real FTP daemons on loopback addresses and in network namespaces."""
    in_collections(session, "pytest", "--quiet", "tests/integration", *session.posargs)


@nox.session
def molecule(session: nox.Session) -> None:
    """A scenario on the lab's hosts: create, check, converge, idempotence, verify, destroy."""
    scenario = session.posargs[0] if session.posargs else "default"
    # Molecule looks for its shared settings at the root of a git repository.
    subprocess.run(["git", "init", "--quiet", "."], check=True)
    session.run("molecule", "test", "--report", "--scenario-name", scenario, *session.posargs[1:], env={"COLUMNS": "150"})


@nox.session
def bench(session: nox.Session) -> None:
    """A few lines of figures; nothing is asserted."""
    in_collections(session, sys.executable, "tests/bench/bench.py", *session.posargs)
