# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import collections
import itertools
import math
import random
import typing as t

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.proftpd.fxp.plugins.module_utils._mesh.schedule import (
    PASSIVES,
    Face,
    Leg,
    both_ways,
    edges,
    lanes,
    legs,
    rounds,
    share,
)

FLEETS = st.sets(st.text(max_size=5), min_size=2, max_size=24)


def whole(names: t.Collection[str], passive: str) -> list[list[Leg]]:
    return legs(rounds(names), passive, both_ways(edges(names, "all")))


def degrees(names: t.Iterable[str], wanted: t.Iterable[frozenset[str]]) -> list[int]:
    count = collections.Counter(name for pair in wanted for name in pair)
    return [count[name] for name in names]


@given(FLEETS)
def test_a_tournament_has_every_pair_once_and_no_server_twice_in_a_round(names: set[str]) -> None:
    tournament = rounds(names)
    pairs = [frozenset(pair) for turn in tournament for pair in turn]
    assert sorted(map(sorted, pairs)) == sorted(map(sorted, itertools.combinations(sorted(names), 2)))
    for turn in tournament:
        assert len({name for pair in turn for name in pair}) == 2 * len(turn)
    # Nobody idles who need not: every round is as large as it can be.
    assert {len(turn) for turn in tournament} == {len(names) // 2}


@given(FLEETS, st.sampled_from(PASSIVES))
def test_every_ordered_pair_is_proven_as_often_as_promised(names: set[str], passive: str) -> None:
    schedule = whole(names, passive)
    times = collections.Counter((leg.source, leg.destination) for pair in schedule for leg in pair)
    assert times == dict.fromkeys(itertools.permutations(names, 2), 2 if passive == "both" else 1)
    assert all(leg.expect == "allowed" for pair in schedule for leg in pair)
    roles = {leg.passive for pair in schedule for leg in pair}
    if passive in ("source", "destination"):
        assert roles == {passive}
    if passive == "both":
        assert len({(leg.source, leg.destination, leg.passive) for pair in schedule for leg in pair}) == 2 * len(times)


@given(FLEETS, st.sampled_from(["alternate", "source", "destination"]))
def test_towards_each_peer_a_server_sends_receives_listens_and_connects_once(names: set[str], passive: str) -> None:
    for pair in whole(names, passive):
        for name in pair[0].servers:
            assert sorted("sends" if leg.source == name else "receives" for leg in pair) == ["receives", "sends"]
            listens = [name == (leg.source if leg.passive == "source" else leg.destination) for leg in pair]
            assert sorted(listens) == [False, True]


@given(FLEETS)
def test_alternation_has_both_kinds_in_equal_parts(names: set[str]) -> None:
    kinds = collections.Counter(leg.passive for pair in whole(names, "alternate") for leg in pair)
    assert abs(kinds["source"] - kinds["destination"]) <= 2


@given(FLEETS, st.randoms(use_true_random=False), st.text(max_size=5))
def test_the_order_of_names_does_not_matter(names: set[str], shuffler: random.Random, seed: str) -> None:
    shuffled = list(names)
    shuffler.shuffle(shuffled)
    assert rounds(shuffled) == rounds(names)
    assert edges(shuffled, "sample", 2, seed) == edges(names, "sample", 2, seed)


@given(FLEETS)
def test_a_ring_has_two_neighbours_per_server_and_one_piece(names: set[str]) -> None:
    wanted = edges(names, "ring")
    assert degrees(names, wanted) == [min(2, len(names) - 1)] * len(names)
    assert len(piece(names, wanted)) == len(names)


@given(FLEETS, st.integers(1, 30), st.text(max_size=5))
def test_a_sample_has_as_many_peers_per_server_as_asked(names: set[str], peers: int, seed: str) -> None:
    wanted = edges(names, "sample", peers, seed)
    assert wanted <= edges(names, "all")
    expected = min(peers, len(names) - 1)
    extra = peers < len(names) - 1 and peers % 2 == 1 and len(names) % 2 == 1
    assert sorted(degrees(names, wanted)) == [expected] * (len(names) - extra) + [expected + 1] * extra
    if peers > 1:
        assert len(piece(names, wanted)) == len(names)


def piece(names: t.Iterable[str], wanted: t.Collection[frozenset[str]]) -> set[str]:
    """Whoever hangs together with the first name."""
    found: set[str] = set()
    new = {min(names)}
    while new:
        found |= new
        new = {name for pair in wanted if pair & found for name in pair} - found
    return found


def test_the_seed_decides_the_sample() -> None:
    names = [f"ftp{number}" for number in range(20)]
    samples = {frozenset(edges(names, "sample", 4, seed)) for seed in ("monday", "tuesday", "monday")}
    assert len(samples) == 2


@given(FLEETS, st.integers(1, 7), st.sampled_from(PASSIVES))
def test_shares_are_a_partition_in_equal_parts(names: set[str], count: int, passive: str) -> None:
    schedule = whole(names, passive)
    shares = [share(schedule, index, count) for index in range(count)]
    assert sorted(map(repr, itertools.chain(*shares))) == sorted(map(repr, schedule))
    sizes = [len(part) for part in shares]
    assert max(sizes) - min(sizes) <= 1


@given(FLEETS, st.integers(1, 4), st.data())
def test_a_pair_with_two_faces_is_proven_once_by_each(names: set[str], count: int, data: st.DataObject) -> None:
    inside = data.draw(st.sets(st.sampled_from(sorted(names)), min_size=2))
    hosts = data.draw(st.frozensets(st.integers(0, count - 1)))
    face = Face({name: f"{name} (inside)" for name in inside}, hosts)
    schedule = whole(names, "both")
    shares = [share(schedule, index, count, [face]) for index in range(count)]
    outer = collections.Counter(frozenset(leg.servers) for part in shares for pair in part for leg in pair[:1])
    for one, two in itertools.combinations(sorted(names), 2):
        both = {one, two} <= inside
        assert outer[frozenset((one, two))] == (not both or len(hosts) < count)
        if both:
            assert outer[frozenset((f"{one} (inside)", f"{two} (inside)"))] == bool(hosts)
    for index, part in enumerate(shares):
        for pair in part:
            assert {*pair[0].servers} <= names or index in hosts
            assert not {*pair[0].servers} <= inside or index not in hosts


@given(FLEETS, st.integers(1, 7), st.sampled_from(PASSIVES))
def test_connections_of_a_server_have_the_same_to_do(names: set[str], count: int, passive: str) -> None:
    schedule = whole(names, passive)
    chosen = lanes(schedule, count)
    assert len(chosen) == len(schedule)
    for name in names:
        pairs = collections.Counter(lane for pair, lane in zip(schedule, chosen) if name in pair[0].servers)
        assert set(pairs) <= set(range(count))
        assert max(pairs.values(), default=0) <= math.ceil((len(names) - 1) / count) + 1


def test_only_what_is_wanted_is_proven_with_what_is_expected() -> None:
    wanted = {("a", "b"): "refused", ("c", "a"): "allowed"}
    schedule = legs(rounds("abc"), "both", wanted)
    found = {(leg.source, leg.destination, leg.passive): leg.expect for pair in schedule for leg in pair}
    assert found == {(*pair, role): expect for pair, expect in wanted.items() for role in ("source", "destination")}


def test_where_a_firewall_would_speak_for_a_server_its_refusal_is_proven_the_other_way_round() -> None:
    pairs = {("a", "b"): "refused", ("b", "a"): "refused", ("b", "c"): "allowed"}
    schedule = legs(rounds("abc"), "both", pairs, lambda name, to: name != "a")
    proven = {(leg.source, leg.destination, leg.ends[leg.passive]) for pair in schedule for leg in pair}
    assert proven == {("a", "b", "b"), ("b", "a", "b"), ("b", "c", "b"), ("b", "c", "c")}
    assert sum(map(len, schedule)) == len(proven)
