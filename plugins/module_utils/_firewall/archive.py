# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""
What runs on a server without Ansible, as one file: ``/usr/local/lib/proftpd-fxp/firewall.py``, an archive that Python runs.

It holds files of the rooms as they are, under the names by which they import each other, so that the boot unit, the timer and
the module share every judgement. Python takes a file for an archive whatever its name is: it has the name that the single file
of earlier releases had, so one rename brings the new one, and units of any release start what is there.

The module builds it on the host, from the files that Ansible has brought there anyway. The same release makes the same bytes
everywhere: nothing is compressed, nothing tells a time, and the order is fixed.
"""

from __future__ import annotations

import io
import os
import typing as t
import zipfile

# Ansible brings to the host what is imported.
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall import boot
from ansible_collections.proftpd.fxp.plugins.module_utils._host.errors import HostError

_ROOT = ("ansible_collections", "proftpd", "fxp", "plugins", "module_utils")
# What ``boot`` needs, and nothing else; a test holds it against the imports.
PARTS = (
    "_firewall.backend",
    "_firewall.boot",
    "_firewall.errors",
    "_firewall.firewalld.__init__",
    "_firewall.firewalld.backend",
    "_firewall.firewalld.found",
    "_firewall.firewalld.layout",
    "_firewall.firewalld.others",
    "_firewall.firewalld.program",
    "_firewall.firewalld.text",
    "_firewall.gateway.__init__",
    "_firewall.gateway.backend",
    "_firewall.gateway.judgement",
    "_firewall.gateway.leads",
    "_firewall.gateway.text",
    "_firewall.gateway.wish",
    "_firewall.guarded",
    "_firewall.iptables.__init__",
    "_firewall.iptables.backend",
    "_firewall.iptables.files",
    "_firewall.iptables.kernel",
    "_firewall.iptables.lines",
    "_firewall.iptables.marks",
    "_firewall.iptables.places",
    "_firewall.iptables.program",
    "_firewall.iptables.saved",
    "_firewall.iptables.translate",
    "_firewall.kinds",
    "_firewall.managers",
    "_firewall.mark",
    "_firewall.nftables.__init__",
    "_firewall.nftables.backend",
    "_firewall.nftables.batch",
    "_firewall.nftables.defines",
    "_firewall.nftables.drift",
    "_firewall.nftables.expressions",
    "_firewall.nftables.judgement",
    "_firewall.nftables.matches",
    "_firewall.nftables.neighbours",
    "_firewall.nftables.program",
    "_firewall.nftables.ruleset",
    "_firewall.nftables.text",
    "_firewall.nftables.walk",
    "_firewall.nftables.ways",
    "_firewall.opener",
    "_firewall.state",
    "_firewall.ufw.__init__",
    "_firewall.ufw.opener",
    "_firewall.ufw.rules",
    "_firewall.wish",
    "_host.errors",
    "_host.files",
    "_host.lock",
    "_host.run",
    "_host.systemd",
    "_host.text",
)
_TIME = (1980, 1, 1, 0, 0, 0)  # the earliest that the format knows


def build(interpreter: str) -> bytes:
    """Return the archive, to be run by ``interpreter``, an absolute path."""
    start = f"import sys\n\nfrom {boot.__name__} import main\n\nraise SystemExit(main(sys.argv[1:]))\n"
    files = {"__main__.py": start.encode(), **dict(_packages()), **dict(_sources())}
    buffer = io.BytesIO()
    # In front of the archive, as zipapp(3) does: offsets count from the start of the file.
    buffer.write(f"#!{interpreter} -I\n".encode())
    with zipfile.ZipFile(buffer, "a", zipfile.ZIP_STORED) as archive:
        for path, content in sorted(files.items()):
            entry = zipfile.ZipInfo(path, _TIME)
            entry.create_system = 3  # Unix, on whatever it is built
            entry.external_attr = 0o100644 << 16
            archive.writestr(entry, content)
    return buffer.getvalue()


def _packages() -> t.Iterator[tuple[str, bytes]]:
    """The empty files that make packages of directories: Python before 3.13 wants them in archives."""
    for part in PARTS:
        names = (*_ROOT, *part.split("."))
        yield from (("/".join((*names[:depth], "__init__.py")), b"") for depth in range(1, len(names)))


def _sources() -> t.Iterator[tuple[str, bytes]]:
    # Files, archives and Ansible's own loader have this in common, and it reads no code.
    loader: t.Any = boot.__spec__.loader
    here = os.path.dirname(os.path.dirname(boot.__file__))
    for part in PARTS:
        path = "/".join((*_ROOT, *part.split("."))) + ".py"
        try:
            content = loader.get_data(f"{here}/{part.replace('.', '/')}.py")
        except (AttributeError, OSError):
            content = None
        if content is None:
            name = ".".join((*_ROOT, part))
            raise HostError(f"The source of {name} cannot be found; the firewall rules would not come back after a restart.")
        yield path, content


__all__ = ("PARTS", "build")
