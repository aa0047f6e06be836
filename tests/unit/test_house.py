# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The rooms of the house and who may import whom: the table of docs/architecture.md, held against every import in plugins/."""

from __future__ import annotations

import ast
import pathlib
import re
import sys
import typing as t

import pytest

ROOT = pathlib.Path(__file__).parents[2]
PLUGINS = ROOT / "plugins"
HERE = "ansible_collections.proftpd.fxp.plugins."
ANSIBLE = "ansible"

# What each room may import beside itself and Python's standard library. A room is a directory, or one file beside the rooms.
_TRANSFERS = {"_transfer", "_diagnosis", "_ftp", "_host"}
ROOMS: dict[str, set[str]] = {
    # Standard library only: what runs on servers, and what the controller shares with them.
    "_host": set(),
    "_spans": set(),
    "_ftp": {"_host"},
    "_transfer": {"_ftp", "_host"},
    "_diagnosis": {"_transfer", "_ftp", "_host"},
    "_check": _TRANSFERS,
    "_mesh": _TRANSFERS,
    "_bounce": _TRANSFERS,
    "_probe": _TRANSFERS,
    "_firewall": {"_host"},
    "_proftpd": {"_host", "_spans"},
    "_look": {"_proftpd", "_firewall", "_host"},
    "_masked": {ANSIBLE},
    "_module": {"_masked", "_host", ANSIBLE},
    # The controller's own.
    "_refusal": {"_host", ANSIBLE},
    "_run": {"_host"},
    "_screen": {"_host", ANSIBLE},
    "_lifeline": {ANSIBLE},
    "_libraries": set(),
    "_sha_crypt": set(),
    "_networks": {"_spans", "netaddr"},
    # The documentation of fxp_plan is the vocabulary.
    # Directives of the site's own.
    "_extra": {"_proftpd", "_host"},
    "_plan": {"_extra", "modules", "_libraries", "_host", "netaddr", "yaml", ANSIBLE},
    "_authority": {"_plan", "_libraries", "_proftpd", "_host", "cryptography"},
    "_verdict": {"_authority", "_plan", "_host"},
    # What strangers got, by the release that let them.
    "_strangers": {"_plan", "_proftpd"},
    "_audit": {"_plan", "_networks", "_host", "netaddr"},
    # The page is a template; ansible-core brings the library.
    "_report": {"_host", "jinja2"},
    "_rule_sheet": {"_plan"},
    # So is a partner's letter.
    "_letter": {"_plan", "_host", "jinja2"},
}
# Plugins are thin: documentation, an argument spec, and a call into a core.
_CORES = {
    name for name in ROOMS if (PLUGINS / "module_utils" / name).is_dir() or (PLUGINS / "module_utils" / f"{name}.py").exists()
}
PLUGIN_KINDS: dict[str, set[str]] = {
    "modules": _CORES | {ANSIBLE},
    "action": set(ROOMS) | {ANSIBLE, "netaddr", "cryptography"},
    "filter": set(ROOMS) | {ANSIBLE},
    "doc_fragments": set(),
}
# Arrows that are wrong today: file -> what it imports. Nothing is added here.
EXCEPTIONS: set[tuple[str, str]] = set()


class Arrow(t.NamedTuple):
    """One import: the file, its room, and the room or library that it imports."""

    file: str
    room: str
    imported: str


def room_of(module: str) -> str:
    """The room of a module below plugins/, said with dots: module_utils._ftp.tls is in _ftp, modules.fxp_check in modules."""
    kind, *rest = module.split(".")
    return rest[0] if kind in ("module_utils", "plugin_utils") and rest else kind


def imported_by(path: pathlib.Path) -> t.Iterator[str]:
    """What a file imports, each with its whole name; conditional imports and those inside functions too."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            if node.level:
                raise AssertionError(f"{path}: imports are written from the root of the collection")
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def arrows() -> t.Iterator[Arrow]:
    """Every import that leaves its room, without the standard library."""
    for path in sorted(PLUGINS.rglob("*.py")):
        file = path.relative_to(PLUGINS).with_suffix("")
        room = room_of(".".join(file.parts))
        for name in imported_by(path):
            if name.startswith(HERE):
                imported = room_of(name[len(HERE) :])
            else:
                imported = name.split(".")[0]
                if imported in sys.stdlib_module_names:
                    continue
            if imported != room:
                yield Arrow(str(file), room, imported)


ARROWS = sorted(set(arrows()))


def test_every_room_is_in_the_table() -> None:
    found = {
        path.stem
        for kind in ("module_utils", "plugin_utils")
        for path in (PLUGINS / kind).iterdir()
        if path.name != "__pycache__" and path.name != "__init__.py"
    }
    assert found == set(ROOMS)


def test_the_arrows() -> None:
    wrong = {(arrow.file, arrow.imported) for arrow in ARROWS if arrow.imported not in {**ROOMS, **PLUGIN_KINDS}[arrow.room]}
    assert wrong == EXCEPTIONS


def test_no_room_leads_back_to_itself() -> None:
    straight = [arrow for arrow in ARROWS if (arrow.file, arrow.imported) not in EXCEPTIONS]

    def reached(room: str, on_the_way: tuple[str, ...] = ()) -> None:
        assert room not in on_the_way, " -> ".join((*on_the_way, room))
        for further in sorted({arrow.imported for arrow in straight if arrow.room == room} & set(ROOMS)):
            reached(further, (*on_the_way, room))

    for room in ROOMS:
        reached(room)


@pytest.mark.parametrize("room", [name for name in ROOMS if (PLUGINS / "module_utils" / name).is_dir()])
def test_cores_import_nothing_of_ansible_and_no_library(room: str) -> None:
    assert {arrow.imported for arrow in ARROWS if arrow.room == room} <= set(ROOMS)


def said_in(path: pathlib.Path) -> t.Iterator[str]:
    """Every text in a file of Python, docstrings too, and the parts of those that are put together."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


# Runs on servers by itself, so it can import no room.
ALONE = "module_utils/_proftpd/service/uncork_program.py"
# Programs that have one place in that room.
ASKED = {"systemctl", "systemd-run", "journalctl"}
# But for the tables of iptables, which are the firewall's, and what is in memory and has no other name.
KERNELS = re.compile(r"/proc/(?!net/ip6?_tables_names$|self/fd/)|/net/(tcp|udp)|/sys/")


def test_one_room_starts_programs_and_reads_proc() -> None:
    found = set()
    for path in sorted(PLUGINS.rglob("*.py")):
        file = path.relative_to(PLUGINS).with_suffix("")
        if "_host" in file.parts or file.with_suffix(".py").as_posix() == ALONE:
            continue
        starts = {name.split(".")[0] for name in imported_by(path)} & {"subprocess"}
        if starts or any(text in ASKED or KERNELS.match(text) for text in said_in(path)):
            found.add(str(file))
    assert found == set()


def test_what_a_host_refuses_is_one_family_of_errors() -> None:
    """A module catches one, and what is raised below it is told as a sentence, never as a traceback."""
    for room in ("_host", "_firewall", "_proftpd", "_look"):
        for path in sorted((PLUGINS / "module_utils" / room).rglob("*.py")):
            tree = ast.parse(path.read_text(encoding="utf-8"))
            for made in (node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)):
                bases = {getattr(base, "id", "") for base in made.bases}
                own = {base for base in bases if base.endswith(("Error", "Exception"))}
                assert not own - {"HostError", "FirewallError"} or made.name == "HostError", f"{path}: {made.name}"


def test_one_function_makes_foreign_text_showable() -> None:
    """Whatever modules return goes through it, and nobody writes escapes of his own or prints past it."""
    for path in sorted(PLUGINS.rglob("*.py")):
        file, text = path.relative_to(PLUGINS).as_posix(), path.read_text(encoding="utf-8")
        assert "unicode_escape" not in text or file == "module_utils/_host/text.py", file
        assert "ansible.module_utils.basic.AnsibleModule" not in set(imported_by(path)) or file in (
            "module_utils/_module.py",
            "module_utils/_masked.py",
        ), file
        if file == ALONE:
            continue  # says nothing but words of Python and the kernel
        assert not re.search(
            r"\.display\((?!printable)|\.(warning|error)\((?!printable)|sys\.std\w+\.write\((?!f?\"[^{]*\"|f\"\{printable)|\bprint\(",
            text,
        ), file
