# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
A firewall manager that nobody has, whose rules in force are one file: what the interface for managers asks of one, and no more.

Commit, return, boot and removal run over it as over nftables.
"""

from __future__ import annotations

import hashlib
import os
import pathlib

from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.backend import Finding, Fingerprint
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.errors import FirewallError
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.opener import Kept, Opening
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.wish import Ports, Span, Wish


class Toy:
    """Rules in force are what stands in ``kernel``."""

    name = "toy"
    package = "toyfirewall"
    ending = "toy"
    service = "toy.service"
    keeper = ""
    guard = "toy"
    watched = False

    def __init__(self, kernel: pathlib.Path) -> None:
        self.kernel = kernel

    def is_installed(self) -> bool:
        return True

    def text(self, wish: Wish) -> str:
        sources = [f"all {network}" for family in (4, 6) for network in wish.clients[family]]
        sources += [
            f"passive {address} # {peer.name}" for family in (4, 6) for peer in wish.peers[family] for address in peer.addresses
        ]
        return "\n".join([f"ports {wish.ports.control} {wish.ports.passive[0]} {wish.ports.passive[1]}", *sources]) + "\n"

    def ports(self, text: str) -> Ports:
        control, first, last = text.split("\n", 1)[0].split()[1:]
        return Ports(int(control), (int(first), int(last)))

    def examine(self, text: str, recorded: Fingerprint) -> Finding:
        return Finding(tuple(self.drift(text, recorded)), (), ())

    def drift(self, text: str, recorded: Fingerprint) -> list[str]:
        return [] if self.in_force() == recorded and any(recorded.values()) else ["the toy differs from its file"]

    def shut(self, text: str) -> list[str]:
        return []

    def check(self, text: str) -> None:
        self.ports(text)

    def check_removal(self) -> None:
        pass

    def load(self, text: str) -> None:
        self.ask("load")
        new = self.kernel.with_suffix(".new")
        new.write_text(text)
        os.replace(new, self.kernel)

    def load_guard(self, text: str) -> None:
        self.load(text)

    def unload(self) -> None:
        self.ask("unload")
        self.kernel.unlink(missing_ok=True)

    def open(self, text: str) -> None:
        pass

    def leave(self, guard_stays: bool) -> None:
        self.unload()

    def kept(self) -> dict[str, str]:
        return {}

    def is_guarded(self, recorded: Fingerprint) -> bool:
        return bool(any(recorded.values())) and self.in_force() == recorded

    def in_force(self) -> Fingerprint:
        self.ask("in_force")
        if not self.kernel.exists():
            return {"rules": []}
        return {"rules": [hashlib.sha256(self.kernel.read_bytes()).hexdigest()]}

    def ask(self, verb: str) -> None:
        """Where its program is run, and a fault may come."""


class ToyOpener:
    """Beside the guard. What is kept stands in ``disk``, what is open in ``kernel``, which a restart makes of it."""

    name = "gate"
    package = "toygate"
    watched = True
    denies: int | None = None  # a port that the operator denies

    def __init__(self, disk: pathlib.Path) -> None:
        self.disk = disk
        self.kernel = disk.with_name("open")

    def is_installed(self) -> bool:
        return True

    def wanted(self, opening: Opening) -> Kept:
        return {str(self.disk): "".join(f"{first}-{last}\n" for first, last in opening.incoming)}

    def kept(self) -> Kept:
        return {str(self.disk): self.disk.read_text()} if self.disk.exists() else {}

    def ports(self) -> list[Span]:
        spans = [line.split("-") for text in self.kept().values() for line in text.splitlines()]
        return [(int(first), int(last)) for first, last in spans]

    def test(self, opening: Opening) -> list[str]:
        if any(first <= (self.denies or 0) <= last for first, last in opening.planned):
            raise FirewallError(f"The gate denies {self.denies}.")
        return []

    def apply(self, opening: Opening) -> None:
        self.ask("apply")
        for path in (self.disk, self.kernel):
            new = path.with_suffix(".part")
            new.write_text(self.wanted(opening)[str(self.disk)])
            os.replace(new, path)

    def is_in_force(self, opening: Opening) -> bool:
        return self.kernel.exists() and self.kernel.read_text() == self.wanted(opening)[str(self.disk)]

    def in_force(self) -> list[str]:
        self.ask("in_force")
        return [self.kernel.read_text()] if self.kernel.exists() else []

    def restart(self) -> None:
        """What becomes of it when the host is restarted."""
        self.kernel.unlink(missing_ok=True)
        for text in self.kept().values():
            self.kernel.write_text(text)

    def withhold(self) -> None:
        self.ask("withhold")
        self.kernel.unlink(missing_ok=True)

    def restore(self) -> None:
        self.ask("restore")
        for text in self.kept().values():
            self.kernel.write_text(text)

    def remove(self) -> None:
        self.ask("remove")
        self.kernel.unlink(missing_ok=True)
        self.disk.unlink(missing_ok=True)

    def ask(self, verb: str) -> None:
        """Where its program is run, and a fault may come."""
