# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""
What a firewall manager must be able to do to keep the rules of an FXP server: one class for each, a row in ``managers``.

A backend knows one language. Its rules are one text, made of a wish and readable for people, which is stored on the host and
from which alone it can say what is to be in force. When a change is tried, confirmed, taken back or removed is the business of
``transaction``, ``removal`` and ``state``, which know no language.
"""

from __future__ import annotations

import typing as t

from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.wish import Ports, Wish

# What is in force of ours, by a name for each part of it: digests that a text makes again whenever it is loaded. All are empty
# where nothing of ours is in force.
Fingerprint = t.Dict[str, t.List[str]]


class Finding(t.NamedTuple):
    """What a text means on this host as it is now."""

    drift: tuple[str, ...]  # how what is in force differs from it, in sentences
    rules_in: tuple[str, ...]  # where rules of others get one of ours
    warnings: tuple[str, ...]  # what may keep clients or peers out all the same
    diff: tuple[dict[str, str], ...] = ()  # of what the manager keeps of ours, beside the text


class Backend(t.Protocol):
    """
    One firewall manager on this host.

    All methods raise FirewallError with a sentence for people. Those that look change nothing.
    """

    name: str  # as fxp_firewall_backend says it
    package: str  # that brings it
    ending: str  # of the name of its stored text
    service: str  # those, with blanks between, whose start and reload lose our rules, so that they are loaded again then
    # That brings our rules back by itself, from files of its own, in which they stand from the moment they are on trial. At boot
    # those are made right before it starts. Empty if there is none.
    keeper: str
    guard: str  # what keeps strangers out; managers that have the same hand it over to each other
    watched: bool  # whether a lost guard leaves the ports open, so that it is looked for every minute

    def is_installed(self) -> bool:
        """Whether the program is here. Without it nothing else can be asked but ``text`` and ``ports``."""

    def text(self, wish: Wish) -> str:
        """Rules that let through what is wished, and keep everybody else off those ports."""

    def ports(self, text: str) -> Ports:
        """The ports that a text governs. Raises FirewallError if it is no text of this backend."""

    def examine(self, text: str, recorded: Fingerprint) -> Finding:
        """
        Hold a text against what is in force; ``recorded`` is what was in force when it was loaded, empty if it never was.

        Raises FirewallError if something stays shut although the text is loaded: a decision of the operator, which nothing of
        ours passes by, or rules of a program that lets nobody in.
        """

    def drift(self, text: str, recorded: Fingerprint) -> list[str]:
        """The first part of ``examine``, which refuses nothing."""

    def shut(self, text: str) -> list[str]:
        """The reasons for which ``examine`` would refuse, for the journal."""

    def check(self, text: str) -> None:
        """Have the program say whether it would take all that loading a text means."""

    def check_removal(self) -> None:
        """The same for ``unload``."""

    def load(self, text: str) -> None:
        """Put a text in force, at once and in the place of all that is in force of ours, but for what ``open`` does."""

    def load_guard(self, text: str) -> None:
        """Keep strangers out at least, where ``load`` fails because of rules of others."""

    def open(self, text: str) -> None:
        """
        Let packets reach what was loaded, where a manager keeps that for good at once.

        So it is done when the rules are confirmed, and when those come back that were: no trial needs it, as it locks nobody out.
        """

    def unload(self) -> None:
        """Take all that is ours out of force; what ``kept`` tells stays, so that a restart brings it back."""

    def leave(self, guard_stays: bool) -> None:
        """
        Take all that is ours out of force, and what ``kept`` tells, too.

        ``guard_stays``: the guard is another manager's now, which has its rules in force already.
        """

    def kept(self) -> dict[str, str]:
        """What the manager keeps of ours beside the stored text, by the names that people know it by. Asks no program twice."""

    def is_guarded(self, recorded: Fingerprint) -> bool:
        """Whether what keeps strangers out is in force as it was ``recorded``."""

    def in_force(self) -> Fingerprint:
        """What is in force of ours."""


__all__ = ("Backend", "Finding", "Fingerprint")
