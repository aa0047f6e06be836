# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""firewalld as the manager that keeps the rules of an FXP server."""

from __future__ import annotations

import sys

from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.backend import Finding, Fingerprint
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.errors import FirewallError
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.firewalld import found as _found
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.firewalld import layout, others
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.firewalld.program import Program
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.firewalld.text import Rules, read_text, text_of
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.nftables import Nft
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.wish import Ports, Wish
from ansible_collections.proftpd.fxp.plugins.module_utils._host.systemd import Systemd
from ansible_collections.proftpd.fxp.plugins.module_utils._host.text import printable

_STOPPED = (
    "firewalld does not run here; start it (systemctl enable --now firewalld), or, if something else is to decide on this host, "
    "run the playbook proftpd.fxp.site once that runs."
)


class Firewalld:
    """The rules by ipsets and policies of firewalld (``backend.Backend``). What does not work raises FirewallError."""

    name = "firewalld"
    package = "firewalld"
    ending = "firewalld"
    service = ""
    keeper = "firewalld.service"
    guard = "firewalld"
    watched = False

    def __init__(self, root: str = "", program: Program | None = None, nft: Nft | None = None) -> None:
        self.root = root
        self.program = program or Program(root)
        self.nft = nft or Nft()

    def is_installed(self) -> bool:
        return self.program.is_installed()

    def text(self, wish: Wish) -> str:
        return text_of(wish)

    def ports(self, text: str) -> Ports:
        return read_text(text).planned

    def examine(self, text: str, recorded: Fingerprint) -> Finding:
        rules = read_text(text)
        state = self.program.state()
        if not state:
            raise FirewallError(_STOPPED)
        if state == "FAILED":
            raise FirewallError(
                "firewalld runs without what it was told, because it could not load its files; see what 'journalctl --unit "
                "firewalld' says of it, mend that, and reload it (firewall-cmd --reload)."
            )
        if not self.program.knows_sets():
            raise FirewallError(
                f"firewalld {self.program.version()} can have no sets of networks here, because the program ipset is missing; "
                "install the package ipset, restart firewalld (systemctl restart firewalld), and run this again."
            )
        now = _found.find(self.program, self.nft)
        difference = self._differ(now, text)
        if difference.rules:
            self._refuse(others.look(self.program, self._binds_again()).objections())
        self._refuse(self._shut(rules))
        return Finding(difference.sentences, (), self._warnings())

    def drift(self, text: str, recorded: Fingerprint) -> list[str]:
        return list(self._differ(_found.find(self.program, self.nft), text).sentences)

    def shut(self, text: str) -> list[str]:
        return self._shut(read_text(text)) if self.program.state() else []

    def _shut(self, rules: Rules) -> list[str]:
        active = self._active(rules)
        said = others.shut(others.deciding(self.program, active), active, rules, self._zones_end())
        return said + (others.beside(self.nft, rules) if self.nft.path and self.program.uses_nftables() else [])

    def check(self, text: str) -> None:
        self.program.check(layout.wanted(read_text(text)).files())

    def check_removal(self) -> None:
        if _found.find(self.program, self.nft).is_in_force:
            self._refuse(others.look(self.program, self._binds_again()).objections())

    def load(self, text: str) -> None:
        self._load(layout.wanted(read_text(text)))

    def load_guard(self, text: str) -> None:
        if not self.program.state():
            raise FirewallError(_STOPPED)
        self.load(text)

    def open(self, text: str) -> None:
        """It is open: by one reload, or none, both come in force."""

    def unload(self) -> None:
        self._load(layout.NOTHING)

    def leave(self, guard_stays: bool) -> None:
        self.unload()

    def kept(self) -> dict[str, str]:
        return {f"{self.program.directory}/{path}": text for path, text in _found.files(self.program).items()}

    def is_guarded(self, recorded: Fingerprint) -> bool:
        now = _found.find(self.program, self.nft)
        if not now.runs:
            raise FirewallError(_STOPPED)
        return any(recorded.values()) and now.fingerprint()["guard"] == recorded.get("guard")

    def in_force(self) -> Fingerprint:
        return _found.find(self.program, self.nft).fingerprint()

    def _load(self, wanted: layout.Wanted) -> None:
        """Files first, then what is in force, by a reload only where members of sets are not all; read back after."""
        now = _found.find(self.program, self.nft)
        _found.write(wanted, self.program.directory)
        if not now.runs:
            return  # it starts with these files
        difference = _found.differ(now, wanted, self.program.directory)
        if difference.rules:
            self._say_what_is_lost()
            try:
                self.program.reload()
            except FirewallError:
                # Where somebody flushed its table, 0.9.3 fails to delete that, and knows better the second time.
                self.program.reload()
        elif difference.entries:
            for name, entries in wanted.sets.items():
                if now.sets[name] != frozenset(entries):
                    self.program.set_entries(name, entries)
        else:
            return
        left = _found.differ(_found.find(self.program, self.nft), wanted, self.program.directory).sentences
        if left:
            raise FirewallError(f"firewalld has not put in force what it was given: {'; '.join(left)}.")

    def _say_what_is_lost(self) -> None:
        """Who could be asked was asked in time; here rules have to come or go whatever it costs."""
        try:
            lost = others.look(self.program, self._binds_again()).lost()
        except FirewallError:
            return  # it has nothing in force
        for name in lost:
            sys.stderr.write(f"{printable(name)} is in none of firewalld's files and lost with this reload\n")

    def _differ(self, now: _found.Found, text: str) -> _found.Difference:
        return _found.differ(now, layout.wanted(read_text(text)), self.program.directory)

    def _active(self, rules: Rules) -> set[str]:
        """The zones by which connections come."""
        zones = {str(self.program.call("zone", "getZoneOfInterface", "s", name) or "") for name in rules.interfaces}
        return {zone or str(self.program.call("", "getDefaultZone")) for zone in zones or {""}}

    def _zones_end(self) -> bool:
        """Whether zones that deny by their target have the last word; seen of 0.9.3, not of 1.3.3 and 2.3.1."""
        return self.program.version().startswith("0.")

    @staticmethod
    def _warnings() -> tuple[str, ...]:
        if Systemd().shown(Firewalld.keeper, "UnitFileState").get("UnitFileState") != "disabled":
            return ()
        return (
            "firewalld runs, but does not start with this host, so ProFTPD would not either after a restart; switch it on "
            "(systemctl enable firewalld).",
        )

    @staticmethod
    def _binds_again() -> bool:
        """Whether interfaces are given their zones again after a reload."""
        return Systemd().shown("NetworkManager.service", "ActiveState").get("ActiveState") == "active"

    @staticmethod
    def _refuse(sentences: list[str]) -> None:
        if sentences:
            raise FirewallError(" ".join(sentences))


__all__ = ("Firewalld",)
