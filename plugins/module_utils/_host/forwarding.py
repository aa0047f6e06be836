# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""
Does the host forward packets at all (ip-sysctl.rst in the kernel's documentation)?

IPv4 is switched on where it is off, in a file of its own, and then nothing else passes (``_firewall.gateway``). IPv6 never: it
makes a host deaf to router advertisements, by which it may have its own address.
"""

from __future__ import annotations

import glob
import os
import re

from ansible_collections.proftpd.fxp.plugins.module_utils._host import files as _files
from ansible_collections.proftpd.fxp.plugins.module_utils._host.errors import HostError

FILE = "/etc/sysctl.d/60-proftpd-fxp-gateway.conf"
TEXT = """\
# Managed by the Ansible collection proftpd.fxp; changes made by hand are overwritten.
# This host leads connections to the servers behind it. Nothing else is forwarded, unless something else switches this on.
net.ipv4.ip_forward = 1
"""
_SWITCH = {4: "/proc/sys/net/ipv4/ip_forward", 6: "/proc/sys/net/ipv6/conf/all/forwarding"}


def is_on(family: int, root: str = "") -> bool:
    """Whether packets of that family are forwarded now."""
    return (_files.read_text(root + _SWITCH[family]) or "0").strip() not in ("", "0")


def is_kept(root: str = "") -> bool:
    """Whether a file of ours switches it on, whatever else does."""
    return os.path.lexists(root + FILE)


def is_ours(root: str = "") -> bool:
    """Whether it was this collection that switched it on, and nothing else does by now."""
    return is_kept(root) and not any(_switches_on(path) for path in _others(root))


def _others(root: str) -> list[str]:
    """The files of others that sysctl reads (sysctl.d(5))."""
    found = [
        path
        for place in ("/etc", "/run", "/usr/local/lib", "/usr/lib", "/lib")
        for path in glob.glob(f"{root}{place}/sysctl.d/*.conf")
    ]
    return [path for path in (*found, f"{root}/etc/sysctl.conf") if path != root + FILE]


def _switches_on(path: str) -> bool:
    try:
        text = _files.read_text(path) or ""
    except OSError:
        return False
    return bool(re.search(r"^\s*-?\s*net[./]ipv4[./](ip_forward|conf[./]all[./]forwarding)\s*=\s*1\s*$", text, re.MULTILINE))


def refuse_ipv6(root: str = "") -> None:
    """Raise HostError where servers have IPv6 addresses and the host forwards none of it."""
    if not is_on(6, root):
        raise HostError(
            "IPv6 is not forwarded here (net.ipv6.conf.all.forwarding is 0), and servers behind this gateway have it. "
            "That is not switched on for you, because this host would ignore router advertisements then; switch it on, or leave "
            "the IPv6 addresses out of fxp_address."
        )


def switch_on(root: str = "") -> None:
    """Forward IPv4, now and after a restart. Raises HostError where the kernel does not let itself be told."""
    _files.write(root + FILE, TEXT, 0o644)
    try:
        with open(root + _SWITCH[4], "w", encoding="ascii") as switch:
            switch.write("1\n")
    except OSError as error:
        _files.remove(root + FILE)
        raise HostError(
            f"net.ipv4.ip_forward is 0 and cannot be switched on here ({error.strerror}); switch it on for this host."
        ) from None


def switch_off(root: str = "") -> bool:
    """Put it back to what it was where it was switched on here; tell whether there was anything to do."""
    if not is_kept(root):
        return False
    was_ours = is_ours(root)
    _files.remove(root + FILE)
    if was_ours:
        with open(root + _SWITCH[4], "w", encoding="ascii") as switch:
            switch.write("0\n")
    return True


__all__ = ("FILE", "is_kept", "is_on", "is_ours", "refuse_ipv6", "switch_off", "switch_on")
