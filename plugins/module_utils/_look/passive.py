# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!


"""
Whether the release of ProFTPD that is to read a configuration lets anybody take passive data connections, whatever that says.

What is installed counts. Where nothing is, the row of the platform says what its package has.
"""

from __future__ import annotations

import typing as t

from ansible_collections.proftpd.fxp.plugins.module_utils._host.platform import PLATFORMS, Platform
from ansible_collections.proftpd.fxp.plugins.module_utils._look.refusal import Refusal
from ansible_collections.proftpd.fxp.plugins.module_utils._proftpd.language import policy, releases
from ansible_collections.proftpd.fxp.plugins.module_utils._proftpd.service import daemon

ACCEPTED = "fxp_accept_open_passive"
# The code by which lints tell it.
PASSIVE_OPEN_RELEASE = "passive_open_release"


class Opens(t.NamedTuple):
    """What refuses, and the sentences in which lints would warn of the same."""

    refusals: tuple[Refusal, ...] = ()
    sentences: tuple[str, ...] = ()


def opens(row: Platform, content: str) -> Opens:
    """Ask which release there is, or is to be, and refuse the configuration ``content`` if that takes anybody for a peer."""
    program = daemon.program()
    said = daemon.version(program) if program else row.ships
    return judged(row, content, releases.parse(said), is_installed=program is not None)


def judged(row: Platform, content: str, release: releases.Release | None, *, is_installed: bool) -> Opens:
    """Refuse ``content`` if it opens passive data connections to peers and ``release`` takes anybody for one. Pure."""
    if not _fails_open(release):
        return Opens()
    # Python reads its code anew in each run, and hardly any host has such a release.
    from ansible_collections.proftpd.fxp.plugins.module_utils._proftpd.lints import findings

    around = policy.Surroundings(release=release, compiled_in=row.compiled_in)
    found = [each for each in findings.findings(content, around) if each.code == PASSIVE_OPEN_RELEASE]
    if release is None or not found:
        return Opens()
    better, here = _better(row), "is installed here" if is_installed else f"{row.name} ships"
    refusal = Refusal(
        PASSIVE_OPEN_RELEASE,
        ACCEPTED,
        False,
        f"ProFTPD {releases.written(release)}, which {here}, lets anybody take the passive data connections of accounts that may "
        "do FXP (fxp: true in fxp_users, and fxp_check_user), and no configuration keeps strangers off.",
        f"{f'Move the host to {better} or later' if better else 'Install ProFTPD 1.3.7d, 1.3.8 or later'}; or say "
        f"fxp_foreign_addresses: none, if it is to do no FXP; or say {ACCEPTED}: true for it, and sessions of these accounts "
        "stand open to every address that the firewall lets to the passive ports: fxp_clients (any is everybody) and the peers.",
    )
    return Opens((refusal,), tuple(each.sentence for each in found))


def _better(row: Platform) -> str | None:
    """The first later release of the same distribution whose ProFTPD tells peers from others."""
    later = PLATFORMS[PLATFORMS.index(row) + 1 :] if row in PLATFORMS else ()
    return next((each.name for each in later if each.id == row.id and not _fails_open(releases.parse(each.ships))), None)


def _fails_open(release: releases.Release | None) -> bool:
    return release is not None and releases.among(release, releases.CLASS_FAILS_OPEN)


__all__ = ("ACCEPTED", "Opens", "judged", "opens")
