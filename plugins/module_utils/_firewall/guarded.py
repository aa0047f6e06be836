# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""
A manager beside which our own table is the guard, as a backend: that table as under nftables, and an opener.

Nothing that the manager has is written to by nft. What is open is never more than what is guarded: the guard is in force before
something is opened, and stays until it is shut again. The stored text is that of nftables, under an ending of its own.
"""

from __future__ import annotations

from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.backend import Finding, Fingerprint
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.errors import FirewallError
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.nftables.backend import Nftables
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.nftables.defines import read_opening, with_more
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.nftables.program import Nft
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.nftables.text import text_of
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.opener import Kept, Opener
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.wish import Ports, Wish

MOST_LINES = 3  # of a difference that are told one by one


class Guarded:
    """The guard and one opener on this host, or on one whose files are below ``root``."""

    guard = Nftables.guard
    keeper = ""
    service = Nftables.service

    def __init__(self, opener: Opener, root: str = "", nft: Nft | None = None) -> None:
        self.opener = opener
        self.table = Nftables(root, nft, opened_by=opener.name)
        self.name = self.ending = opener.name
        self.watched = opener.watched
        self.package = opener.package if self.table.is_installed() else self.table.package

    def is_installed(self) -> bool:
        return self.table.is_installed() and self.opener.is_installed()

    def text(self, wish: Wish) -> str:
        return text_of(wish)

    def ports(self, text: str) -> Ports:
        return self.table.ports(text)

    def examine(self, text: str, recorded: Fingerprint) -> Finding:
        warnings = self.opener.test(read_opening(text))
        found = self.table.examine(text, recorded)
        kept, wanted = self.opener.kept(), self.opener.wanted(read_opening(text))
        diff = tuple(
            {"before_header": name, "after_header": name, "before": kept.get(name, ""), "after": wanted.get(name, "")}
            for name in dict.fromkeys([*kept, *wanted])
            if kept.get(name) != wanted.get(name)
        )
        return found._replace(
            drift=(*found.drift, *self._opened(text)),
            warnings=(*found.warnings, *warnings),
            diff=diff,
        )

    def _opened(self, text: str) -> list[str]:
        """How what is opened differs from a text."""
        opening = read_opening(text)
        kept, wanted = self.opener.kept(), self.opener.wanted(opening)
        found = []
        for name in dict.fromkeys([*wanted, *kept]):
            here, there = kept.get(name, "").splitlines(), wanted.get(name, "").splitlines()
            if name not in kept:
                found.append(f"{name} lacks what opens the FTP ports")
            elif len(set(here) ^ set(there)) > MOST_LINES:
                found.append(f"{name} differs")
            else:
                found += [f'{name} lacks "{line}"' for line in there if line not in here]
                found += [f'{name} has "{line}"' for line in here if line not in there]
        if not found and not self.opener.is_in_force(opening):
            found.append(f"what {self.name} has for the FTP ports is not in force")
        return found

    def drift(self, text: str, recorded: Fingerprint) -> list[str]:
        return [*self.table.drift(text, recorded), *self._opened(text)]

    def shut(self, text: str) -> list[str]:
        found = self.table.shut(text)
        if not self.opener.in_force():
            return found  # at boot the manager may come later
        try:
            self.opener.test(read_opening(text))
        except FirewallError as error:
            found.append(str(error))
        return found

    def check(self, text: str) -> None:
        self.table.check(text)

    def check_removal(self) -> None:
        self.table.check_removal()

    def load(self, text: str) -> None:
        self.table.load(self._covering(text))
        self.opener.restore()

    def load_guard(self, text: str) -> None:
        self.table.load_guard(self._covering(text))

    def _covering(self, text: str) -> str:
        """The guard for what is open already, too: that is narrowed only after it."""
        return with_more(text, self.opener.ports())

    def open(self, text: str) -> None:
        wider = self._covering(text) != text
        self.opener.apply(read_opening(text))
        if wider:
            self.table.load(self._covering(text))

    def unload(self) -> None:
        self.opener.withhold()
        self.table.unload()

    def leave(self, guard_stays: bool) -> None:
        self.opener.remove()
        self.table.leave(guard_stays)

    def kept(self) -> Kept:
        return self.opener.kept()

    def is_guarded(self, recorded: Fingerprint) -> bool:
        return self.table.is_guarded(recorded)

    def in_force(self) -> Fingerprint:
        return {**self.table.in_force(), "opened": self.opener.in_force()}


__all__ = ("Guarded",)
