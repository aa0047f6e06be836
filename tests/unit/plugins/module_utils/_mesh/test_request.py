# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.server import RequestError
from ansible_collections.proftpd.fxp.plugins.module_utils._mesh.request import Plan, mesh_options, parse_mesh

SERVERS = {f"ftp{number}": {"host": f"192.0.2.{number}", "user": "fxp", "password": "horse"} for number in range(1, 6)}


def plan(**options: t.Any) -> Plan:
    given = {"servers": SERVERS, **options}
    checked = ArgumentSpecValidator(mesh_options(given["servers"])).validate(given)
    assert checked.error_messages == []
    return parse_mesh(checked.validated_parameters)


def test_defaults() -> None:
    request, coverage = plan()
    assert sorted(request.servers) == sorted(SERVERS)
    assert (request.payload_size, request.timeout, request.concurrency, request.transcripts) == (65536, 10, 2, "failed")
    assert sum(len(pair) for pair in request.schedule) == 20
    assert (coverage["pairs"], coverage["pairs_asked"], coverage["pairs_of_fleet"], coverage["servers"]) == (20, 20, 20, 5)
    assert coverage["text"] == "all pairs: 20 of 20 ordered pairs of 5 servers, sides listening by turns"


def test_pairs_and_coverage_are_both_held() -> None:
    rows = [{"source": "ftp1", "destination": "ftp2", "expect": "refused"}, {"source": "ftp1", "destination": "ftp3"}]
    request, coverage = plan(pairs=rows, coverage="ring", passive="source")
    legs = [(leg.source, leg.destination, leg.expect) for pair in request.schedule for leg in pair]
    assert legs == [("ftp1", "ftp2", "refused")]
    assert (coverage["pairs"], coverage["pairs_asked"], coverage["pairs_of_fleet"]) == (1, 2, 20)
    assert coverage["text"] == "a ring: 1 of 20 ordered pairs of 5 servers, the source listening"


def test_servers_that_refuse_and_pairs_of_some_only() -> None:
    request, coverage = plan(refusing=["ftp5"], only=["ftp1", "ftp5"])
    wishes = {(leg.source, leg.destination): leg.expect for pair in request.schedule for leg in pair}
    assert len(wishes) == coverage["pairs_asked"] == 14
    assert ("ftp2", "ftp3") not in wishes
    assert (wishes["ftp1", "ftp2"], wishes["ftp2", "ftp5"], wishes["ftp5", "ftp1"]) == ("allowed", "refused", "refused")
    assert list(plan(only=[])[0].schedule) == []


def test_sample_and_share_are_told() -> None:
    _request, coverage = plan(coverage="sample", peers=2, seed="today", shares=2, share=1, passive="both")
    assert (coverage["peers"], coverage["seed"], coverage["share"], coverage["shares"]) == (2, "today", 1, 2)
    assert coverage["text"] == (
        "a sample of 2 peers per server with the seed 'today', share 1 of 2: 4 of 20 ordered pairs of 5 servers, "
        "either side listening in turn"
    )


INNER = {f"ftp{number}": {"host": f"10.0.0.{number}", "port": 21} for number in (1, 2)}


def test_a_host_inside_dials_inner_addresses() -> None:
    request, coverage = plan(faces=[{"servers": INNER, "shares": [0]}])
    inner = {leg.servers for pair in request.schedule for leg in pair if "ftp1 (inside)" in leg.servers}
    assert inner == {("ftp1 (inside)", "ftp2 (inside)"), ("ftp2 (inside)", "ftp1 (inside)")}
    assert request.names == {"ftp1 (inside)": "ftp1", "ftp2 (inside)": "ftp2"}
    spec = request.servers["ftp1 (inside)"]
    assert (spec.host, spec.port, spec.user) == ("10.0.0.1", 21, "fxp")
    assert (coverage["pairs"], coverage["pairs_inside"], coverage["inner_untried"], coverage["outer_untried"]) == (20, 1, 0, 2)
    assert coverage["text"].endswith("sides listening by turns, the outer addresses of 2 of them were not tried")


def test_a_host_outside_tells_what_it_could_not_try() -> None:
    request, coverage = plan(faces=[{"servers": INNER, "shares": []}])
    assert {*request.servers} == {*SERVERS, *request.names}
    assert (coverage["pairs"], coverage["pairs_inside"]) == (20, 0)
    assert coverage["text"].endswith("sides listening by turns, the inner addresses of 2 of them were not tried")


def test_two_hosts_try_both() -> None:
    shared = [plan(faces=[{"servers": INNER, "shares": [1]}], shares=2, share=share)[1] for share in (0, 1)]
    assert [each["pairs_inside"] for each in shared] == [0, 1]
    # One pair is tried in both ways.
    assert sum(each["pairs"] for each in shared) == 22
    assert not any("not tried" in each["text"] for each in shared)


@pytest.mark.parametrize(
    ("servers", "told"),
    [
        ({"ftp9": {"host": "10.0.0.9"}}, "faces[0].servers has 'ftp9', which servers does not have; did you mean"),
        ({"ftp1": {"port": 21}}, "faces[0].servers.ftp1 has no host, but it is a host, and may have a port"),
        ({"ftp1": {"host": "10.0.0.1", "user": "x"}}, "faces[0].servers.ftp1 has user, but it is a host, and may have a port"),
        ({"ftp1": "10.0.0.1"}, "faces[0].servers.ftp1 has 10.0.0.1, but it is a host, and may have a port"),
    ],
)
def test_faces_that_are_none(servers: dict[str, t.Any], told: str) -> None:
    with pytest.raises(RequestError) as caught:
        plan(faces=[{"servers": servers, "shares": []}])
    assert str(caught.value).startswith(told)


def test_a_share_may_be_empty() -> None:
    request, coverage = plan(servers=dict(list(SERVERS.items())[:2]), shares=3, share=2)
    assert (list(request.schedule), coverage["pairs"]) == ([], 0)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"servers": {"ftp1": SERVERS["ftp1"]}}, "servers has 1 entries"),
        ({"servers": {}}, "servers has 0 entries"),
        ({"servers": {**SERVERS, "bad": {**SERVERS["ftp1"], "port": 0}}}, "servers.bad.port is 0"),
        ({"servers": {**SERVERS, "bad": {**SERVERS["ftp1"], "password": "a\nb"}}}, "servers.bad.password contains a line break"),
        ({"timeout": 0}, "timeout is 0"),
        ({"timeout": float("inf")}, "timeout is inf, but every step needs some time and must end"),
        ({"concurrency": 0}, "concurrency is 0"),
        ({"connections": 0}, "connections is 0"),
        (
            {"connections": 5, "servers": {**SERVERS, "few": {**SERVERS["ftp1"], "passive_ports": "50000-50003"}}},
            "connections is 5, but servers.few.passive_ports has 4 ports.*write at most 4",
        ),
        ({"coverage": "sample"}, "peers must say"),
        ({"coverage": "sample", "peers": 0}, "peers must say"),
        ({"peers": 2}, "peers is 2, which only a sample has"),
        ({"share": 2, "shares": 2}, "share is 2 of shares 2"),
        ({"share": -1}, "share is -1 of shares 1"),
        ({"shares": 0}, "share is 0 of shares 0"),
        ({"pairs": [{"source": "ftp1", "destination": "ftp22"}]}, "pairs[0].destination is 'ftp22'.*did you mean 'ftp2'"),
        ({"pairs": [{"source": "other", "destination": "ftp2"}]}, "pairs[0].source is 'other'.*take it out"),
        ({"refusing": ["ftp22"]}, "refusing has 'ftp22'.*did you mean 'ftp2'"),
        ({"only": ["other"]}, "only has 'other'.*take it out"),
        ({"protection": "private"}, "protection is private, but servers.ftp1.tls is none"),
        ({"pairs": [{"source": "ftp1", "destination": "ftp1"}]}, "from 'ftp1' to itself"),
        ({"pairs": [{"source": "ftp1", "destination": "ftp2"}] * 2}, "pairs[1] has 'ftp1' to 'ftp2' once more"),
    ],
)
def test_refusals(options: dict[str, t.Any], sentence: str) -> None:
    with pytest.raises(RequestError) as caught:
        plan(**options)
    said = str(caught.value)
    assert all(part in said for part in sentence.split(".*"))
    assert "\n" not in said
    assert "horse" not in said


def test_legs_at_once_follow_the_fleet_and_what_its_data_costs() -> None:
    def at_once(count: int, tls: str = "none", **options: t.Any) -> int:
        servers = {f"ftp{n}": {**SERVERS["ftp1"], "tls": tls, "validate_certs": False} for n in range(count)}
        return plan(servers=servers, **options)[0].concurrency

    assert [at_once(count) for count in (2, 20, 200)] == [1, 10, 32]
    assert [at_once(count, "explicit") for count in (2, 20, 200)] == [1, 10, 64]
    assert at_once(100, "explicit", protection="clear") == 32
    assert at_once(20, concurrency=3) == 3
    assert [at_once(count, "explicit", connections=4) for count in (2, 10, 20, 40)] == [4, 20, 40, 64]
