# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""What the rules file says of itself in its ``define`` lines, which is all that the host needs to know about it."""

from __future__ import annotations

import re
import typing as t

from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.errors import FirewallError
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.mark import Mark, read_mark
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.nftables.text import known_here
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.opener import Opening
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.wish import Ports, Span, without


class Defines(t.NamedTuple):
    """What the ``define`` lines of a rules file say."""

    control_port: int
    passive_ports: Span
    names: frozenset[str]
    outgoing_ports: tuple[Span, ...] = ()
    addresses: tuple[str, ...] = ()  # of this server, as the plan knows them
    here: tuple[str, ...] = ()  # those of them that an interface of this host holds
    interfaces: tuple[str, ...] = ()  # by which connections to this server come; none if that is not known
    former_ports: tuple[Span, ...] = ()  # that the server still has beside those
    mark: Mark | None = None  # that the table puts on what it lets through
    opened: str = "incoming"  # the ports that other tables are to let through, by their name in the file

    @property
    def ports(self) -> Ports:
        """The ports that the rules are about."""
        return Ports(self.control_port, self.passive_ports)

    def planned(self) -> Defines:
        """The same where other tables are to let through the ports of the plan only; the guard is for all."""
        return self._replace(former_ports=(), opened="planned") if self.former_ports else self


def read_defines(text: str) -> Defines:
    """Read the ``define`` lines of a rules file; raise FirewallError if one that is needed is missing."""
    defines = dict(re.findall(r"^define\s+(\w+)\s*=\s*(.*)", text, re.MULTILINE))
    port = re.match(r"(\d+)\s*$", defines.get("control_port", ""))
    passive = re.match(r"(\d+)-(\d+)\s*$", defines.get("passive_ports", ""))
    if not port or not passive or "incoming" not in defines:
        raise FirewallError(
            'The rules must begin with "define control_port = 21", "define passive_ports = first-last" and '
            '"define incoming = { $control_port, $passive_ports }".'
        )
    outgoing = "".join(re.findall(r"^define outgoing[46] = \{([^}]*)\}", text, re.MULTILINE))
    spans = {(int(first), int(last)) for first, last in re.findall(r" \. (\d+)-(\d+),", outgoing)}
    former = re.findall(r"(\d+)(?:-(\d+))?", defines.get("former_ports", ""))
    addresses, here, interfaces = (
        tuple(re.findall(r"[^\s{},\"]+", defines.get(name, ""))) for name in ("addresses", "here", "interfaces")
    )
    return Defines(
        int(port.group(1)),
        (int(passive.group(1)), int(passive.group(2))),
        frozenset(defines),
        tuple(sorted(spans)),
        addresses,
        here,
        interfaces,
        former_ports=tuple((int(first), int(last or first)) for first, last in former),
        mark=read_mark("{packet_mark}/{packet_mark_bits}".format(**defines)) if "packet_mark" in defines else None,
    )


def read_opening(text: str) -> Opening:
    """What a manager that opens the ports itself is to let through for a rules file."""
    defines = read_defines(text)
    planned = ((defines.control_port, defines.control_port), defines.passive_ports)
    rows = {family: re.search(rf"^define outgoing{family} = \{{(.*?)^\}}", text, re.MULTILINE | re.DOTALL) for family in (4, 6)}
    outgoing = {
        family: tuple(
            (address, (int(first), int(last)))
            for address, first, last in re.findall(r"^\s*(\S+) \. (\d+)-(\d+),", found.group(1) if found else "", re.MULTILINE)
        )
        for family, found in rows.items()
    }
    incoming = tuple(sorted((*planned, *defines.former_ports)))
    return Opening(incoming, tuple(sorted(planned)), outgoing, defines.addresses, defines.interfaces)


def with_more(text: str, ports: t.Iterable[Span]) -> str:
    """A rules file that guards these ports, too, if it does not; nobody but clients is let in there."""
    more = without(ports, read_opening(text).incoming)
    listed = "".join(f", {first}-{last}" if first != last else f", {first}" for first, last in more)
    return re.sub(r"^(define incoming = \{.*?) \}", rf"\1{listed} }}", text, count=1, flags=re.MULTILINE) if more else text


def with_interfaces(text: str, here: t.Sequence[str], interfaces: t.Sequence[str]) -> str:
    """
    A rules file that was written elsewhere, with two lines more.

    They say which of the server's addresses an interface of this host holds, and by which interfaces connections come. At boot,
    when the file is loaded, no interface has an address yet.
    """
    first, newline, rest = text.partition("define addresses = ")
    return first + known_here(here, interfaces) + newline + rest
