# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""firewalld, asked over D-Bus (firewalld.dbus(5)) by busctl(1), every call bounded; and its checker of files."""

from __future__ import annotations

import json
import os
import re
import shutil
import tempfile
import typing as t

from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.errors import FirewallError
from ansible_collections.proftpd.fxp.plugins.module_utils._host.errors import HostError
from ansible_collections.proftpd.fxp.plugins.module_utils._host.run import find, run

TIMEOUT = 60  # seconds for one question
RELOAD_TIMEOUT = 100  # seconds; thousands of entries take some
NAME = "org.fedoraproject.FirewallD1"
PATH = "/org/fedoraproject/FirewallD1"
CONFIG = f"{PATH}/config"
DIRECTORY = "/etc/firewalld"
# How busctl says that nobody has the name, or that there is no bus yet, as at boot.
_NOT_THERE = r"does not exist|was not provided|not activatable|[Ff]ailed to (connect|set bus address)|busctl is not installed"
Settings = t.Dict[str, t.Any]


class Program:
    """firewalld as it runs here. ``prefix`` goes before every command, ``root`` before its directory."""

    def __init__(self, root: str = "", prefix: t.Sequence[str] = ()) -> None:
        self.directory = root + DIRECTORY
        self.prefix = list(prefix)

    def is_installed(self) -> bool:
        """Whether the program is here."""
        return find("firewall-cmd") is not None

    def state(self) -> str:
        """
        ``RUNNING``, ``FAILED`` (it runs without what it was told) and the like; empty where it does not run.

        Raises FirewallError where that cannot be told.
        """
        try:
            return str(self._busctl(TIMEOUT, "get-property", NAME, PATH, NAME, "state")["data"])
        except FirewallError as error:
            if re.search(_NOT_THERE, str(error)):
                return ""
            raise

    def version(self) -> str:
        """Its release."""
        return str(self._busctl(TIMEOUT, "get-property", NAME, PATH, NAME, "version")["data"])

    def knows_sets(self) -> bool:
        """Whether it can have sets of networks. Before 1.0 it needs another program for that (ipset)."""
        return "hash:net" in self._busctl(TIMEOUT, "get-property", NAME, PATH, NAME, "IPSetTypes")["data"]

    def uses_nftables(self) -> bool:
        """Whether it has nftables do the work, not iptables (firewalld.conf(5), FirewallBackend)."""
        said = self._busctl(TIMEOUT, "get-property", NAME, CONFIG, f"{NAME}.config", "FirewallBackend")["data"]
        return bool(said == "nftables")

    def call(self, interface: str, method: str, *arguments: str, path: str = PATH, seconds: float = TIMEOUT) -> t.Any:
        """What a method answers; ``arguments`` are a signature and what belongs to it, as busctl(1) takes them."""
        interface = f"{NAME}.{interface}" if interface else NAME
        answer = self._busctl(seconds, "call", NAME, path, interface, method, *arguments)
        return answer["data"][0] if answer.get("data") else None

    def names(self, interface: str, method: str, *arguments: str, path: str = PATH) -> set[str]:
        """What a method answers that lists names, or entries of a set."""
        return set(self.call(interface, method, *arguments, path=path) or ())

    def settings(self, interface: str, method: str, *arguments: str, path: str = PATH) -> Settings:
        """What a method answers that tells settings by name."""
        answer = self.call(interface, method, *arguments, path=path) or {}
        return {name: value["data"] for name, value in answer.items()}

    def set_entries(self, name: str, entries: t.Sequence[str]) -> None:
        """Give a set in force these entries in the place of all others, at once."""
        self.call("ipset", "setEntries", "sas", name, str(len(entries)), *entries)

    def reload(self) -> None:
        """Put in force what the files say, at once; connections that stand go on."""
        self.call("", "reload", seconds=RELOAD_TIMEOUT)

    def check(self, files: t.Mapping[str, str]) -> None:
        """Have firewalld read a copy of its files with ``files`` among them; raise FirewallError with what it says."""
        with tempfile.TemporaryDirectory(prefix="proftpd-fxp-") as scratch:
            copy = os.path.join(scratch, "firewalld")
            if os.path.isdir(self.directory):
                shutil.copytree(self.directory, copy)
            said = self._complaints(copy)
            for path, text in files.items():
                os.makedirs(os.path.dirname(os.path.join(copy, path)), exist_ok=True)
                with open(os.path.join(copy, path), "w", encoding="utf-8") as file:
                    file.write(text)
            new = [line for line in self._complaints(copy) if line not in said]
            if new:
                raise FirewallError("firewalld would not take its new files: {}".format(" | ".join(new)[:1000]))
            if said:
                raise FirewallError(
                    "firewalld finds fault with its own files, so they cannot be loaded; mend this first (firewall-cmd "
                    "--check-config): {}".format(" | ".join(said)[:1000])
                )

    def _complaints(self, directory: str) -> list[str]:
        """What the checker finds wrong. An entry that it would leave out is only warned of."""
        done = self._run(["firewall-offline-cmd", f"--system-config={directory}", "--check-config"], TIMEOUT, merged=True)
        lines = [line for line in done[1].splitlines() if re.search(r"WARNING|ERROR|[Ee]rror:|INVALID_", line)]
        return lines or ([done[1] or f"status {done[0]}"] if done[0] else [])

    def _busctl(self, seconds: float, *words: str) -> dict[str, t.Any]:
        options = ["--system", "--json=short", "--auto-start=no", f"--timeout={seconds:g}"]
        status, output, errors = self._run(["busctl", *options, *words], seconds + 5)
        if status:
            said = [line.replace("Call failed: ", "") for line in errors.splitlines() if line.strip()] or [f"status {status}"]
            # A traceback has its reason in its last line, a batch of rules in its first, in front of those.
            word = next((line for line in said if re.match(r"[A-Z]+_[A-Z_]+: ", line)), said[-1])
            raise FirewallError(f"firewalld ({words[4] if len(words) > 4 else words[0]}) says: {word[:1000]}")
        try:
            return t.cast("t.Dict[str, t.Any]", json.loads(output or "{}"))
        except ValueError:
            raise FirewallError(f"busctl answers no JSON to {' '.join(words[:5])}.") from None

    def _run(self, command: list[str], seconds: float, merged: bool = False) -> tuple[int, str, str]:
        program = find(command[0])
        if program is None:
            raise FirewallError(f"{command[0]} is not installed.")
        try:
            return run([*self.prefix, program, *command[1:]], seconds, merged=merged)
        except HostError as error:
            raise FirewallError(str(error)) from None


__all__ = ("CONFIG", "DIRECTORY", "NAME", "Program", "Settings")
