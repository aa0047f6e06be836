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
import shutil
import sys
import sysconfig

import nox
import yaml

CACHE = pathlib.Path(os.environ["PROFTPD_FXP_CACHE"])
nox.options.default_venv_backend = "none"
nox.options.envdir = str(CACHE / "nox")

COLLECTIONS = CACHE / "collections"
# The pip that this ansible-core's ansible-test wants to fetch from a site of its own (ansible_test/_internal/pypi_proxy.py,
# python_requirements.py); the same version comes from the ordinary index.
SANITY_PIP = "24.2"
# The newest release of the oldest line that meta/runtime.yml allows.
OLDEST_CORE = "2.18.19"
IMPORTER = "0.4.44"
# What only ./dev test-all runs unless it is named.
LONG = os.environ.get("FXP_LONG") == "1"
# Tests run side by side; those of a file of integration tests share servers, so one worker runs them.
WORKERS = f"--numprocesses={2 * (os.cpu_count() or 1)}"
LONG_SCENARIOS = {
    "controllers",
    "directives",
    "dual_stack",
    "earlier",
    "faces",
    "gateway",
    "killed",
    "managers",
    "partners",
    "releases",
    "uncork",
}


def in_collections(session: nox.Session, *command: str, **environment: str) -> None:
    """Run ``command`` where the collection can be imported as ansible_collections.proftpd.fxp."""
    session.run(*command, env={"PYTHONPATH": str(COLLECTIONS), **environment}, external=True)


def pinned(*names: str) -> list[str]:
    """Return the pins of ``names`` in requirements.txt, for the sessions with an environment of their own."""
    return [pin for pin in pathlib.Path("requirements.txt").read_text().splitlines() if pin.split("==")[0] in names]


@nox.session
def lint(session: nox.Session) -> None:
    """Everything that reads the tree and runs nothing of it."""
    session.run("ruff", "check", "--no-cache", ".")
    session.run("ruff", "format", "--no-cache", "--check", "--quiet", ".")
    here = pathlib.Path.cwd().relative_to(COLLECTIONS)
    mypy = ("mypy", f"--config-file={pathlib.Path.cwd()}/mypy.ini", f"--cache-dir={CACHE}/mypy")
    with session.chdir(COLLECTIONS):
        session.run(*mypy, str(here / "plugins"))
    with session.chdir("tests/lab"):
        session.run(*mypy, ".", "../bench", "../quickstart")
    # Style and script of the report's page, and that this finds what is planted in them.
    session.run("biome", "ci", "--colors=off", "--error-on-warnings", "plugins")
    in_collections(session, "pytest", "--quiet", "tests/lint")
    session.run("yamllint", "--strict", ".")
    session.run("shellcheck", "-x", "dev", ".ci/run", "tests/lab/demo", "tests/lab/demo-networks", external=True)
    session.run("reuse", "lint", "--quiet")
    session.run("antsibull-changelog", "lint")
    session.run("antsibull-docs", "lint-collection-docs", "--plugin-docs", "--validate-collection-refs=self", ".")
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


@nox.session(venv_backend="venv", reuse_venv=True)
def package(session: nox.Session) -> None:
    """Build what users install, have Galaxy's importer judge it, and use it with nothing but what Ansible promises to keep."""
    place = pathlib.Path(session.create_tmp())
    shutil.rmtree(place, ignore_errors=True)
    session.run("ansible-galaxy", "collection", "build", "--output-path", str(place), silent=True, external=True)
    (tarball,) = place.glob("proftpd-fxp-*.tar.gz")
    # It wants an attrs that is too old for nox, so it has an environment of its own.
    session.install("--quiet", f"galaxy-importer=={IMPORTER}", *pinned("ansible-core", "ansible-lint", "netaddr"))
    with session.chdir(place):
        session.run("python", "-m", "galaxy_importer.main", str(tarball.resolve()), silent=True)
    # Without what it depends on, which would be fetched from Galaxy and is not used below.
    session.run(
        "ansible-galaxy",
        "collection",
        "install",
        str(tarball),
        "--force",
        "--no-deps",
        "--collections-path",
        str(place),
        silent=True,
        external=True,
    )
    installed = place / "ansible_collections" / "proftpd" / "fxp"
    for entry in installed.iterdir():
        if entry.name not in ("meta", "playbooks", "plugins", "roles", "MANIFEST.json", "FILES.json"):
            shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
    inventory = place / "inventory.yml"
    inventory.write_text("fxp_servers: {hosts: {ftp1: {ansible_host: 198.51.100.11}}, vars: {fxp_tls: none}}\n")
    session.run(
        "ansible-playbook",
        f"--inventory={inventory}",
        f"--extra-vars=rule_sheet_directory={place.resolve()}",
        "proftpd.fxp.rule_sheet",
        env={"ANSIBLE_COLLECTIONS_PATH": str(place.resolve())},
        external=True,
    )
    quick_start(session, tarball, place)


def quick_start(session: nox.Session, tarball: pathlib.Path, place: pathlib.Path) -> None:
    """Do on two bare hosts of the lab what the README says, with nothing else; with the oldest ansible-core, too."""

    def lab(command: str) -> None:
        # The session's own directory for temporary files is not there where the base image is made.
        session.run(sys.executable, "tests/lab/lab.py", command, env={"TMPDIR": None}, external=True)

    for core in (*pinned("ansible-core"), f"ansible-core=={OLDEST_CORE}"):
        lab("down")
        try:
            lab("up")
            session.run(
                sys.executable,
                "tests/quickstart/quick_start.py",
                str(tarball),
                str(place / core),
                str(CACHE / "lab"),
                core,
                *pinned("netaddr", "cryptography"),
                external=True,
            )
        finally:
            lab("down")


@nox.session(venv_backend="venv", reuse_venv=True)
def oldest(session: nox.Session) -> None:
    """The unit tests on the oldest ansible-core that meta/runtime.yml allows."""
    session.install(
        "--quiet",
        f"ansible-core=={OLDEST_CORE}",
        *pinned("cryptography", "hypothesis", "netaddr", "pyftpdlib", "pytest", "pytest-xdist"),
    )
    # Collections are those of the environment that nox itself runs in. Python must know those that ours depends on, too, and
    # nothing else there.
    there, known = pathlib.Path(sysconfig.get_path("purelib")), pathlib.Path(session.create_tmp()).resolve() / "known"
    shutil.rmtree(known, ignore_errors=True)
    for name in yaml.safe_load(pathlib.Path("galaxy.yml").read_text())["dependencies"]:
        inside = pathlib.Path("ansible_collections", *name.split("."))
        (known / inside).parent.mkdir(parents=True, exist_ok=True)
        (known / inside).symlink_to(there / inside)
    in_collections(
        session,
        "pytest",
        "--quiet",
        WORKERS,
        "tests/unit",
        *session.posargs,
        ANSIBLE_COLLECTIONS_PATH=os.pathsep.join(map(str, (COLLECTIONS, there))),
        PYTHONPATH=os.pathsep.join(map(str, (COLLECTIONS, known))),
    )


@nox.session
def units(session: nox.Session) -> None:
    """Unit tests, which mirror plugins/."""
    in_collections(session, "pytest", "--quiet", WORKERS, "tests/unit", *session.posargs)


@nox.session
def integration(session: nox.Session) -> None:
    """The checker as a third party of real FTP daemons on loopback addresses and in network namespaces."""
    in_collections(session, "pytest", "--quiet", WORKERS, "--dist=loadfile", "tests/integration", *session.posargs)


@nox.session
def browser(session: nox.Session) -> None:
    """The report of a mesh in a real browser, and on real results."""
    in_collections(session, "pytest", "--quiet", "tests/browser", *session.posargs)


@nox.session
def molecule(session: nox.Session) -> None:
    """Scenarios on the lab's hosts, one after the other: all of them but the long ones, or the one that is named."""
    usual = {path.name for path in pathlib.Path("molecule").iterdir()} - (set() if LONG else LONG_SCENARIOS)
    for scenario in session.posargs[:1] or sorted(usual):
        session.run(
            "molecule",
            "test",
            "--report",
            "--scenario-name",
            scenario,
            *session.posargs[1:],
            env={"COLUMNS": "150", "ANSIBLE_PIPELINING": "true"},
        )


@nox.session
def bench(session: nox.Session) -> None:
    """A few lines of figures, or all of docs/performance.md with ``all``; nothing is asserted."""
    everything = "all" in session.posargs or LONG
    for name in ("bench", "mesh", *(("plan", "firewall", "managers") if everything else ())):
        in_collections(session, sys.executable, f"tests/bench/{name}.py", *(("all",) if everything else ()))
