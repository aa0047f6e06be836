# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""
What is known to be wrong with releases of ProFTPD and matters to a server that does FXP: a table, judged by advisories.py.

Sources are ProFTPD's NEWS of every branch, its issues and source, and the changelogs of the packages of Debian and Ubuntu, which
mend a release without changing its number.
"""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.proftpd.fxp.plugins.module_utils._proftpd.language import releases
from ansible_collections.proftpd.fxp.plugins.module_utils._proftpd.language.releases import Span
from ansible_collections.proftpd.fxp.plugins.module_utils._proftpd.lints.finding import FAULT, HOLE, NOTE


@dataclasses.dataclass(frozen=True)
class Distribution:
    """
    A distribution's package: the version ``base`` that it was released with, and how an update's number follows it.

    ``read`` is the last update whose changelog was read, and said nothing that cannot be told here: what it does not name is not
    mended.
    """

    base: str
    update: str
    read: int = -1


DISTRIBUTIONS = {
    "deb11": Distribution("1.3.7a+dfsg-12", "+deb11u", 5),
    "deb12": Distribution("1.3.8+dfsg-4", "+deb12u", 5),
    # Updates 3 and 5 name CVEs of which nothing more is known here.
    "deb13": Distribution("1.3.8.c+dfsg-4", "+deb13u"),
    "ubuntu24.04": Distribution("1.3.8.b+dfsg-1", "ubuntu0."),
}


@dataclasses.dataclass(frozen=True)
class Needs:
    """
    What must be there for a row to apply, told as ``told``. All that is said must hold.

    ``module`` is compiled in or loaded; ``directive`` is said somewhere; ``flag`` has a directive, its value and what it is where
    it is not said, for some FTP server, or of the whole daemon with ``daemon``. ``foreign`` is what AllowForeignAddress says for
    some session: UNSAID or a class.
    """

    told: str = ""
    module: str = ""
    directive: str = ""
    flag: tuple[str, bool, bool] | None = None
    daemon: bool = False
    foreign: str = ""


UNSAID, CLASS = "unsaid", "class"


@dataclasses.dataclass(frozen=True)
class Row:
    """
    One thing that is wrong with ``affected`` releases, and how bad that is where something can be done about it.

    ``instead`` cures it by configuration. ``packages`` is the first update of a distribution's package that mends it, 0 for the
    one that it was released with. ``fixed`` is the release that mends it, where that is not the one that ends the span.
    ``in_findings``: lints tell it.
    """

    id: str
    severity: str
    what: str
    affected: tuple[Span, ...]
    source: str
    needs: Needs = Needs()
    instead: str = ""
    packages: t.Mapping[str, int] = dataclasses.field(default_factory=dict)
    fixed: str = ""
    in_findings: bool = False


def _since(*pairs: tuple[str, str]) -> tuple[Span, ...]:
    return tuple(Span(*pair) for pair in pairs)


_FIRST = "0.0.0"
# Mended in both branches that are kept up.
_TO_1_3_9A = _since((_FIRST, "1.3.9a"))
_TO_1_3_9B = _since((_FIRST, "1.3.9b"), ("1.3.10rc1", "1.3.10rc2"))
_TO_1_3_9C = _since((_FIRST, "1.3.9c"), ("1.3.10rc1", "1.3.10rc3"))
_TO_1_3_9E = _since((_FIRST, "1.3.9e"), ("1.3.10rc1", "1.3.10rc5"))
_COPY = Needs("mod_copy", "mod_copy.c", flag=("CopyEngine", True, True))
_NAMED = Needs("a server whose AllowForeignAddress names a class", foreign=CLASS)

ROWS: tuple[Row, ...] = (
    Row(
        "issue-2272",
        HOLE,
        "anybody may take a passive data connection where AllowForeignAddress is not said or names a class that is not defined",
        releases.ABSENT_FAILS_OPEN,
        "ProFTPD issue 2272",
        Needs("a server whose AllowForeignAddress is not said or names no class that is defined", foreign=UNSAID),
        "say AllowForeignAddress off, or the name of a class that is defined, in every server",
        fixed="1.3.9d",
        in_findings=True,
    ),
    Row(
        "issue-1346",
        HOLE,
        "AllowForeignAddress with the name of a class lets anybody take a passive data connection",
        releases.CLASS_FAILS_OPEN,
        "ProFTPD issue 1346",
        _NAMED,
        "say AllowForeignAddress off",
        in_findings=True,
    ),
    Row(
        "class-unsupported",
        FAULT,
        "AllowForeignAddress takes no name of a class, so the daemon does not start",
        _since((_FIRST, releases.CLASS_SINCE)),
        "ProFTPD NEWS 1.3.7rc1",
        _NAMED,
        "say AllowForeignAddress off",
        fixed="1.3.7d",
    ),
    Row(
        "issue-1171",
        FAULT,
        "two sessions may get the same passive port at the same time, and the file of one goes to the other",
        # SO_REUSEPORT on what listens for data connections (src/inet.c).
        _since(("1.3.7rc1", "1.3.7b")),
        "ProFTPD issue 1171, Debian bug 1090813",
        packages={"deb11": 5},
    ),
    Row(
        "sscn-unusable",
        FAULT,
        "SSCN fails, so no file flows between two servers over encrypted data connections",
        _since((_FIRST, "1.3.6a")),
        "ProFTPD issue 618",
        Needs("mod_tls", "mod_tls.c"),
    ),
    Row(
        "CVE-2015-3306",
        HOLE,
        "mod_copy lets anybody copy files without a login",
        _since((_FIRST, "1.3.5a")),
        "CVE-2015-3306, ProFTPD bug 4169",
        _COPY,
        "do not load mod_copy",
    ),
    Row(
        "CVE-2019-12815",
        HOLE,
        "mod_copy copies files whatever Limit says",
        _since((_FIRST, "1.3.6a")),
        "CVE-2019-12815, ProFTPD bug 4372",
        _COPY,
        "do not load mod_copy, or say CopyEngine off",
    ),
    Row(
        "issue-2095",
        NOTE,
        "SITE COPY reads files that <Limit READ> denies",
        _since((_FIRST, "1.3.10rc2")),
        "ProFTPD issue 2095",
        _COPY,
        "do not load mod_copy, or say CopyEngine off",
    ),
    Row(
        "CVE-2017-7418",
        FAULT,
        "AllowChrootSymlinks off is got round by a symbolic link further up in the path",
        _since((_FIRST, "1.3.5e"), ("1.3.6rc1", "1.3.6")),
        "CVE-2017-7418, ProFTPD bug 4295",
        Needs("AllowChrootSymlinks off", flag=("AllowChrootSymlinks", False, True)),
    ),
    Row(
        "CVE-2019-18217",
        FAULT,
        "an overlong command makes the server spin for ever, without a login",
        _since((_FIRST, "1.3.6b"), ("1.3.7rc1", "1.3.7rc2")),
        "CVE-2019-18217, ProFTPD issue 846",
    ),
    Row(
        "CVE-2020-9272",
        FAULT,
        "mod_cap reads beyond its memory",
        _since((_FIRST, "1.3.6c"), ("1.3.7rc1", "1.3.7rc3")),
        "CVE-2020-9272, ProFTPD issue 902",
        Needs("mod_cap", "mod_cap.c"),
    ),
    Row(
        "CVE-2020-9273",
        HOLE,
        "a data transfer that is interrupted lets a user run code in the server",
        _since((_FIRST, "1.3.6c"), ("1.3.7rc1", "1.3.7rc3")),
        "CVE-2020-9273, ProFTPD issue 903",
    ),
    Row(
        "CVE-2023-48795",
        NOTE,
        "mod_sftp lets somebody in between drop the first packets (Terrapin); FTP itself is not concerned",
        _since((_FIRST, "1.3.8b"), ("1.3.9rc1", "1.3.9rc2")),
        "CVE-2023-48795, ProFTPD issue 1760",
        Needs("mod_sftp", "mod_sftp.c"),
        packages={"deb11": 3, "deb12": 3},
    ),
    Row(
        "CVE-2023-51713",
        FAULT,
        "a command with quotes and backslashes makes a session read beyond its memory and end",
        _since((_FIRST, "1.3.8a")),
        "CVE-2023-51713, ProFTPD issue 1683",
        packages={"deb11": 3, "deb12": 3},
    ),
    Row(
        "CVE-2024-48651",
        FAULT,
        "accounts without supplemental groups get the group root",
        _since((_FIRST, "1.3.8c"), ("1.3.9rc1", "1.3.9rc3")),
        "CVE-2024-48651, ProFTPD issue 1830",
        packages={"deb11": 3, "deb12": 4, "ubuntu24.04": 1},
    ),
    Row(
        "CVE-2024-57392",
        FAULT,
        "a crafted message makes a session write beyond its memory and end",
        # NEWS does not name it; the commits for the issue are in the tags 1.3.8d and 1.3.9.
        _since((_FIRST, "1.3.8d"), ("1.3.9rc1", "1.3.9")),
        "CVE-2024-57392, ProFTPD issue 1866",
        packages={"deb11": 5, "deb12": 5, "deb13": 0},
    ),
    Row(
        "CVE-2026-42167",
        HOLE,
        "mod_sql lets a user name carry SQL of its own",
        _TO_1_3_9A,
        "CVE-2026-42167, ProFTPD issue 2052",
        Needs("mod_sql", "mod_sql.c"),
        packages={"deb12": 5, "deb13": 2},
    ),
    Row(
        "CVE-2026-44331",
        HOLE,
        "mod_wrap2_sql lets the name of a client's address carry SQL of its own",
        _TO_1_3_9B,
        "CVE-2026-44331, ProFTPD issue 2057",
        Needs("mod_wrap2_sql with UseReverseDNS", "mod_wrap2_sql.c", flag=("UseReverseDNS", True, True), daemon=True),
        "say UseReverseDNS off",
        {"deb13": 3},
    ),
    Row(
        "CVE-2026-63090",
        FAULT,
        "mod_sftp lets a user who has logged in write beyond the memory of the session; FTP itself is not concerned",
        _TO_1_3_9C,
        "CVE-2026-63090, ProFTPD issue 2190",
        Needs("mod_sftp", "mod_sftp.c"),
        "do not load mod_sftp",
        {"deb13": 3},
    ),
    Row(
        "CVE-2026-63091",
        FAULT,
        "mod_sftp reads beyond its memory when a client sends a file by SCP; FTP itself is not concerned",
        _TO_1_3_9C,
        "CVE-2026-63091, changelog of Debian's 1.3.9c~dfsg-1",
        Needs("mod_sftp", "mod_sftp.c"),
        "do not load mod_sftp",
        {"deb13": 3},
    ),
    Row(
        "issue-2056",
        FAULT,
        "a session that takes up a TLS session again may spin for ever and take all memory, with OpenSSL 3.2 or later",
        _TO_1_3_9B,
        "ProFTPD issues 1963 and 2056, Debian bug 1151962",
        Needs("mod_tls", "mod_tls.c"),
        # Those that have an older OpenSSL never had it.
        packages={"deb11": 0, "deb12": 0, "deb13": 4, "ubuntu24.04": 0},
    ),
    Row(
        "issue-2146",
        FAULT,
        "MLSD and MLST of very long paths make a session write beyond its memory",
        _TO_1_3_9C,
        "ProFTPD issue 2146",
        Needs("mod_facts", "mod_facts.c"),
    ),
    Row(
        "issue-2158",
        NOTE,
        "MaxTransfersPerUser is not enforced",
        _TO_1_3_9C,
        "ProFTPD issue 2158",
        Needs("MaxTransfersPerUser", directive="MaxTransfersPerUser"),
    ),
    Row(
        "issue-2210",
        FAULT,
        "the controls socket lets more local users in than it says",
        _TO_1_3_9C,
        "ProFTPD issue 2210",
        Needs("ControlsEngine on", "mod_ctrls.c", flag=("ControlsEngine", True, True), daemon=True),
        "say ControlsEngine off",
    ),
    Row("issue-2286", NOTE, "RANG and REST take negative offsets", _TO_1_3_9E, "ProFTPD issue 2286"),
)
