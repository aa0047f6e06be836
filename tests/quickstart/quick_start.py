# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
The quick start of the README, literally, as somebody who has nothing but the README does it on two bare servers.

    quick_start.py TARBALL PLACE STATE ANSIBLE_CORE PIN...

An environment of its own with ansible-core, what README's pip line names and the collections that galaxy.yml names; README's
inventory and commands as they are written. Ansible's settings are its own, but for the key of the lab's hosts. STATE is where the
lab, which is up, keeps that key; PINS are those of requirements.txt for what the pip line names.
"""

from __future__ import annotations

import json
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import time

import yaml

ROOT = pathlib.Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PASSWORDS = {"vault_mirror_password": "lab-mirror-Zt5Lw8Kd", "vault_fxp_check_password": "lab-check-7Qm2vX9r"}
# The simplest use: commands beside the one that only looks, and lines that are not Ansible's own.
MOST_COMMANDS, MOST_LINES = 3, {"proftpd.fxp.site": 25, "proftpd.fxp.smoke_test": 20}
# What two servers must come to, as regular expressions.
TOLD = {
    "proftpd.fxp.smoke_test": r"(?s)(ok .*verified by .*){4}ftp1 +are refused.*ftp2 +are refused.*Coverage: all pairs",
    # It fails on holes by itself; what is outdated is the distribution's matter.
    "proftpd.fxp.audit": r"ftp1 +main:21 .*\nftp2 +main:21 ",
}
# What Ansible prints of every play, task and host.
ANSIBLES_OWN = re.compile(r"(PLAY|TASK|RUNNING HANDLER) .*|(ok|changed|skipping|included): .*|\S+ +: ok=\d+ .*|\s*")


class QuickStart:
    """A new user's home directory, environment and terminal."""

    def __init__(self, place: pathlib.Path, state: pathlib.Path) -> None:
        self.home, self.state = place / "home", state
        self.bin = place / "environment" / "bin"
        self.home.mkdir(parents=True)

    @property
    def environment(self) -> dict[str, str]:
        known = f"-o UserKnownHostsFile={self.state}/known_hosts -o GlobalKnownHostsFile=none"
        return {
            "PATH": f"{self.bin}:/usr/bin:/bin",
            "HOME": str(self.home),
            "LANG": "C.UTF-8",
            "ANSIBLE_REMOTE_USER": "root",
            "ANSIBLE_PRIVATE_KEY_FILE": str(self.state / "id_ed25519"),
            "ANSIBLE_SSH_COMMON_ARGS": known,
        }

    def run(self, *command: str | pathlib.Path, code: int = 0) -> str:
        """Run a command as the user does; anything but this exit ``code`` ends the test with all that was printed."""
        started = time.monotonic()
        done = subprocess.run(
            command,
            cwd=self.home,
            env=self.environment,
            text=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=600,
            check=False,
        )
        print(f"{time.monotonic() - started:6.1f} s  {shlex.join(map(str, command))}", flush=True)
        require(done.returncode == code, f"it ended with {done.returncode} and not {code}", done.stdout)
        return done.stdout


def require(held: bool, what: str, output: str) -> None:
    if not held:
        sys.exit(f"{output}\nThe quick start does not hold: {what}.")


def block(after: str, language: str) -> str:
    """Return the README's first block of this language behind a sentence."""
    match = re.search(rf"{re.escape(after)}.*?```{language}\n(.*?)```", README, re.DOTALL)
    if match is None:
        sys.exit(f"README.md has no block of {language} behind {after!r}.")
    return match[1]


def commands(text: str) -> list[list[str]]:
    return [shlex.split(line[2:], comments=True) for line in text.splitlines() if line.startswith("$ ")]


def collection(name: str, place: pathlib.Path) -> pathlib.Path:
    """Build the tarball of a collection that galaxy.yml names from the copy in the package ansible: Galaxy is not asked."""
    namespace, short = name.split(".")
    source = next(
        pathlib.Path(entry, "ansible_collections", namespace, short)
        for entry in sys.path
        if pathlib.Path(entry, "ansible_collections", namespace, short, "MANIFEST.json").exists()
    )
    copy = place / name
    shutil.copytree(source, copy, ignore=shutil.ignore_patterns("__pycache__"))
    about = json.loads((copy / "MANIFEST.json").read_text())["collection_info"]
    (copy / "galaxy.yml").write_text(yaml.safe_dump({key: value for key, value in about.items() if value}))
    for made in ("MANIFEST.json", "FILES.json"):
        (copy / made).unlink()
    subprocess.run(["ansible-galaxy", "collection", "build", "--output-path", place, copy], check=True, capture_output=True)
    return next(place.glob(f"{namespace}-{short}-*.tar.gz"))


def foreign(output: str) -> list[str]:
    """Return the lines that are not Ansible's own."""
    return [line for line in output.splitlines() if not ANSIBLES_OWN.fullmatch(line)]


def prepare(start: QuickStart, place: pathlib.Path, tarball: pathlib.Path, pins: list[str]) -> None:
    """Install what README says, one after the other, and see that what is missing is asked for before anything else happens."""
    install, pip = commands(block("## Use it", "console"))
    known = install[:3] == ["ansible-galaxy", "collection", "install"] and pip[:2] == ["pip", "install"]
    require(known, "its first two commands install the collection and libraries", str((install, pip)))
    dependencies = [collection(name, place) for name in yaml.safe_load((ROOT / "galaxy.yml").read_text())["dependencies"]]
    start.run(*install[:3], "--offline", "--no-deps", tarball)
    site = ["ansible-playbook", "-i", "inventory.yml", "proftpd.fxp.site"]
    refused = start.run(*site, code=2)  # nothing but ansible-core and this collection
    missing = [name for name in pip[2:] if not importable(start, name)]
    require(all(f"the Python library {name}, which" in refused for name in missing), "a library is not asked for", refused)
    asked = "the collection community.crypto" in refused and "changed=0" in refused
    require(asked, "the collection is not asked for before anything changes", refused)
    start.run(*install[:3], "--offline", "--force", *dependencies, tarball)
    pinned = [next(pin for pin in pins if pin.split("==")[0] == name) for name in pip[2:]]
    start.run(*pip[:2], "--quiet", "--disable-pip-version-check", *pinned)


def importable(start: QuickStart, name: str) -> bool:
    return subprocess.run([start.bin / "python", "-c", f"import {name}"], capture_output=True, check=False).returncode == 0


def write_inventory(start: QuickStart) -> None:
    """README's inventory as it is written; passwords stand where README says, and addresses are those of the lab."""
    there = re.search(r"ftp1: {ansible_host: ([\d.]+)\.11}", (start.state / "inventory.yml").read_text())
    require(there is not None, "the lab is not up", "")
    inventory = block("Say the facts once, in `inventory.yml`", "yaml").replace("198.51.100", there[1] if there else "")
    (start.home / "inventory.yml").write_text(inventory)
    told = re.search(r"`ansible-vault create (group_vars/\w+\.yml)`([^\n]+\n)+", README)
    require(told is not None, "it does not say where the passwords stand", "")
    text, path = (told[0], told[1]) if told else ("", "")
    require(
        {*PASSWORDS} == {*re.findall(r"vault_\w+", text)} == {*re.findall(r"vault_\w+", inventory)},
        "the passwords that are told are not those of the inventory",
        text,
    )
    (start.home / path).parent.mkdir()
    (start.home / path).write_text(yaml.safe_dump(PASSWORDS))


def provision_and_prove(start: QuickStart) -> None:
    """Run README's commands, and the one that provisions a second time; whatever it says is measured."""
    look, *steps = commands(block("Then provision, and prove", "console"))
    require("--check" in look and len(steps) <= MOST_COMMANDS, f"more than {MOST_COMMANDS} commands", str(steps))
    for step in [look, steps[0], *steps]:
        output, playbook = start.run(*step), next(word for word in step if word.startswith("proftpd.fxp."))
        lines = foreign(output)
        require(not re.search(r"WARNING|DEPRECAT", output), "it warns", output)
        if step != look and playbook in MOST_LINES:
            print(f"          {len(lines)} lines beside Ansible's own, at most {MOST_LINES[playbook]}")
            require(len(lines) <= MOST_LINES[playbook], f"more than {MOST_LINES[playbook]} lines", output)
        told = TOLD.get(playbook, "")
        require(re.search(told, "\n".join(lines)) is not None, f"it does not say {told}", output)
        if step == steps[0]:
            second = output
    require(not re.search(r"changed=[1-9]", second), "the second run changes something", second)


def main() -> None:
    tarball, place, state = (pathlib.Path(argument).resolve() for argument in sys.argv[1:4])
    start = QuickStart(place, state)
    subprocess.run([sys.executable, "-m", "venv", place / "environment"], check=True)
    start.run("pip", "install", "--quiet", "--disable-pip-version-check", sys.argv[4])
    write_inventory(start)
    prepare(start, place, tarball, sys.argv[5:])
    provision_and_prove(start)


if __name__ == "__main__":
    main()
