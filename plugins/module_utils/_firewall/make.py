# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""What a wish becomes on this host: the text of the manager that decides here, the units, and the archive that they run."""

from __future__ import annotations

import os
import sys

from ansible_collections.proftpd.fxp.plugins.module_utils._firewall import archive, interfaces, units
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.detect import Commands
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.state import Host
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.transaction import Texts
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.wish import Wish


def texts(host: Host, wish: Wish, commands: Commands) -> Texts:
    """Everything that is to stand on the host for a wish."""
    here, names = interfaces.find(wish.addresses, commands)
    return Texts(host.backend.text(wish._replace(here=here, interfaces=names)), units.files(host), program())


def program() -> bytes:
    """The archive, for the Python of this host."""
    # Not the interpreter that Ansible found: that one may have a version in its name, and be gone after an upgrade.
    return archive.build("/usr/bin/python3" if os.access("/usr/bin/python3", os.X_OK) else sys.executable)


__all__ = ("program", "texts")
