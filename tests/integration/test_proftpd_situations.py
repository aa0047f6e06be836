# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What goes wrong on real servers while their configuration changes, with a real daemon and a real full disk."""

from __future__ import annotations

import contextlib
import dataclasses
import ftplib
import os
import pathlib
import signal
import socket
import stat
import subprocess
import threading
import time
import typing as t

import pytest

from ansible_collections.proftpd.fxp.plugins.module_utils._host import files as _files
from ansible_collections.proftpd.fxp.plugins.module_utils._host import record, root, sockets
from ansible_collections.proftpd.fxp.plugins.module_utils._host.errors import HostError
from ansible_collections.proftpd.fxp.plugins.module_utils._host.platform import USUAL
from ansible_collections.proftpd.fxp.plugins.module_utils._host.systemd import Systemd
from ansible_collections.proftpd.fxp.plugins.module_utils._look import parts
from ansible_collections.proftpd.fxp.plugins.module_utils._proftpd import accounts
from ansible_collections.proftpd.fxp.plugins.module_utils._proftpd.certificate import files as certificate
from ansible_collections.proftpd.fxp.plugins.module_utils._proftpd.certificate import pair
from ansible_collections.proftpd.fxp.plugins.module_utils._proftpd.service import proof, swap
from ansible_collections.proftpd.fxp.plugins.plugin_utils._sha_crypt import sha512_crypt
from ansible_collections.proftpd.fxp.tests.integration.proftpd_service import Server, server
from ansible_collections.proftpd.fxp.tests.unit.plugins.module_utils._proftpd.certificate.openssl_authority import Authority

__all__ = ["server"]  # the fixture


@contextlib.contextmanager
def speaker(port: int) -> t.Iterator[None]:
    """Another server that greets like an FTP server, on all addresses."""
    with socket.create_server(("", port)) as listener:
        listener.settimeout(0.1)
        ended = threading.Event()

        def speak() -> None:
            while not ended.is_set():
                with contextlib.suppress(OSError):
                    connection = listener.accept()[0]
                    connection.sendall(b"220 another FTP server\r\n")
                    connection.close()

        thread = threading.Thread(target=speak)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()


@contextlib.contextmanager
def full_disk(directory: pathlib.Path) -> t.Iterator[None]:
    """A file system of its own below ``directory``, on which not a byte is free."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(directory)], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(directory)], check=True)


def fill(directory: pathlib.Path) -> None:
    with contextlib.suppress(OSError), (directory / "ballast").open("wb", buffering=0) as file:
        while True:
            file.write(bytes(4096))


@pytest.fixture
def small(server: Server, tmp_path: pathlib.Path) -> t.Iterator[Server]:
    """A server whose configuration lies on a small disk of its own."""
    place = tmp_path / "small"
    place.mkdir()
    with full_disk(place):
        (tmp_path / "proftpd.conf").symlink_to(place / "proftpd.conf")
        yield server


def on_the_small_disk(small: Server) -> swap.Target:
    return dataclasses.replace(small.target, path=str(small.directory / "small" / "proftpd.conf"))


def change(target: swap.Target, content: str) -> swap.Outcome:
    return swap.apply(target, content, take_over=False, check_mode=False)


def test_a_full_disk_changes_nothing(small: Server) -> None:
    target, place = on_the_small_disk(small), small.directory / "small"
    change(target, small.config())
    fill(place)
    with pytest.raises(HostError, match=r"proftpd\.conf is left as it was because .*No space left on device"):
        change(target, small.config("second"))
    assert small.greeting() == "220 first"
    assert sorted(os.listdir(place)) == ["ballast", "proftpd.conf"]
    (place / "ballast").unlink()
    assert change(target, small.config("second")).greeting == "220 second"


def test_the_way_back_needs_no_space(small: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    target, place = on_the_small_disk(small), small.directory / "small"
    change(target, small.config())
    rename = _files.rename

    def rename_and_fill(source: str, destination: str) -> None:
        rename(source, destination)
        fill(place)

    monkeypatch.setattr(_files, "rename", rename_and_fill)
    with pytest.raises(HostError, match=r"The old file is back and the old service runs\.$"):
        change(target, small.deaf())
    assert small.greeting() == "220 first"
    assert sorted(os.listdir(place)) == ["ballast", "proftpd.conf"]


def test_passwords_on_a_full_disk(small: Server) -> None:
    place = small.directory / "small"
    path = str(place / "fxp.passwd")
    accounts.apply(path, [], check_mode=False)
    fill(place)
    account = accounts.Account("a", "$6$salt$" + "x" * 86, 1234, 1235, str(small.directory))
    with pytest.raises(HostError, match=r"No space left on device\. The old one is still in force"):
        accounts.apply(path, [account], check_mode=False)
    assert pathlib.Path(path).read_text() == ""
    assert sorted(os.listdir(place)) == ["ballast", "fxp.passwd"]


def test_a_certificate_on_a_full_disk(small: Server, tmp_path: pathlib.Path) -> None:
    disk, authority = small.directory / "small", Authority(tmp_path, "fleet")
    place = certificate.Place(str(disk / "fxp-tls.pem"), str(disk / "fxp-tls-ca.pem"))
    wanted = pair.Wanted(("198.51.100.11",), None, authority.pem, signed=True)
    request = certificate.apply(place, wanted, None, None, check_mode=False).request
    signed = authority.sign(request or "")
    fill(disk)
    with pytest.raises(OSError, match="No space left on device") as full:
        certificate.apply(place, wanted, signed, None, check_mode=False)
    told = f"{place.path}: No space left on device. Mend that and run this again; what was in force still is."
    assert root.told(full.value) == told
    (disk / "ballast").unlink()
    assert certificate.apply(place, wanted, signed, None, check_mode=False).changed
    # Where there is nothing to do, nothing is written, and a disk that takes no changes is no obstacle.
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
    assert certificate.apply(place, wanted, None, None, check_mode=False).in_place


def test_a_service_that_dies_after_its_reload_is_taken_back(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    server.apply(server.config())
    victim, heard, hear = server.pid(), threading.Event(), proof.hear

    def listen(*asked: t.Any) -> proof.Heard:
        found = hear(*asked)
        heard.set()
        return found

    def kill() -> None:
        assert heard.wait(60)
        while server.greeting() != "220 second":
            time.sleep(0.1)
        os.kill(victim, signal.SIGKILL)

    monkeypatch.setattr(proof, "hear", listen)
    killer = threading.Thread(target=kill)
    killer.start()
    with pytest.raises(HostError, match=r"greeted, but ended within .* s.*The old file is back and the old service"):
        server._replace(settle=10).apply(server.config("second"))
    killer.join()
    assert server.greeting() == "220 first"
    assert server.pid() != victim
    assert server.names() == {"proftpd.conf"}


def test_a_service_that_is_started_anew_behind_our_back_has_not_settled(server: Server) -> None:
    server.apply(server.config())
    restart = threading.Timer(0.5, Systemd().systemctl, ("restart", "proftpd"))
    restart.start()
    with pytest.raises(HostError, match="greeted, but ended"):
        proof.lasting("proftpd", server.port, server.timeout, 10)
    restart.join()


@pytest.mark.parametrize("check_mode", [True, False])
def test_a_port_that_somebody_else_has_is_refused_before_anything_changes(server: Server, check_mode: bool) -> None:
    server.apply(server.config())
    server.calls()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        other = server._replace(port=probe.getsockname()[1])
    with speaker(other.port):
        taken = rf"left as it was because port {other.port} is taken by \S+ \(process {os.getpid()}\); stop it, or give the"
        with pytest.raises(HostError, match=taken):
            other.apply(other.config("second"), check_mode=check_mode)
        with pytest.raises(HostError, match=r"does not listen there, .* does"):
            proof.hear("proftpd", other.port, 0.2)
    assert server.calls() == []
    assert server.greeting() == "220 first"
    assert server.names() == {"proftpd.conf"}
    assert other.apply(other.config("second")).greeting == "220 second"


def test_a_stopped_service_whose_port_somebody_else_has(server: Server) -> None:
    server.apply(server.config())
    Systemd().systemctl("stop", "proftpd")
    with speaker(server.port), pytest.raises(HostError, match=r"does not answer: port .* is taken by"):
        server.apply(server.config())
    assert server.apply(server.config()).greeting == "220 first"


@pytest.mark.parametrize("lost", ["certificate", "authorities"])
@pytest.mark.parametrize("emptied", [False, True])
@pytest.mark.parametrize("stopped", [False, True])
def test_a_server_whose_certificate_somebody_deleted(
    server: Server, tmp_path_factory: pytest.TempPathFactory, lost: str, emptied: bool, stopped: bool
) -> None:
    """The look says nothing against it, because the certificate is made anew first; and then it serves again."""
    authority = Authority(tmp_path_factory.mktemp("authority"), "ours")
    place = certificate.Place(str(server.directory / "fxp-tls.pem"), str(server.directory / "fxp-tls-ca.pem"))
    wanted = pair.Wanted(("127.0.0.1",), None, authority.pem, signed=True)

    def certify() -> None:
        request = certificate.apply(place, wanted, None, None, check_mode=False).request
        if request is not None:
            certificate.apply(place, wanted, authority.sign(request), None, check_mode=False)

    certify()
    content = server.config(
        more=f"LoadModule mod_tls.c\nTLSEngine on\nTLSECCertificateFile {place.path}\nTLSECCertificateKeyFile {place.path}\n"
        f"TLSCACertificateFile {place.trust_path}"
    )
    server.apply(content)
    pid, path = server.pid(), pathlib.Path(place.path if lost == "certificate" else place.trust_path)
    if stopped:
        Systemd().systemctl("stop", "proftpd")
    path.write_text("") if emptied else path.unlink()
    row = dataclasses.replace(USUAL, configuration=server.target.path, directory=str(server.directory))
    wish = parts.Configuration(content, server.port, False, record.plan_digest())
    certified = parts.certified(row, {"addresses": ["127.0.0.1"], "name": None, "trust": authority.pem, **NOTHING_BROUGHT})
    found = parts.configuration(row, wish, True, certified.in_place)
    assert not certified.in_place
    assert not certified.refusals
    assert not found.refusals
    assert found.in_place is not stopped, "what runs needs no restart"
    # So it is with another configuration.
    assert server.apply(content.replace("first", "second"), check_mode=True).validated is True
    with pytest.raises(HostError, match=rf"{path}, which the configuration names, is missing or empty: run the playbook"):
        server.patient().apply(content)
    certify()
    if not stopped:
        assert server.answers()
        assert server.pid() == pid
    assert server.apply(content).greeting == "220 first"


NOTHING_BROUGHT = {"certificate": None, "private_key": None, "renew_before": 30}


def test_who_listens_on_a_port_of_ipv6_only_does_not_answer_here() -> None:
    with socket.create_server(("::1", 0), family=socket.AF_INET6) as listener:
        assert sockets.holder(listener.getsockname()[1]) is None
    with socket.create_server(("::", 0), family=socket.AF_INET6, dualstack_ipv6=True) as listener:
        found = sockets.holder(listener.getsockname()[1])
        assert found is not None
        assert found.holders == ((os.getpid(), pathlib.Path("/proc/self/comm").read_text().strip()),)
    with socket.create_server(("127.0.0.2", 0)) as listener:
        assert sockets.holder(listener.getsockname()[1]) is None


def test_a_configuration_made_by_hand_comes_back_with_its_mode(server: Server) -> None:
    by_hand = server.config("by hand", mark="mine", more="# SQLConnectInfo db user secret")
    server.start(by_hand)
    path = server.directory / "proftpd.conf"
    path.chmod(0o600)
    with pytest.raises(HostError, match="The old file is back and the old service runs"):
        server.patient().apply(server.deaf(), take_over=True)
    assert path.read_text() == by_hand
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert server.greeting() == "220 by hand"


def test_a_run_killed_on_its_way_back_is_made_good(server: Server) -> None:
    server.apply(server.config("second"))
    path = server.directory / "proftpd.conf"
    # What a run leaves that was killed when the old file was back and the service not yet told.
    path.write_text(server.config())
    os.link(path, str(path) + ".fxp-previous")
    outcome = server.apply(server.config())
    assert (outcome.changed, outcome.greeting) == (True, "220 first")
    assert server.names() == {"proftpd.conf"}


def test_a_deaf_service_that_a_killed_run_left_is_not_taken_for_one_that_runs(server: Server) -> None:
    server.apply(server.config())
    path = server.directory / "proftpd.conf"
    os.link(path, str(path) + ".fxp-previous")
    path.unlink()
    path.write_text(server.deaf())
    Systemd().systemctl("reload", "proftpd")
    time.sleep(0.7)  # the main process is there for a while, and listens nowhere
    with pytest.raises(HostError, match=r"The old file is back and the old service runs\.$"):
        server.patient().apply(server.deaf())
    assert server.greeting() == "220 first"
    assert server.names() == {"proftpd.conf"}


def test_a_file_of_ours_that_somebody_broke_is_replaced(server: Server) -> None:
    server.apply(server.config())
    server.write(server.config(more="<Global>"))
    assert server.apply(server.config("second")).greeting == "220 second"


def test_what_a_killed_run_left_beside_goes_with_a_run_that_has_nothing_to_do(server: Server) -> None:
    server.apply(server.config())
    (server.directory / "proftpd.conf.fxp-staged").write_text("half of ano")
    assert not server.apply(server.config()).changed
    assert server.names() == {"proftpd.conf"}


def test_two_runs_at_once_take_turns(server: Server) -> None:
    server.apply(server.config())
    texts = [server.config(f"{number}") for number in range(4)]
    failures: list[BaseException] = []

    def run(text: str) -> None:
        try:
            server.apply(text)
        except BaseException as exc:
            failures.append(exc)

    threads = [threading.Thread(target=run, args=(text,)) for text in texts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert server.text() in texts
    assert server.greeting() == f"220 {texts.index(server.text())}"
    assert server.names() == {"proftpd.conf"}


def test_a_transfer_that_runs_during_a_change_finishes(server: Server, tmp_path: pathlib.Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    payload = os.urandom(2_000_000)
    (home / "big").write_bytes(payload)
    password_hash = sha512_crypt("correct-horse", "saltsaltsaltsalt")
    line = accounts.Account("a", password_hash, 0, 0, str(home)).line()
    (server.directory / "passwd").write_text(line)
    slow = "TransferRate RETR 600\nRootLogin on"
    server.apply(server.config(more=slow))
    received = bytearray()
    with ftplib.FTP() as session:
        session.connect("127.0.0.1", server.port, timeout=20)
        session.login("a", "correct-horse")
        began = time.monotonic()
        session.voidcmd("TYPE I")
        connection = session.transfercmd("RETR big")
        changes = []
        while chunk := connection.recv(65536):
            received += chunk
            if len(changes) < 2 and len(received) > 200_000:
                changes.append(server.apply(server.config(f"change {len(changes)}", more=slow)).greeting)
        connection.close()
        assert session.voidresp().startswith("226")
    assert changes == ["220 change 0", "220 change 1"]
    assert bytes(received) == payload
    assert time.monotonic() - began > 2
