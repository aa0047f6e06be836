# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is wrong with a server has to come out as its cause, with the server to look at and a cure."""

from __future__ import annotations

import socket

import pytest

from ansible_collections.proftpd.fxp.plugins.module_utils._transfer import trial
from ansible_collections.proftpd.fxp.tests.integration.checking import Checked, check
from ansible_collections.proftpd.fxp.tests.integration.conftest import DESTINATION, SOURCE, Starter
from ansible_collections.proftpd.fxp.tests.integration.daemons import (
    ALLOW,
    Proftpd,
    free_ports,
    is_free,
    server_options,
    small_disk,
)
from ansible_collections.proftpd.fxp.tests.integration.languages import language, refused, spoken
from ansible_collections.proftpd.fxp.tests.integration.scripted import Sink

Pair = tuple[Proftpd, Proftpd]
REFUSE = "AllowForeignAddress off\n"


def commands(checked: Checked) -> list[str]:
    """The verbs that were sent to either server."""
    return [line.split(" ")[0] for line in checked.lines(direction="sent")]


def test_active_refuses(start: Starter) -> None:
    """The side that gets PORT refuses it; the side that listens does not mind."""
    source, destination = start(SOURCE), start(DESTINATION, REFUSE)
    checked = check(source.options(), destination.options(), passive="source", payload_size=1000)
    assert (checked.causes, checked.servers) == (["active_refuses_foreign_address"], ["destination"])
    leg = checked.legs[0]
    assert leg["certain"]
    assert leg["evidence"]["port_reply"].startswith("500")
    assert leg["evidence"]["own_port_reply"].startswith("200")
    assert SOURCE in leg["remedy"]
    # An older PORT would still be in force: no data command may follow, and nothing is stored.
    assert not any(line.startswith(("STOR", "RETR")) for line in checked.lines(leg=0, direction="sent"))
    assert leg["file"] is None


@pytest.mark.parametrize("size", [0, 10, 100000, 10000000])
@pytest.mark.parametrize("passive", ["source", "destination"])
def test_passive_refuses(start: Starter, passive: str, size: int) -> None:
    """The side that listens rejects the connection, whatever the other side says about an early end."""
    source = start(SOURCE, REFUSE if passive == "source" else ALLOW)
    destination = start(DESTINATION, REFUSE if passive == "destination" else ALLOW)
    checked = check(source.options(), destination.options(), passive=passive, payload_size=size)
    assert (checked.causes, checked.servers) == (["passive_refuses_foreign_address"], [passive])
    # That it is the address is known from ProFTPD's words alone.
    assert checked.legs[0]["certain"] is (language() is None)
    assert spoken("Permission denied") in checked.legs[0]["evidence"]["passive_side"]["final"]
    assert "fxp_egress_addresses" in checked.result["remedy"]


def test_each_leg_has_its_own_cause(start: Starter) -> None:
    """A destination that refuses does so in both of its parts, and the second leg goes over the same control connections."""
    source, destination = start(SOURCE), start(DESTINATION, REFUSE)
    checked = check(source.options(), destination.options(), payload_size=1000)
    assert checked.causes == ["active_refuses_foreign_address", "passive_refuses_foreign_address"]
    assert checked.servers == ["destination", "destination"]
    assert checked.result["cause"] == "active_refuses_foreign_address"
    assert commands(checked).count("USER") == 2


def test_expected_refusal(start: Starter) -> None:
    """Being refused is what was to be proven: the code says by which policy, and nothing has to be cured."""
    source, destination = start(SOURCE), start(DESTINATION, REFUSE)
    checked = check(source.options(), destination.options(), payload_size=1000, expect="refused")
    assert checked.result["ok"]
    assert checked.causes == ["active_refuses_foreign_address", "passive_refuses_foreign_address"]
    assert [leg["remedy"] for leg in checked.legs] == [None, None]


def test_expected_refusal_that_does_not_come(pair: Pair) -> None:
    """A transfer that went through has no cause, but the check fails and says what would refuse it."""
    source, destination = pair
    checked = check(source.options(), destination.options(), payload_size=1000, expect="refused")
    assert not checked.result["ok"]
    assert (checked.causes, checked.servers) == ([None, None], [None, None])
    assert "fxp_foreign_addresses" in checked.result["remedy"]
    assert "was to be refused" in checked.message


def test_expected_refusal_for_another_reason(pair: Pair) -> None:
    """A failure that is no policy does not count as a refusal."""
    source, destination = pair
    checked = check(source.options(), destination.options(password="wrong password!"), expect="refused")
    assert (checked.result["ok"], checked.causes) == (False, ["login_refused", "login_refused"])


def test_expected_refusal_in_one_leg_only(start: Starter) -> None:
    """Every leg has to be refused."""
    source, destination = start(SOURCE), start(DESTINATION, f"<Class p>\n From {SOURCE}\n</Class>\nAllowForeignAddress p\n")
    checked = check(source.options(), destination.options(), passive="source", payload_size=1000, expect="refused")
    assert not checked.result["ok"]


@pytest.mark.parametrize("role", ["source", "destination"])
def test_wrong_password(pair: Pair, role: str) -> None:
    """A refused login, on either server; the wrong password is no more to be seen than the right one."""
    options = {"source": pair[0].options(), "destination": pair[1].options()}
    options[role]["password"] = "a secret that is wrong"
    checked = check(options["source"], options["destination"])
    assert (checked.causes, checked.servers) == (["login_refused"] * 2, [role] * 2)
    assert "530" in checked.message
    assert "a secret that is wrong" not in repr(checked)
    assert "STOR" not in commands(checked)


def test_nothing_listens(pair: Pair) -> None:
    """A closed control port."""
    checked = check(pair[0].options(), server_options(DESTINATION, free_ports(DESTINATION)))
    assert (checked.causes, checked.servers) == (["control_unreachable"] * 2, ["destination"] * 2)
    assert "refused" in checked.message


def test_unknown_name(pair: Pair) -> None:
    """A host name that does not exist (RFC 6761 keeps .invalid free of names)."""
    checked = check(server_options("nowhere.invalid", 21), pair[1].options())
    assert (checked.causes, checked.servers) == (["control_unreachable"] * 2, ["source"] * 2)
    assert "the name nowhere.invalid is unknown" in checked.message


def test_no_common_family(pair: Pair) -> None:
    """An IPv4 and an IPv6 address have no way to one another."""
    checked = check(pair[0].options(), server_options("::1", 21))
    assert checked.causes == ["address_family_mismatch"] * 2
    assert checked.result["transcript"] == []


def test_no_more_instances(start: Starter, pair: Pair) -> None:
    """MaxInstances: the connection is closed before any banner, as by a ban; who did it is certain, and why is not."""
    busy = start("127.0.1.3", ALLOW + "MaxInstances 1\n")
    with socket.create_connection((busy.address, busy.port)) as holder:
        assert holder.recv(100).startswith(b"220")
        checked = check(pair[0].options(), busy.options())
    assert (checked.causes, checked.servers) == (["refused_at_connect"] * 2, ["destination"] * 2)
    assert [(leg["certain"], leg["also_possible"]) for leg in checked.legs] == [(False, [])] * 2


def test_no_more_clients(start: Starter, pair: Pair) -> None:
    """MaxClients: the login is refused, but not for the password."""
    busy = start("127.0.1.3", ALLOW + "MaxClients 1\n")
    with socket.create_connection((busy.address, busy.port)) as holder, holder.makefile("rw", newline="\r\n") as lines:
        lines.readline()
        for command in (f"USER {busy.options()['user']}", f"PASS {busy.options()['password']}"):
            lines.write(command + "\n")
            lines.flush()
            lines.readline()
        checked = check(busy.options(), pair[1].options())
    assert (checked.causes, checked.servers) == (["server_busy"] * 2, ["source"] * 2)


def test_connection_refused_at_another_address(start: Starter) -> None:
    """MasqueradeAddress names an address where nothing listens."""
    source, destination = start(SOURCE, ALLOW + "MasqueradeAddress 127.0.1.9\n"), start(DESTINATION)
    checked = check(source.options(), destination.options(), passive="source", payload_size=1000)
    assert (checked.causes, checked.servers) == ([refused()], ["source"])
    assert "dialled at 127.0.1.1" in checked.message
    assert checked.legs[0]["evidence"]["passive_side"] is None


def test_unexpected_address(start: Starter) -> None:
    """The announced address is compared with the planned one before anything is sent to it."""
    source, destination = start(SOURCE, ALLOW + "MasqueradeAddress 127.0.1.9\n"), start(DESTINATION)
    checked = check(source.options(expected_address=SOURCE), destination.options(), passive="source", payload_size=1000)
    assert (checked.causes, checked.servers) == (["unexpected_address_advertised"], ["source"])
    assert "PORT" not in commands(checked)


def test_unexpected_address_that_works(pair: Pair) -> None:
    """What was planned is not what is announced, even though it would work."""
    checked = check(pair[0].options(), pair[1].options(expected_address="127.0.1.9"), payload_size=1000)
    assert checked.causes == [None, "unexpected_address_advertised"]
    assert not checked.result["ok"]


def test_undiallable_address(start: Starter) -> None:
    """MasqueradeAddress 0.0.0.0 is accepted by ProFTPD and of no use to anybody."""
    source, destination = start(SOURCE, ALLOW + "MasqueradeAddress 0.0.0.0\n"), start(DESTINATION)
    checked = check(source.options(), destination.options(), passive="source", payload_size=1000)
    assert checked.causes == ["unexpected_address_advertised"]


def test_port_out_of_range(pair: Pair) -> None:
    """A port outside of the planned range is behind the firewall, whether or not this one is."""
    checked = check(pair[0].options(passive_ports="1024-1025"), pair[1].options(), passive="source", payload_size=1000)
    assert (checked.causes, checked.servers) == (["passive_port_out_of_range"], ["source"])
    assert "1024-1025" in checked.message


def test_malformed_announcement(start: Starter) -> None:
    """MasqueradeAddress with an IPv6 literal makes ProFTPD announce three numbers."""
    source, destination = start(SOURCE, ALLOW + "MasqueradeAddress 2001:db8::1\n"), start(DESTINATION)
    checked = check(source.options(), destination.options(), passive="source", path="there")
    # The client's own data connections ask for PASV too, so an existing file is taken.
    assert checked.causes == ["file_refused"]
    source.put("there", b"content")
    checked = check(source.options(), destination.options(), passive="source", path="there")
    assert (checked.causes, checked.servers) == (["protocol_error"], ["source"])
    assert "six numbers" in checked.message


def test_missing_file(pair: Pair) -> None:
    """The source has no such file."""
    checked = check(pair[0].options(), pair[1].options(), path="no such file")
    assert (checked.causes, checked.servers) == (["file_refused"] * 2, ["source"] * 2)
    assert spoken("No such file or directory") in checked.message


def test_unreadable_file(pair: Pair) -> None:
    """The source has the file, but the account must not read it."""
    pair[0].put("unreadable", b"content", mode=0)
    checked = check(pair[0].options(), pair[1].options(), path="unreadable")
    assert (checked.causes, checked.servers) == (["file_refused"] * 2, ["source"] * 2)
    assert spoken("Permission denied") in checked.message


@pytest.mark.parametrize("role", ["source", "destination"])
def test_unwritable_directory(pair: Pair, role: str) -> None:
    """The account must not write, be it the payload or the transfer."""
    servers = dict(zip(("source", "destination"), pair))
    (servers[role].home / "locked").mkdir(mode=0o555, exist_ok=True)
    options = {name: server.options() for name, server in servers.items()}
    options[role]["directory"] = "locked"
    checked = check(options["source"], options["destination"], payload_size=1000)
    assert (checked.causes, checked.servers) == (["file_refused"] * 2, [role] * 2)


def test_missing_directory(pair: Pair) -> None:
    """A directory that is not there."""
    checked = check(pair[0].options(), pair[1].options(directory="elsewhere"))
    assert (checked.causes, checked.servers) == (["file_refused"] * 2, ["destination"] * 2)


def test_vantage_is_peer(start: Starter) -> None:
    """The checker's own address is that of the destination, which would accept anything from it."""
    source, destination = start(SOURCE, REFUSE), start("127.0.0.1")
    checked = check(source.options(), destination.options())
    assert checked.causes == ["vantage_is_peer"] * 2
    assert checked.servers == [None, None]
    assert "PASV" not in commands(checked)
    assert "fxp_vantage" in checked.result["remedy"]


@pytest.mark.parametrize("passive", ["source", "destination"])
def test_passive_side_hangs(start: Starter, passive: str) -> None:
    """The data connection reached somebody else: the passive side waits for ever unless the client releases it."""
    first = free_ports("127.0.1.9", 2)
    elsewhere = ALLOW + f"MasqueradeAddress 127.0.1.9\nPassivePorts {first} {first + 1}\n"
    source = start(SOURCE, elsewhere if passive == "source" else ALLOW)
    destination = start(DESTINATION, elsewhere if passive == "destination" else ALLOW)
    with Sink("127.0.1.9", [first, first + 1]):
        checked = check(source.options(), destination.options(), passive=passive, payload_size=100000, timeout=1.0)
    leg = checked.legs[0]
    assert (leg["cause"], leg["server"], leg["certain"]) == ("passive_refuses_foreign_address", passive, False)
    assert leg["evidence"]["released"]
    assert "fxp_masquerade_address" in leg["remedy"]
    assert checked.warnings == []


@pytest.mark.parametrize("verb", ["PORT", "PASV"])
def test_command_limited(start: Starter, verb: str) -> None:
    """<Limit> denies PORT or PASV; each is refused in its own words, before any policy on addresses."""
    destination = start(DESTINATION, f"{ALLOW}<Limit {verb}>\nDenyAll\n</Limit>\n")
    passive = "source" if verb == "PORT" else "destination"
    checked = check(start(SOURCE).options(), destination.options(), passive=passive, payload_size=1000)
    assert (checked.causes, checked.servers) == (["command_limited"], ["destination"])
    assert f"501 {verb}: {spoken('Operation not permitted')}" in checked.message
    assert checked.legs[0]["certain"]


def test_active_mode_disabled(start: Starter) -> None:
    """RootRevoke on a privileged port: active transfers would need the port below it."""
    port = next(port for port in range(800, 1000) if is_free(DESTINATION, port))
    destination = start(DESTINATION, ALLOW + "RootRevoke on\n", port)
    checked = check(start(SOURCE).options(), destination.options(), payload_size=1000)
    assert (checked.causes, checked.servers) == (["active_mode_disabled", None], ["destination", None])
    assert "RootRevoke" in checked.result["remedy"]


@pytest.mark.parametrize("role", ["source", "destination"])
def test_size_is_denied(start: Starter, role: str) -> None:
    """A server need not tell the size of a file: what can be listed and read back is proof enough."""
    denies = f"{ALLOW}<Limit SIZE>\nDenyAll\n</Limit>\n"
    source = start(SOURCE, denies if role == "source" else ALLOW)
    destination = start(DESTINATION, denies if role == "destination" else ALLOW)
    checked = check(source.options(), destination.options(), payload_size=100000)
    assert checked.result["ok"], checked.message
    assert {leg["bytes"] for leg in checked.legs} == {100000}


@pytest.mark.parametrize("role", ["source", "destination"])
def test_no_space(pair: Pair, role: str) -> None:
    """A full disk, for the payload and for the transfer."""
    servers = dict(zip(("source", "destination"), pair))
    options = {name: server.options() for name, server in servers.items()}
    options[role]["directory"] = "full"
    with small_disk(servers[role].home / "full"):
        checked = check(options["source"], options["destination"], payload_size=1000000)
    assert (checked.causes, checked.servers) == (["no_space"] * 2, [role] * 2)
    # It depends on when ProFTPD notices whether it names the disk or any error, which a broken disk would be, too.
    assert checked.legs[0]["certain"] is (spoken("Input/output error") not in checked.message)


def test_overwrite_refused(start: Starter, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that is taken already. The check's own names never are, so chance is helped along."""
    source, destination = start(SOURCE), start(DESTINATION, ALLOW + "AllowOverwrite off\n")
    source.put("there", b"content")
    destination.put("taken", b"old")
    monkeypatch.setattr(trial, "unguessable_name", lambda: "taken")
    checked = check(source.options(), destination.options(), path="there", passive="destination")
    destination.put("taken", b"old")
    # ProFTPD has no German.
    cause = "overwrite_refused" if language() in (None, "de_DE") else "file_refused"
    assert (checked.causes, checked.servers) == ([cause], ["destination"])


@pytest.mark.parametrize("role", ["source", "destination"])
def test_type_is_rewritten(start: Starter, role: str) -> None:
    """mod_rewrite turns TYPE I into TYPE A on one side: two servers that report success, and another file."""
    text = "LoadModule mod_rewrite.c\nRewriteEngine on\nRewriteCondition %m ^TYPE$\nRewriteRule ^I$ A\n"
    source = start(SOURCE, ALLOW + (text if role == "source" else ""))
    destination = start(DESTINATION, ALLOW + (text if role == "destination" else ""))
    source.put("lines", b"line\r\n" * 10000)
    checked = check(source.options(), destination.options(), path="lines")
    assert (checked.causes, checked.servers) == (["type_mismatch"] * 2, [role] * 2), checked.message


def test_many_answers_to_a_changed_file(start: Starter) -> None:
    """The same with the payload of the check itself."""
    text = "LoadModule mod_rewrite.c\nRewriteEngine on\nRewriteCondition %m ^TYPE$\nRewriteRule ^I$ A\n"
    source, destination = start(SOURCE), start(DESTINATION, ALLOW + text)
    checked = check(source.options(), destination.options(), payload_size=100000)
    assert (checked.causes, checked.servers) == (["type_mismatch"] * 2, ["destination"] * 2)
