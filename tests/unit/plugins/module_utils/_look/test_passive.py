# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Releases on which a class is no class: what is refused there, and that nothing is refused elsewhere."""

from __future__ import annotations

import dataclasses

import pytest

from ansible_collections.proftpd.fxp.plugins.module_utils._host import platform
from ansible_collections.proftpd.fxp.plugins.module_utils._look import parts, passive
from ansible_collections.proftpd.fxp.plugins.module_utils._proftpd.language import releases
from ansible_collections.proftpd.fxp.plugins.module_utils._proftpd.service import daemon

ROWS = {row.name: row for row in platform.PLATFORMS}
DEBIAN_11 = ROWS["Debian 11"]
CLASS = "<Class fxp_peers>\nFrom 198.51.100.12\n</Class>\n"
OFF = "PassivePorts 61000 61049\nMaxInstances 50\nAllowForeignAddress off\n"
MAY = "<IfUser {}>\nAllowForeignAddress fxp_peers\n</IfUser>\n"
PEERS = CLASS + OFF + MAY.format("mirror") + MAY.format("check")


@pytest.mark.parametrize(
    ("text", "release", "refused"),
    [
        (PEERS, "1.3.7a", True),
        (PEERS, "1.3.7c", True),
        (PEERS, "1.3.8rc2", True),
        (PEERS, "1.3.7d", False),
        (PEERS, "1.3.8", False),
        (PEERS, "1.3.9e", False),
        # No account may do FXP, or everybody is let in on purpose.
        (CLASS + OFF, "1.3.7a", False),
        (OFF.replace("off", "on"), "1.3.7a", False),
        # What does not nest is told elsewhere.
        (f"{PEERS}</IfUser>\n", "1.3.7a", False),
    ],
)
def test_what_is_refused(text: str, release: str, refused: bool) -> None:
    found = passive.judged(DEBIAN_11, text, releases.parse(release), is_installed=True)
    assert [each.code for each in found.refusals] == (["passive_open_release"] if refused else [])


def test_the_true_reason_and_every_way_out() -> None:
    (refusal,) = passive.judged(DEBIAN_11, PEERS, releases.parse("1.3.7a"), is_installed=False).refusals
    assert (refusal.variable, refusal.value) == ("fxp_accept_open_passive", False)
    assert refusal.sentence == (
        "ProFTPD 1.3.7a, which Debian 11 ships, lets anybody take the passive data connections of accounts that may do FXP "
        "(fxp: true in fxp_users, and fxp_check_user), and no configuration keeps strangers off."
    )
    assert refusal.cure == (
        "Move the host to Debian 12 or later; or say fxp_foreign_addresses: none, if it is to do no FXP; or say "
        "fxp_accept_open_passive: true for it, and sessions of these accounts stand open to every address that the firewall lets "
        "to the passive ports: fxp_clients (any is everybody) and the peers."
    )
    own = passive.judged(ROWS["Debian 13"], PEERS, releases.parse("1.3.7c"), is_installed=True).refusals[0]
    assert "ProFTPD 1.3.7c, which is installed here, lets" in own.sentence
    assert own.cure.startswith("Move the host to Debian sid or later; or ")
    last = passive.judged(ROWS["Ubuntu 26.04"], PEERS, releases.parse("1.3.7c"), is_installed=True).refusals[0]
    assert last.cure.startswith("Install ProFTPD 1.3.7d, 1.3.8 or later; or ")


def test_nothing_is_known_of_a_program_that_does_not_say() -> None:
    assert passive.judged(DEBIAN_11, PEERS, None, is_installed=True) == passive.Opens()


@pytest.mark.parametrize(
    ("installed", "refused"),
    [
        (None, ["Debian 11"]),
        # What is installed counts, whatever its distribution ships.
        ("ProFTPD Version 1.3.7c", list(ROWS)),
        ("ProFTPD Version 1.3.8d", []),
        ("", []),
    ],
)
def test_what_is_installed_counts_before_what_is_shipped(
    monkeypatch: pytest.MonkeyPatch, installed: str | None, refused: list[str]
) -> None:
    monkeypatch.setattr(daemon, "program", lambda: None if installed is None else "/usr/sbin/proftpd")
    monkeypatch.setattr(daemon, "version", lambda program: installed)
    assert [name for name, row in ROWS.items() if passive.opens(row, PEERS).refusals] == refused


@pytest.mark.parametrize("accepted", [False, True])
def test_it_is_told_once_beside_whatever_else_is_wrong(monkeypatch: pytest.MonkeyPatch, accepted: bool) -> None:
    warned = tuple(
        f"The new configuration, line 7 (main): {sentence}; cure."
        for sentence in passive.judged(DEBIAN_11, PEERS, releases.parse("1.3.7a"), is_installed=False).sentences
    )
    found = parts.Part(refusals=(parts.Refusal("configuration", None, None, "another."),), warnings=(*warned, "another"))
    monkeypatch.setattr(parts, "_configuration", lambda *asked: found)
    monkeypatch.setattr(daemon, "program", lambda: None)
    told = parts.configuration(DEBIAN_11, parts.Configuration(PEERS, 21, False, None, accepted), port_is_free=True)
    if accepted:
        assert told == found
    else:
        assert [each.code for each in told.refusals] == ["passive_open_release", "configuration"]
        assert told == dataclasses.replace(found, refusals=told.refusals, warnings=("another",))
