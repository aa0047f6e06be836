# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The archive that runs on servers: what is in it, that it is the same from everywhere, and that it runs alone."""

from __future__ import annotations

import ast
import io
import os
import pathlib
import subprocess
import sys
import zipfile

import pytest

from ansible_collections.proftpd.fxp.plugins.module_utils._firewall import archive

ROOM = "ansible_collections.proftpd.fxp.plugins.module_utils."
SOURCES = pathlib.Path(__file__).parents[5] / "plugins" / "module_utils"


def source(part: str) -> pathlib.Path:
    return SOURCES / (part.replace(".", "/") + ".py")


def needed(part: str, found: set[str]) -> set[str]:
    """A part, and what it imports of ours, and what that imports, wherever the import stands."""
    found.add(part)
    names = [".".join(part.split(".")[:depth]) for depth in range(2, len(part.split(".")))]
    for node in ast.walk(ast.parse(source(part).read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and str(node.module).startswith(ROOM):
            base = str(node.module)[len(ROOM) :]
            names += [base, *(f"{base}.{alias.name}" for alias in node.names)]
    for name in names:
        for one in (name, f"{name}.__init__"):
            if source(one).is_file() and one not in found:
                needed(one, found)
    return found


def test_holds_what_it_needs_and_nothing_else() -> None:
    assert sorted(archive.PARTS) == sorted(needed("_firewall.boot", set()))


def test_files_are_those_of_the_rooms() -> None:
    packed = zipfile.ZipFile(io.BytesIO(archive.build("/usr/bin/python3")))
    for part in archive.PARTS:
        name = part.replace(".", "/") + ".py"
        assert packed.read(ROOM.replace(".", "/") + name) == (SOURCES / name).read_bytes()


def test_same_bytes_from_another_process_time_place_and_mask(tmp_path: pathlib.Path) -> None:
    code = f"import sys, os; os.umask(0o77); from {ROOM}_firewall import archive; sys.stdout.buffer.write(archive.build('/x'))"
    environment = {**os.environ, "TZ": "Asia/Kathmandu", "PYTHONHASHSEED": "7", "LC_ALL": "C"}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, check=True, cwd=tmp_path, env=environment, timeout=60
    )
    assert done.stdout == archive.build("/x")
    entries = zipfile.ZipFile(io.BytesIO(done.stdout)).infolist()
    assert [entry.filename for entry in entries] == sorted(entry.filename for entry in entries)
    assert {(entry.date_time, entry.compress_type) for entry in entries} == {((1980, 1, 1, 0, 0, 0), zipfile.ZIP_STORED)}


def test_same_bytes_where_the_sources_are_in_an_archive_themselves(tmp_path: pathlib.Path) -> None:
    """As Ansible brings them to the host."""
    brought = tmp_path / "brought.zip"
    packages: set[str] = set()
    with zipfile.ZipFile(brought, "w", zipfile.ZIP_DEFLATED) as packed:
        for part in needed("_firewall.archive", set()):
            names = [*ROOM.rstrip(".").split("."), *part.split(".")]
            packed.write(source(part), "/".join(names) + ".py")
            packages.update("/".join([*names[:depth], "__init__.py"]) for depth in range(1, len(names)))
        for path in packages - set(packed.namelist()):
            packed.writestr(path, "")
    code = f"import sys; from {ROOM}_firewall import archive; sys.stdout.buffer.write(archive.build('/x'))"
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(brought)}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, env=environment, timeout=60)
    assert done.stdout == archive.build("/x")


@pytest.fixture
def program(tmp_path: pathlib.Path) -> pathlib.Path:
    path = tmp_path / "firewall.py"
    path.write_bytes(archive.build(sys.executable))
    path.chmod(0o755)
    return path


@pytest.mark.parametrize("arguments", [[], ["reload"], ["load", "unload"]])
def test_runs_alone_under_the_name_of_the_single_file_of_earlier_releases(program: pathlib.Path, arguments: list[str]) -> None:
    done = subprocess.run([program, *arguments], capture_output=True, text=True, check=False, cwd="/", env={}, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", "Usage: firewall.py load|guard|watch|unload|return [gateway]\n")


def test_the_environment_leads_nothing_into_it(program: pathlib.Path, tmp_path: pathlib.Path) -> None:
    (tmp_path / "ansible_collections").mkdir()
    (tmp_path / "ansible_collections" / "__init__.py").write_text("raise SystemExit(77)")
    (tmp_path / "json.py").write_text("raise SystemExit(78)")
    done = subprocess.run(
        [program], capture_output=True, check=False, cwd=tmp_path, env={"PYTHONPATH": str(tmp_path)}, timeout=60
    )
    assert done.returncode == 2
