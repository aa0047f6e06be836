# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this plugin util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""What is said of a server that is the site's own: directives, modules, packages. The text is never returned. Pure."""

from __future__ import annotations

import re
import typing as t

from ansible_collections.proftpd.fxp.plugins.plugin_utils._extra import laying, reading
from ansible_collections.proftpd.fxp.plugins.plugin_utils._plan.reader import Reader

# Loaded by what the role writes, in an order of its own.
OURS = frozenset({"mod_digest.c", "mod_ifsession.c", "mod_tls.c"})


def row(reader: Reader, server: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """
    Return what the plan knows of it.

    ``extra_modules``, ``extra_packages``, ``extra_ports`` of servers beside the main one, and ``extra_digest``, by which one text
    is told from another. The text itself may have secrets.
    """
    text = reader.options["extra_config"]
    passive = server["passive_ports"]
    wrong = list(reading.problems(text, server["control_port"], (passive["first"], passive["last"]) if passive else None))
    for sentence in wrong:
        reader.complain("extra_config", None, sentence)
    modules = [reader.parse("extra_modules", _module, each) for each in reader.options["extra_modules"]]
    packages = [reader.parse("extra_packages", _package, each) for each in reader.options["extra_packages"]]
    known = list(dict.fromkeys(each for each in modules if each))
    return {
        "extra_digest": None if wrong else laying.digest(text, known),
        "extra_modules": known,
        "extra_packages": sorted({each for each in packages if each}),
        "extra_ports": [] if wrong else reading.ports(text),
    }


def _module(name: str) -> str:
    """Return the name of a module as ProFTPD has it."""
    found = re.fullmatch(r"(mod_[a-z0-9_]+)(\.c|\.so)?", name)
    if not found:
        raise ValueError("is no module of ProFTPD; write for example mod_sql")
    module = f"{found[1]}.c"
    if module in OURS:
        raise ValueError("is loaded anyway where it is needed; leave it out")
    return module


def _package(name: str) -> str:
    """Return the name of a package as Debian has it (deb-control(5))."""
    if not re.fullmatch(r"[a-z0-9][a-z0-9+.-]+", name):
        raise ValueError("is no name of a package; write for example proftpd-mod-sqlite")
    return name
