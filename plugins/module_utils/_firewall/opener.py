# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""
What a manager must be able to do beside which our own table is the guard (``guarded``): let packets reach it, and nothing more.

Who may connect is the guard's business, so an opening is small. It cannot lock anybody out, so it comes last, when the guard is
confirmed, and goes first.
"""

from __future__ import annotations

import typing as t

from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.wish import Span

# What is kept of ours on the disk or in the kernel, by the name that people know it by: the path of a file, or words.
Kept = t.Dict[str, str]


class Opening(t.NamedTuple):
    """What is to reach the guard, and what the host itself opens."""

    incoming: tuple[Span, ...]  # of TCP, all that the guard governs
    planned: tuple[Span, ...]  # those of the plan; what the server is about to leave may stay shut
    # By family (4, 6): networks of peers, and the ports at which they listen.
    outgoing: t.Mapping[int, tuple[tuple[str, Span], ...]]
    addresses: tuple[str, ...] = ()  # of the host
    interfaces: tuple[str, ...] = ()  # by which connections come; none if that is not known

    @property
    def families(self) -> set[int]:
        """Those in which connections come."""
        return {6 if ":" in address else 4 for address in self.addresses} or {4, 6}


class Opener(t.Protocol):
    """
    One manager's own way to open ports.

    All methods raise FirewallError with a sentence for people. Those that look change nothing.
    """

    name: str  # as fxp_firewall_backend says it, and as ``Ruleset.manager`` says it of a table
    package: str  # that brings it
    watched: bool  # whether a lost guard leaves what is opened to everybody, so that somebody must look after it

    def is_installed(self) -> bool:
        """Whether its programs are here. Without them nothing else can be asked but ``wanted`` and ``kept``."""

    def wanted(self, opening: Opening) -> Kept:
        """What ``kept`` tells when the opening is in force."""

    def kept(self) -> Kept:
        """What there is of ours; empty if there is nothing."""

    def ports(self) -> list[Span]:
        """The ports that what is kept opens to everybody whom the guard lets through; none where it asks for the mark."""

    def test(self, opening: Opening) -> list[str]:
        """
        Hold an opening against the operator's own rules, and have the program check it where that can be had.

        Returns warnings. Raises FirewallError if the operator denies the ports of the plan, which nothing of ours passes by.
        """

    def apply(self, opening: Opening) -> None:
        """Keep this opening and nothing else, and put it in force."""

    def is_in_force(self, opening: Opening) -> bool:
        """Whether what is kept is in the kernel, too."""

    def in_force(self) -> list[str]:
        """Digests of what the kernel holds of it."""

    def withhold(self) -> None:
        """Take it out of the kernel; what is kept stays, so that a restart or ``restore`` brings it back."""

    def restore(self) -> None:
        """Put what is kept in force if it is not; where the manager is not up yet, it will do so itself."""

    def remove(self) -> None:
        """Take it out of the kernel, and all that is kept, too."""


__all__ = ("Kept", "Opener", "Opening")
