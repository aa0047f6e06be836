# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What clients and peers meet at servers as the role provisions them: TLS, who may do FXP, limits per account."""

from __future__ import annotations

import contextlib
import io
import os
import pathlib
import re
import shutil
import ssl
import subprocess
import tempfile
import time
import typing as t

import pytest

from ansible_collections.proftpd.fxp.tests.integration.languages import speaking
from ansible_collections.proftpd.fxp.tests.integration.provisioned import PASSWORD, Server, said, start
from ansible_collections.proftpd.fxp.tests.unit.plugins.module_utils._proftpd.certificate.openssl_authority import Authority

Fleet = t.Dict[str, Server]
CHECK = {"check_user": "check", "check_password": PASSWORD}
USERS = [
    {"name": "mirror", "password": PASSWORD, "fxp": True},
    {"name": "plain", "password": PASSWORD},
    {"name": "in", "password": PASSWORD, "download": False},
    {"name": "out", "password": PASSWORD, "upload": False},
    {"name": "few", "password": PASSWORD, "max_sessions": 2},
    {"name": "slow", "password": PASSWORD, "max_rate": 200000},
]
STRANGER = "PORT 192,0,2,1,200,10"
TRANSFERS = pathlib.Path(__file__).parents[2] / "docs" / "transfers.md"
PEER = "PORT 127,0,9,2,200,10"


@contextlib.contextmanager
def fleet_of(servers: dict[str, dict[str, t.Any]]) -> t.Iterator[Fleet]:
    # Not pytest's own directory: the accounts have to reach their homes, and that one is open to its owner only.
    directory = pathlib.Path(tempfile.mkdtemp(prefix="fxp-integration-"))
    directory.chmod(0o711)
    fleet = start(directory, Authority(directory, "fleet"), servers)
    try:
        yield fleet
    finally:
        for server in fleet.values():
            server.stop()
        shutil.rmtree(directory)


@pytest.fixture(scope="module")
def fleet() -> t.Iterator[Fleet]:
    with fleet_of({"a": {**CHECK, "users": USERS}, "b": {**CHECK, "users": USERS}}) as found:
        yield found


def test_nothing_goes_in_the_clear(fleet: Fleet) -> None:
    assert said(fleet["a"].plain().login, "mirror", PASSWORD) == "550 SSL/TLS required on the control channel"
    session = fleet["a"].session("mirror")
    assert isinstance(session.sock, ssl.SSLSocket)
    assert session.sock.version() == "TLSv1.2"
    assert said(session.sendcmd, "PROT C").startswith("534 ")
    assert said(session.nlst).startswith("522 ")
    session.prot_p()
    session.storbinary("STOR here", io.BytesIO(b"text"))
    assert session.nlst() == ["here"]


def test_fxp_is_for_accounts_that_say_so(fleet: Fleet) -> None:
    answers = {
        user: [said(fleet["a"].session(user).sendcmd, command)[:3] for command in (PEER, STRANGER)]
        for user in ("check", "mirror", "plain", "in")
    }
    assert answers == {"check": ["200", "500"], "mirror": ["200", "500"], "plain": ["500", "500"], "in": ["500", "500"]}


def test_what_is_not_loaded_is_not_there(fleet: Fleet) -> None:
    session = fleet["a"].session("mirror")
    assert said(session.sendcmd, "SITE CPFR here") == "500 'SITE CPFR' not understood"
    assert "CPFR" not in session.sendcmd("SITE HELP")


def test_limits_of_accounts(fleet: Fleet) -> None:
    (fleet["a"].home("in") / "there").write_bytes(b"text")
    (fleet["a"].home("out") / "there").write_bytes(b"text")
    may = {}
    for user in ("in", "out", "plain"):
        session = fleet["a"].session(user)
        session.prot_p()
        may[user] = [
            said(session.storbinary, "STOR new", io.BytesIO(b"text"))[:3],
            said(session.sendcmd, "MKD directory")[:3],
            said(session.retrbinary, "RETR there", lambda _chunk: None)[:3],
        ]
    assert may == {"in": ["226", "257", "550"], "out": ["550", "550", "226"], "plain": ["226", "257", "550"]}


def test_sessions_of_an_account_are_counted(fleet: Fleet) -> None:
    sessions = [fleet["a"].session("few") for _number in range(2)]
    assert "maximum number of clients (2) for this user" in said(fleet["a"].session, "few")
    fleet["a"].session("plain").quit()
    for session in sessions:
        session.close()


def test_the_rate_of_an_account_is_limited(fleet: Fleet) -> None:
    seconds = {}
    for user in ("plain", "slow"):
        session = fleet["a"].session(user)
        session.prot_p()
        began = time.monotonic()
        session.storbinary("STOR some", io.BytesIO(bytes(600000)))
        seconds[user] = time.monotonic() - began
    assert seconds["slow"] > 1.5
    assert seconds["plain"] < 1.5


@pytest.mark.parametrize(("source", "destination"), [("a", "b"), ("b", "a")])
def test_lftp_sends_a_file_from_server_to_server_and_everybody_checks_certificates(
    fleet: Fleet, tmp_path: pathlib.Path, source: str, destination: str
) -> None:
    payload = os.urandom(1000000)
    (fleet[source].home("mirror") / "from").write_bytes(payload)
    there = [f"ftp://mirror:{PASSWORD}@{fleet[name].address}:{fleet[name].port}" for name in (source, destination)]
    settings = [
        "ssl:verify-certificate yes",
        f"ssl:ca-file {fleet[source].authority.path}",
        "ftp:ssl-force yes",
        "ftp:ssl-protect-data yes",
        "ftp:ssl-protect-fxp yes",
        "ftp:use-fxp yes",
        "ftp:fxp-force yes",
        "net:max-retries 2",
        "net:timeout 10",
    ]
    script = "; ".join([*(f"set {setting}" for setting in settings), f"get -e {there[0]}/from -o {there[1]}/to-{source}"])
    done = subprocess.run(
        ["lftp", "-c", script], capture_output=True, text=True, timeout=60, check=False, env={**os.environ, "HOME": str(tmp_path)}
    )
    assert done.returncode == 0, done.stderr
    assert (fleet[destination].home("mirror") / f"to-{source}").read_bytes() == payload
    # The receiver was the TLS client, and looked at the sender's certificate.
    assert f"Server: CN = {source}" in fleet[destination].log()


def blocks(language: str) -> list[str]:
    """The blocks of that language on the page about transfers."""
    return re.findall(rf"```{language}\n(.*?)```", TRANSFERS.read_text(encoding="utf-8"), re.DOTALL)


def test_lftp_does_what_the_page_says(fleet: Fleet, tmp_path: pathlib.Path) -> None:
    named = {"198.51.100.11": fleet["a"], "198.51.100.12": fleet["b"]}
    settings, commands = blocks("lftp")
    (netrc,) = blocks("text")
    for address, server in named.items():
        netrc = netrc.replace(address, server.address)
        commands = commands.replace(f"@{address}/", f"@{server.address}:{server.port}/")
    (tmp_path / ".netrc").write_text(netrc.replace("…", PASSWORD))
    (tmp_path / ".netrc").chmod(0o600)
    (tmp_path / ".lftprc").write_text(settings.replace("fxp-ca.pem", str(fleet["a"].authority.path)))
    home, there = fleet["a"].home("mirror"), fleet["b"].home("mirror")
    files = {"report.pdf": os.urandom(100000), "archive/2026/one": os.urandom(50000), "archive/two": b"2"}

    def lftp(script: str) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "HOME": str(tmp_path)}
        return subprocess.run(["lftp", "-c", script], capture_output=True, text=True, timeout=120, check=False, env=environment)

    for name, content in files.items():
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_bytes(content)
    done = lftp(commands)
    assert (done.returncode, done.stderr) == (0, "")
    assert {name: (there / name).read_bytes() for name in files} == files
    mirror = commands.splitlines()[1]
    (home / "archive" / "three").write_bytes(b"new")
    told = lftp(mirror.replace("mirror", "mirror --verbose", 1))
    assert told.returncode == 0
    assert [line for line in told.stdout.splitlines() if "Transferring" in line] == ["Transferring file `three'"]
    # The page warns of it.
    (home / "archive" / "empty").write_bytes(b"")
    lftp(f"set net:timeout 2; {mirror}")
    assert not (there / "archive" / "empty").exists()
    shutil.rmtree(home / "archive")
    assert lftp(mirror).returncode != 0


def test_a_new_certificate_is_in_force_at_once(fleet: Fleet, tmp_path: pathlib.Path) -> None:
    server = fleet["b"]
    path = server.place / "fxp-tls.pem"
    old = path.read_text()
    other = Authority(tmp_path, "other")
    before = server.session("plain")
    key, text = other.issue(tmp_path, f"IP:{server.address}")
    try:
        path.write_text(key + text)
        with pytest.raises(ssl.SSLCertVerificationError):
            server.session("plain")
        Server(server.place, server.address, server.port, other).session("plain").quit()
        assert before.sendcmd("NOOP").startswith("200")
    finally:
        path.write_text(old)
    server.session("plain").quit()


def test_logins_alone_are_encrypted_for_partners_without_sscn() -> None:
    with fleet_of({"a": {**CHECK, "tls": "control"}, "b": {**CHECK, "tls": "control"}}) as fleet:
        assert said(fleet["a"].plain().login, "check", PASSWORD) == "550 SSL/TLS required on the control channel"
        source, destination = fleet["a"].session("check"), fleet["b"].session("check")
        # Plain FXP between two encrypted sessions.
        for session in (source, destination):
            session.prot_c()
            session.voidcmd("TYPE I")
        source.storbinary("STOR from", io.BytesIO(b"text" * 1000))
        address = source.sendcmd("PASV").split("(")[1].split(")")[0]
        destination.sendcmd(f"PORT {address}")
        assert destination.sendcmd("STOR to").startswith("150")
        assert source.sendcmd("RETR from").startswith("150")
        assert [session.getresp()[:3] for session in (source, destination)] == ["226", "226"]
        assert (fleet["b"].home("check") / "to").read_bytes() == b"text" * 1000


def test_servers_speak_english_whatever_their_host_speaks(locales: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with speaking("fr_FR", locales):
        # What some installers write beside LANG.
        monkeypatch.setenv("LANGUAGE", "fr_FR:fr")
        with fleet_of({"a": {**CHECK, "tls": "none"}, "b": {**CHECK, "tls": "none"}}) as fleet:
            session = fleet["a"].plain()
            session.login("check", PASSWORD)
            assert said(session.sendcmd, STRANGER) == "500 Illegal PORT command"
            assert said(session.sendcmd, "CWD nothing") == "550 nothing: No such file or directory"
