# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is told of a fleet that cannot be served as planned."""

from __future__ import annotations

import typing as t

from ansible_collections.proftpd.fxp.plugins.plugin_utils import _verdict
from ansible_collections.proftpd.fxp.plugins.plugin_utils._verdict import Authority, Run

HOSTS = ["ftp1", "ftp2", "ftp3", "ftp4"]
RUN = Run(HOSTS, "fxp_servers")


def refusal(code: str = "x", variable: str | None = None, sentence: str = "No.", cure: str = "") -> dict[str, t.Any]:
    return {"code": code, "variable": variable, "value": None, "sentence": sentence, "cure": cure}


def look(*refusals: dict[str, t.Any], not_asked: t.Sequence[str] = ()) -> dict[str, t.Any]:
    return {"refusals": list(refusals), "not_asked": list(not_asked)}


PORT = refusal("control_port_taken", "fxp_control_port", "port 21 is taken by vsftpd.", "Stop it, or choose another one.")
MASKED = refusal("unit_masked", None, "the unit proftpd.service is masked.", "Unmask it.")


def test_nothing_is_told_where_nothing_is_refused() -> None:
    assert _verdict.told({name: look() for name in HOSTS}, Authority(make=True), RUN) == []
    assert _verdict.told({"ftp1": {}, "ftp2": {"unreachable": True}, "ftp3": {"skipped": True}}, Authority(), RUN) == []


def test_everything_is_told_at_once_and_hosts_share_lines() -> None:
    looks = {"ftp1": look(PORT, MASKED), "ftp2": look(), "ftp3": look(PORT), "ftp4": look()}
    assert _verdict.told(looks, Authority(), RUN) == [
        "2 of 4 servers cannot be served as planned. No host was changed.",
        "ftp1, ftp3: fxp_control_port: port 21 is taken by vsftpd. Stop it, or choose another one.",
        "ftp1: the unit proftpd.service is masked. Unmask it.",
        "To do the others now: --limit ftp2,ftp4",
    ]


def test_a_sentence_that_names_its_variable_does_not_name_it_twice() -> None:
    looks = {"ftp1": look(refusal(variable="fxp_tls_certificate", sentence="fxp_tls_certificate ends on 2026-01-01."))}
    assert _verdict.told(looks, Authority(), Run(["ftp1"], "all"))[1] == "ftp1: fxp_tls_certificate ends on 2026-01-01."


def test_of_many_others_those_are_named_that_stay_away() -> None:
    many = [f"ftp{number}" for number in range(1, 100)]
    looks = {name: look(*([PORT] if name == "ftp7" else [])) for name in many}
    assert _verdict.told(looks, Authority(), Run(many, "eu:us"))[-1] == "To do the others now: --limit 'eu:us,!ftp7'"


def test_hosts_that_did_not_answer_are_not_among_the_others() -> None:
    looks: dict[str, t.Any] = {
        "ftp1": look(PORT),
        "ftp2": {"unreachable": True},
        "ftp3": {"failed": True},
        "ftp4": {"skipped": True},
    }
    # The last one is to go, and nothing stands against that. One of a batch to come was not asked yet.
    assert (
        _verdict.told(looks, Authority(), Run([*HOSTS, "ftp5"], "fxp_servers"))[-1] == "To do the others now: --limit ftp4,ftp5"
    )


def test_no_limit_is_offered_that_would_be_refused() -> None:
    looks = {"ftp1": look(PORT), "ftp2": look()}
    run = Run(["ftp1", "ftp2"], "fxp_servers")
    assert "one is made only in a run for all servers" in _verdict.told(looks, Authority(make=True), run)[-1]
    assert _verdict.told({"ftp1": look(PORT)}, Authority(), Run(["ftp1"], "ftp1"))[1:] == [f"ftp1: {_verdict._sentence(PORT)}"]


def test_the_authority_is_one_line_beside_those_of_hosts() -> None:
    authority = Authority(problem="ftp2 trusts another. No host was changed. Bring its file.")
    lines = _verdict.told({"ftp1": look(MASKED), "ftp2": look()}, authority, Run(["ftp1", "ftp2"], "fxp_servers"))
    assert lines == [
        "1 of 2 servers cannot be served as planned. No host was changed.",
        "ftp1: the unit proftpd.service is masked. Unmask it.",
        "ftp2 trusts another. Bring its file.",
    ]
    alone = _verdict.told({"ftp2": look()}, authority, Run(["ftp2"], "fxp_servers"))
    assert alone[0] == "The fleet cannot be served as planned. No host was changed."


def test_packages_that_were_installed_are_told_and_what_went_wrong() -> None:
    run = Run(["ftp1", "ftp2", "ftp3"], "fxp_servers", {"ftp1": "", "ftp2": "E: no\nroom"})
    assert _verdict.told({name: look() for name in run.targeted}, Authority(), run) == [
        "1 of 3 servers cannot be served as planned. "
        "Packages were installed on ftp1 and stay; nothing else was changed on any host.",
        "ftp2: packages could not be installed: E: no room",
        "To do the others now: --limit ftp1,ftp3",
    ]


def test_nothing_that_a_host_says_begins_a_line_or_steers_a_terminal() -> None:
    lines = _verdict.told({"ftp1": look(refusal(sentence="taken by a\nftp2: b\x1b[2J."))}, Authority(), Run(["ftp1"], "ftp1"))
    assert lines[1] == r"ftp1: taken by a ftp2: b\x1b[2J."


def test_what_could_not_be_asked_is_told_of_all_hosts_together() -> None:
    looks = {"ftp1": look(not_asked=["what nft says"]), "ftp2": look(not_asked=["what nft says"]), "ftp3": {}}
    assert _verdict.not_asked(looks) == ["ftp1, ftp2: not asked before packages are installed: what nft says."]
