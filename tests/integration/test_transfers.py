# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Transfers that work, between servers that allow them."""

from __future__ import annotations

import os
import subprocess
import sys
import tracemalloc

import pytest

from ansible_collections.proftpd.fxp.tests.integration.checking import check
from ansible_collections.proftpd.fxp.tests.integration.conftest import DESTINATION, SOURCE, Starter
from ansible_collections.proftpd.fxp.tests.integration.daemons import ALLOW, DIGEST, LONG, Proftpd

Pair = tuple[Proftpd, Proftpd]

PEERS = "<Class peers>\n  From {}\n</Class>\nAllowForeignAddress peers\n"


@pytest.mark.parametrize("size", [0, 1, 1048576, 20 * 1048576])
def test_both_passive_roles(pair: Pair, size: int) -> None:
    """Every size arrives whole, with either side listening."""
    source, destination = pair
    checked = check(source.options(), destination.options(), payload_size=size)
    assert checked.result["ok"], checked.message
    assert [leg["passive"] for leg in checked.legs] == ["source", "destination"]
    for leg in checked.legs:
        assert (leg["bytes"], leg["cause"], leg["certain"], leg["also_possible"]) == (size, None, True, [])
        assert leg["verified_by"] == ("HASH SHA-256" if size else "SIZE")
        assert leg["seconds"] > 0
        assert f" {size} " in leg["listing"]["source"]
        assert f" {size} " in leg["listing"]["destination"]
        assert leg["listing"]["destination"].endswith(leg["file"])
    assert checked.warnings == []


@pytest.mark.parametrize("passive", ["source", "destination"])
def test_order_of_commands(pair: Pair, passive: str) -> None:
    """The active side is commanded first, and the passive side only after the active one's 1xx."""
    source, destination = pair
    checked = check(source.options(), destination.options(), passive=passive)
    assert checked.result["ok"], checked.message
    active = "destination" if passive == "source" else "source"
    commands = [
        (entry["server"], entry["direction"], entry["line"].split(" ")[0])
        for entry in checked.result["transcript"]
        if entry["leg"] == 0 and entry["line"].split(" ")[0] in ("PASV", "PORT", "RETR", "STOR", "150")
    ]
    verbs = {"source": "RETR", "destination": "STOR"}
    assert commands[:6] == [
        (passive, "sent", "PASV"),
        (active, "sent", "PORT"),
        (active, "sent", verbs[active]),
        (active, "received", "150"),
        (passive, "sent", verbs[passive]),
        (passive, "received", "150"),
    ]


def test_transcript_names_its_leg(pair: Pair) -> None:
    """Logging in belongs to no leg, and each leg has its own commands."""
    source, destination = pair
    checked = check(source.options(), destination.options())
    assert "PASS ****" in checked.lines(leg=None, direction="sent", server="source")
    assert "PASS ****" in checked.lines(leg=None, direction="sent", server="destination")
    for leg in (0, 1):
        assert [line.split(" ")[0] for line in checked.lines(leg=leg) if line.startswith(("PORT", "STOR"))] == ["PORT", "STOR"]
    assert [line for line in checked.lines(leg=None) if line.startswith("PORT")] == []


def test_existing_file(pair: Pair) -> None:
    """A file of the source is moved under its own name's content, and stays."""
    source, destination = pair
    source.put("some where/what ümlaut.bin", b"content")
    checked = check(source.options(directory="some where"), destination.options(), path="what ümlaut.bin")
    assert checked.result["ok"], checked.message
    assert [leg["bytes"] for leg in checked.legs] == [7, 7]
    assert checked.legs[0]["listing"]["source"].endswith("what ümlaut.bin")
    assert (source.home / "some where/what ümlaut.bin").read_bytes() == b"content"


def test_allowed_class(start: Starter) -> None:
    """Servers that allow one another by class, and nobody else."""
    source = start(SOURCE, PEERS.format(DESTINATION) + DIGEST)
    destination = start(DESTINATION, PEERS.format(SOURCE) + DIGEST)
    checked = check(source.options(), destination.options(), payload_size=100000)
    assert checked.result["ok"], checked.message


def test_expected_announcement(start: Starter) -> None:
    """Address and ports that are as planned."""
    source, destination = start(SOURCE, ALLOW + "PassivePorts 50000 50099\n"), start(DESTINATION)
    announced = {"expected_address": SOURCE, "passive_ports": "50000-50099"}
    checked = check(source.options(**announced), destination.options(expected_address=DESTINATION))
    assert checked.result["ok"], checked.message


@pytest.mark.parametrize("path", [None, "there.bin"])
def test_read_back_without_digests(start: Starter, path: str | None) -> None:
    """Servers that offer no hash are read back, both of them if the file is not ours."""
    source, destination = start(SOURCE, ALLOW), start(DESTINATION, ALLOW)
    source.put("there.bin", b"x" * 3000000)
    checked = check(source.options(), destination.options(), path=path, payload_size=3000000)
    assert checked.result["ok"], checked.message
    assert [leg["verified_by"] for leg in checked.legs] == ["read back"] * 2
    assert checked.legs[0]["evidence"]["digest"] == checked.legs[0]["evidence"]["expected_digest"]


def test_only_the_source_has_digests(start: Starter) -> None:
    """A source without HASH is read back with the algorithm of the destination."""
    source, destination = start(SOURCE, ALLOW), start(DESTINATION)
    source.put("there.bin", b"y" * 100000)
    checked = check(source.options(), destination.options(), path="there.bin")
    assert checked.result["ok"], checked.message
    assert [leg["verified_by"] for leg in checked.legs] == ["HASH SHA-256"] * 2


def test_refused_digest_is_read_back(start: Starter) -> None:
    """A server that offers a hash and then refuses it does not stop the proof."""
    source, destination = start(SOURCE), start(DESTINATION, ALLOW + DIGEST + "DigestMaxSize 1 KB\n")
    checked = check(source.options(), destination.options(), payload_size=100000)
    assert checked.result["ok"], checked.message
    assert [leg["verified_by"] for leg in checked.legs] == ["read back"] * 2


def test_overwriting_is_not_needed(start: Starter) -> None:
    """Every leg has a name of its own."""
    source, destination = start(SOURCE), start(DESTINATION, ALLOW + "AllowOverwrite off\n")
    checked = check(source.options(), destination.options(), payload_size=1000)
    assert checked.result["ok"], checked.message
    assert checked.legs[0]["file"] != checked.legs[1]["file"]


def test_hidden_stores(start: Starter) -> None:
    """A receiver that shows the file only when it is complete cannot tell its size before."""
    source = start(SOURCE, ALLOW + "TransferRate RETR 400\n")
    destination = start(DESTINATION, ALLOW + "HiddenStores on\n")
    checked = check(source.options(), destination.options(), payload_size=600000, timeout=1.0, passive="source")
    assert checked.result["ok"], checked.message


def test_slow_transfer_is_watched(start: Starter) -> None:
    """A transfer may take longer than the timeout as long as bytes arrive, and SIZE tells that they do."""
    source, destination = start(SOURCE, ALLOW + "TransferRate RETR 400\n"), start(DESTINATION)
    checked = check(source.options(), destination.options(), payload_size=1000000, timeout=1.0, passive="destination")
    assert checked.result["ok"], checked.message
    assert checked.legs[0]["seconds"] > 1.5
    target = checked.legs[0]["file"]
    sizes = [line for line in checked.lines(leg=0, server="destination", direction="sent") if line == f"SIZE {target}"]
    assert len(sizes) > 3


def test_transfer_timeout(start: Starter) -> None:
    """A transfer that takes longer than it may is stopped, and both servers are clean afterwards."""
    source, destination = start(SOURCE, ALLOW + "TransferRate RETR 400\n"), start(DESTINATION)
    checked = check(
        source.options(), destination.options(), payload_size=4000000, timeout=2.0, transfer_timeout=1.2, passive="destination"
    )
    assert checked.causes == ["transfer_stalled"]
    assert checked.legs[0]["evidence"]["stopped"] == "limit"
    assert "transfer_timeout" in checked.result["remedy"]
    assert 0 < checked.legs[0]["bytes"] < 4000000


def test_memory_does_not_grow_with_the_payload(start: Starter) -> None:
    """Uploading, transferring and reading back 40 MB needs a few chunks at a time."""
    source, destination = start(SOURCE, ALLOW), start(DESTINATION, ALLOW)
    tracemalloc.start()
    try:
        checked = check(source.options(), destination.options(), payload_size=40000000, passive="source")
        _now, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert checked.result["ok"], checked.message
    assert checked.legs[0]["verified_by"] == "read back"
    assert peak < 4000000


def test_no_false_alarm_under_load(pair: Pair) -> None:
    """Healthy servers pass every time, with every core of this machine busy."""
    source, destination = pair
    busy = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _core in range(os.cpu_count() or 1)]
    try:
        for turn in range(200 if LONG else 20):
            checked = check(source.options(), destination.options(), payload_size=(0, 1, 65537, 1048576)[turn % 4])
            assert checked.result["ok"], (turn, checked.message)
            assert checked.warnings == []
            assert [leg["certain"] for leg in checked.legs] == [True, True]
    finally:
        for process in busy:
            process.kill()
            process.wait(10)
