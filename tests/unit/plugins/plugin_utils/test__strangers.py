# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What strangers got, by the release that let them in: whose cure changes, and where it is no hole."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.proftpd.fxp.plugins.plugin_utils import _strangers
from ansible_collections.proftpd.fxp.plugins.plugin_utils._report import report
from ansible_collections.proftpd.fxp.tests.unit.plugins.plugin_utils.test_any_inventory import plan_of

Data = t.Dict[str, t.Any]
TOOK: Data = {
    "probe": "passive_by_stranger",
    "stranger": "198.51.100.77",
    "result": "accepted",
    "vulnerable": True,
    "summary": "the stranger 198.51.100.77 received the data on the passive port 61007",
    "remedy": "AllowForeignAddress must name a class.",
}
BOUNCED: Data = {**TOOK, "probe": "port_to_stranger", "summary": "PORT was accepted", "remedy": "Never on."}
SAFE: Data = {**BOUNCED, "result": "refused", "vulnerable": False, "remedy": None}


def result(*findings: Data, tested: bool = True) -> Data:
    return {"vulnerable": any(each["vulnerable"] for each in findings), "tested": tested, "findings": list(findings)}


def plan(**said: t.Any) -> Data:
    servers: dict[str, Data] = {
        name: {"fxp_tls": "none", "fxp_address": f"198.51.100.1{n}", "fxp_check_user": "c", "fxp_check_password": "0123456789ab"}
        for n, name in enumerate(("ftp1", "ftp2"))
    }
    servers["ftp1"].update({f"fxp_{key}": value for key, value in said.items()})
    return plan_of(servers)


def judged(found: Data, release: str | None, **said: t.Any) -> Data:
    answers = {} if release is None else {"ftp1": {"release": release}}
    return dict(_strangers.by_release({"ftp1": found}, plan(**said), answers)["ftp1"])


@pytest.mark.parametrize("release", ["1.3.8", "1.3.7d", "1.3.6", "", None])
def test_where_the_configuration_is_the_cure_nothing_changes(release: str | None) -> None:
    for accepted in (False, True):
        assert judged(result(TOOK, SAFE), release, accept_open_passive=accepted) == result(TOOK, SAFE)


def test_where_no_configuration_helps_another_release_is_the_cure() -> None:
    found = judged(result(SAFE, TOOK), "1.3.7a")
    assert found["vulnerable"] is True
    assert found["findings"][0] == SAFE
    assert found["findings"][1] == {
        **TOOK,
        "remedy": "ProFTPD 1.3.7a, which runs there, does so with every class, and no configuration keeps strangers off. Move "
        "the host to a release of its distribution that has ProFTPD 1.3.8 or later (Debian 12), or say "
        "fxp_foreign_addresses: none, or fxp_accept_open_passive: true if that is meant.",
    }
    state, words = report.strangers(found)
    assert state == report.FAILED
    assert "fxp_foreign_addresses: peers" not in words


def test_what_is_meant_is_told_and_no_hole() -> None:
    found = judged(result(SAFE, TOOK), "1.3.7a", accept_open_passive=True)
    assert found["vulnerable"] is False
    assert report.is_meant(found)
    assert report.strangers(found) == (
        report.UNCERTAIN,
        "are refused but for what is meant: the stranger 198.51.100.77 received the data on the passive port 61007, as "
        "fxp_accept_open_passive says",
    )


def test_nothing_else_is_meant() -> None:
    found = judged(result(BOUNCED, TOOK), "1.3.7a", accept_open_passive=True)
    assert found["vulnerable"] is True
    assert not report.is_meant(found)
    assert report.strangers(found)[1] == "can abuse it: PORT was accepted. Never on."
    assert judged(result(TOOK, tested=False), "1.3.7a", accept_open_passive=True)["vulnerable"] is None


def test_it_is_about_peers_whom_the_plan_may_not_mean() -> None:
    for said in ({"foreign_addresses": "none"}, {"foreign_addresses": "any", "accept_bounce_risk": True}):
        assert judged(result(TOOK), "1.3.7a", accept_open_passive=True, **said) == result(TOOK)


def test_servers_that_did_not_answer_are_as_they_were() -> None:
    for answer in ({"skipped": True}, {"unreachable": True, "msg": "no"}, {"release": None}):
        assert _strangers.by_release({"ftp1": result(TOOK)}, plan(), {"ftp1": answer}) == {"ftp1": result(TOOK)}
    assert _strangers.by_release({"gone": result(TOOK)}, plan(), {"gone": {"release": "1.3.7a"}}) == {"gone": result(TOOK)}


SAFE6 = {**SAFE, "stranger": "2001:db8::77"}
UNTRIED: Data = {"vulnerable": None, "tested": False, "findings": [{**SAFE, "result": "untested"}]}


@pytest.mark.parametrize(
    ("several", "vulnerable", "tested"),
    [
        ([result(SAFE), result(SAFE6)], False, True),
        ([result(SAFE), result(BOUNCED)], True, True),
        ([result(SAFE), UNTRIED], None, False),
        ([result(BOUNCED), UNTRIED], True, False),
        ([{"skipped": True}, result(SAFE6)], False, True),
    ],
)
def test_a_server_with_two_families_is_as_safe_as_the_worse_of_them(
    several: list[Data], vulnerable: bool | None, tested: bool
) -> None:
    found = _strangers.by_release({"ftp1": several}, plan(), {})["ftp1"]
    assert (found["vulnerable"], found["tested"]) == (vulnerable, tested)
    assert [*found["findings"]] == [each for one in several for each in one.get("findings", [])]


def test_who_was_not_asked_is_left_out() -> None:
    assert _strangers.by_release({"ftp1": [], "ftp2": [{"skipped": True}], "ftp3": {"skipped": True}}, plan(), {}) == {}
