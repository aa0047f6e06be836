# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""What runs on a host without Ansible: the program of the archive (``archive``), for the units and the timer."""

from __future__ import annotations

import sys
import typing as t

from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.kinds import KINDS
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.managers import in_use
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.state import Host
from ansible_collections.proftpd.fxp.plugins.module_utils._host.errors import HostError
from ansible_collections.proftpd.fxp.plugins.module_utils._host.text import printable_sentence


def main(arguments: t.Sequence[str]) -> int:
    """``firewall.py load|guard|watch|unload|return [gateway]``: for the units that are installed with it."""
    kind = KINDS.get(arguments[1] if len(arguments) == 2 else "server")
    if kind is None:
        return _usage()
    host = Host(in_use(kind=kind), kind=kind)
    verbs = {"load": host.load, "guard": host.guard, "watch": host.watch, "unload": host.unload, "return": host.go_back}
    if len(arguments) not in (1, 2) or arguments[0] not in verbs:
        return _usage()
    try:
        verbs[arguments[0]]()
    except (HostError, OSError) as error:
        sys.stderr.write(f"{printable_sentence(error)}\n")
        return 1
    return 0


def _usage() -> int:
    sys.stderr.write("Usage: firewall.py load|guard|watch|unload|return [gateway]\n")
    return 2
