# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""
The platforms, a row each: every path, package and account that depends on what a host runs stands here and nowhere else.

The row is chosen on the host, so the controller needs no facts of it; what it renders has placeholders for the few words that
differ, which the host fills from its row. A platform more is a row more.
"""

from __future__ import annotations

import dataclasses
import re
import shlex
import typing as t

from ansible_collections.proftpd.fxp.plugins.module_utils._host.errors import HostError

# os-release(5): the second is read where the first is not.
OS_RELEASE = ("/etc/os-release", "/usr/lib/os-release")


def _modules(names: str) -> frozenset[str]:
    return frozenset(f"mod_{name}.c" for name in names.split())


@dataclasses.dataclass(frozen=True)
class Platform:
    """
    What one release of a distribution has where.

    ``name`` is for people; ``id`` and ``version`` are what os-release(5) says, the version of what is still in the making is
    empty. ``needs`` are the packages by what they are for; ``package_query`` prints name, version and state of those that are
    named to it: asking that takes milliseconds, while an installer opens its whole cache first. ``providers_query`` prints name,
    state and what it stands for of every package; ``ftp_servers_provide`` is what all FTP servers stand for, of which a host can
    have one; ``package_remover`` is what people take packages away with, ``package_directories`` are where those come to beside
    /usr. ``packaged`` is the configuration as the package ships it, ``compiled_in`` are the modules of ProFTPD that are part
    of the program. ``ships`` is the release of ProFTPD in the package, as ``proftpd -v`` writes it: it counts while none is
    installed. ``owner`` is the system account that owns what virtual accounts write.
    """

    name: str
    id: str
    version: str
    package_query: tuple[str, ...]
    providers_query: tuple[str, ...]
    ftp_servers_provide: str
    package_remover: str
    package_directories: tuple[str, ...]
    needs: t.Mapping[str, tuple[str, ...]]
    unit: str
    configuration: str
    modules_conf: str
    packaged: str
    environment_file: str
    pid_file: str
    directory: str
    log_directory: str
    user: str
    group: str
    owner: str
    ships: str
    compiled_in: frozenset[str]

    @property
    def password_file(self) -> str:
        """The file with the accounts, which is ours."""
        return f"{self.directory}/fxp.passwd"

    @property
    def certificate(self) -> str:
        """The file with private key and certificate, which is ours."""
        return f"{self.directory}/fxp-tls.pem"

    @property
    def trust(self) -> str:
        """The file with the authorities that the server trusts, which is ours."""
        return f"{self.directory}/fxp-tls-ca.pem"

    @property
    def package(self) -> str:
        """The package that the program is in; its version tells which fixes are there."""
        return self.needs["server"][0]

    def packages(self, needs: t.Iterable[str]) -> list[str]:
        """Return the packages for ``needs``, in their order."""
        return [package for need in needs for package in self.needs[need]]

    def fill(self, text: str, secrets: t.Sequence[str] = ()) -> str:
        """
        Return ``text`` with the words of this platform in the place of its placeholders, such as @group@.

        ``secrets`` stand for @secret_1@, @secret_2@ and so on.
        """
        words = {name: str(getattr(self, name[1:-1])) for name in _PLACEHOLDERS}
        words.update((f"@secret_{number}@", secret) for number, secret in enumerate(secrets, 1))
        return re.sub("|".join(map(re.escape, words)), lambda match: words[match.group()], text)


# In what the controller renders; each is the name of a field.
_PLACEHOLDERS = tuple(
    f"@{name}@" for name in ("user", "group", "modules_conf", "log_directory", "password_file", "certificate", "trust")
)

DEBIAN_12 = Platform(
    name="Debian 12",
    id="debian",
    version="12",
    package_query=("dpkg-query", "--show", "--showformat=${Package} ${Version} ${db:Status-Status}\\n"),
    providers_query=("dpkg-query", "--show", "--showformat=${Package}|${db:Status-Status}|${Provides}\\n"),
    ftp_servers_provide="ftp-server",
    package_remover="apt remove",
    package_directories=("/var/cache/apt", "/var/lib/dpkg"),
    needs={"server": ("proftpd-core",), "tls": ("proftpd-mod-crypto", "openssl")},
    unit="proftpd",
    configuration="/etc/proftpd/proftpd.conf",
    modules_conf="/etc/proftpd/modules.conf",
    packaged="/usr/share/proftpd/templates/proftpd.conf",
    environment_file="/etc/default/proftpd",
    pid_file="/run/proftpd.pid",
    directory="/etc/proftpd",
    log_directory="/var/log/proftpd",
    user="proftpd",
    group="nogroup",
    owner="ftp",
    ships="1.3.8",
    compiled_in=_modules("auth auth_file auth_pam auth_unix cap core ctrls delay dso facts lang log ls rlimit site xfer"),
)
# Debian 13 made these modules of their own.
_WITHOUT_DSO = DEBIAN_12.compiled_in - _modules("delay ls xfer")

PLATFORMS = (
    dataclasses.replace(DEBIAN_12, name="Debian 11", version="11", ships="1.3.7a"),
    DEBIAN_12,
    dataclasses.replace(DEBIAN_12, name="Debian 13", version="13", ships="1.3.8c", compiled_in=_WITHOUT_DSO),
    dataclasses.replace(DEBIAN_12, name="Debian sid", version="", ships="1.3.9e", compiled_in=_WITHOUT_DSO),
    # Measured once, and not part of the tests.
    dataclasses.replace(DEBIAN_12, name="Ubuntu 24.04", id="ubuntu", version="24.04", ships="1.3.8b"),
    dataclasses.replace(DEBIAN_12, name="Ubuntu 26.04", id="ubuntu", version="26.04", ships="1.3.9", compiled_in=_WITHOUT_DSO),
)
# What is taken for granted where nothing is known of a host.
USUAL = DEBIAN_12


def here(paths: t.Sequence[str] = OS_RELEASE) -> Platform:
    """Return the row of this host. Raises HostError with one sentence that names what it is, where it has none."""
    said = _said(paths)
    found = _row(said)
    if found is None:
        known = ", ".join(row.name for row in PLATFORMS[:-1])
        what = said.get("PRETTY_NAME") or " ".join(filter(None, (said.get("ID"), said.get("VERSION_ID"))))
        raise HostError(
            f"This host runs {what or f'what {paths[0]} does not tell'}, which is not supported; supported are {known} and "
            f"{PLATFORMS[-1].name}."
        )
    return found


def nearest(paths: t.Sequence[str] = OS_RELEASE) -> Platform:
    """Return the row of this host, or the one to be taken for want of it: for what only looks, or takes away."""
    return _row(_said(paths)) or USUAL


def _row(said: t.Mapping[str, str]) -> Platform | None:
    names = (said.get("ID"), said.get("VERSION_ID", ""))
    return next((row for row in PLATFORMS if (row.id, row.version) == names), None)


def _said(paths: t.Sequence[str]) -> dict[str, str]:
    """Return what the first of ``paths`` that can be read says: assignments, quoted as in a shell."""
    for path in paths:
        try:
            with open(path, encoding="utf-8", errors="replace") as file:
                lines = file.read().splitlines()
        except OSError:
            continue
        pairs = (line.partition("=") for line in lines if re.match(r"[A-Z][A-Z0-9_]*=", line))
        return {name: _unquoted(value) for name, _separator, value in pairs}
    return {}


def _unquoted(value: str) -> str:
    try:
        return " ".join(shlex.split(value))
    except ValueError:
        return value


__all__ = ("DEBIAN_12", "PLATFORMS", "USUAL", "Platform", "here", "nearest")
