# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an audit says of a configuration is what the real server does with it, when it connects and when it listens."""

from __future__ import annotations

import ftplib
import os
import pathlib
import shutil
import socket
import subprocess
import time
import typing as t

import pytest

from ansible_collections.proftpd.fxp.plugins.module_utils._look import look
from ansible_collections.proftpd.fxp.plugins.module_utils._proftpd.service import running
from ansible_collections.proftpd.fxp.plugins.plugin_utils._audit import audit as _audit
from ansible_collections.proftpd.fxp.plugins.plugin_utils._audit import findings as _audit_findings
from ansible_collections.proftpd.fxp.plugins.plugin_utils._audit import rows as _audit_rows
from ansible_collections.proftpd.fxp.tests.integration.conftest import Starter
from ansible_collections.proftpd.fxp.tests.integration.daemons import PASSWORD, PASSWORD_HASH, USER, Proftpd, free_ports

SERVER, OTHER = "127.0.1.1", "127.0.1.5"
PEER, STRANGER = "127.0.0.12", "127.0.0.66"
CLASS = f"<Class peers>\nFrom {PEER}\n</Class>\n"
PEERS = "AllowForeignAddress peers\n"
OFF = "AllowForeignAddress off\n"
SESSIONS = "LoadModule mod_ifsession.c\n"
ANONYMOUS = f"<Anonymous ~{USER}>\nUser {USER}\nGroup nogroup\nUserAlias anonymous {USER}\n{{}}</Anonymous>\n"
WHO = {"refused": (False, False), "class": (True, False), "anybody": (True, True)}

Answers = t.Tuple[bool, bool]


def settings(server: Proftpd, pick: t.Callable[[t.Any], t.Any]) -> dict[str, t.Any]:
    """What is told of AllowForeignAddress in the context that ``pick`` finds among the servers."""
    known = look.look(str(server.root / "proftpd.conf"), "no-such-unit", rules=False)
    assert known["valid"] is True, known["problem"]
    return t.cast("dict[str, t.Any]", pick(known["servers"])["allow_foreign_address"])


def answer(client: ftplib.FTP, command: str | None = None) -> str:
    """The next reply, to a command if there is one."""
    if command is not None:
        client.putcmd(command)
    return client.getmultiline()


def port(client: ftplib.FTP, address: str) -> bool:
    """Whether the server takes the address in PORT. No connection is made for that."""
    said = answer(client, f"PORT {address.replace('.', ',')},195,80")
    assert said[:3] == "200" or said == "500 Illegal PORT command"
    return said[:3] == "200"


def passive(client: ftplib.FTP, address: str) -> bool:
    """Whether the server sends a listing to a connection that comes from the address."""
    host, number = client.makepasv()
    client.putcmd("LIST")
    with socket.create_connection((host, number), timeout=10, source_address=(address, 0)) as connection:
        said = answer(client)
        assert said[:3] == "150" or said == "425 Unable to build data connection: Permission denied"
        if said[:3] != "150":
            return False
        while connection.recv(4096):
            pass
    # The server waits for the other end to close (TimeoutLinger) before it says 226.
    client.voidresp()
    return True


def answers(address: str, number: int, user: str) -> tuple[Answers, Answers]:
    """Whether a peer and a stranger are taken, by PORT and on the passive port."""
    with ftplib.FTP() as client:
        client.connect(address, number, timeout=20)
        client.login(user, PASSWORD)
        by_port = port(client, PEER), port(client, STRANGER)
        return by_port, (passive(client, PEER), passive(client, STRANGER))


def main(servers: t.Any) -> t.Any:
    return servers[0]


def override(servers: t.Any) -> t.Any:
    return servers[0]["overrides"][0]


def anonymous(servers: t.Any) -> t.Any:
    return servers[0]["anonymous"][0]


CASES: dict[str, tuple[str, t.Callable[[t.Any], t.Any], str]] = {
    "unset": ("", main, USER),
    "off": (OFF, main, USER),
    "on": ("AllowForeignAddress on\n", main, USER),
    "class": (CLASS + PEERS, main, USER),
    "class defined below": (PEERS + CLASS, main, USER),
    "class of everybody": ("<Class peers>\nFrom all\n</Class>\n" + PEERS, main, USER),
    "undefined class": (PEERS, main, USER),
    "wrong case": (CLASS + "AllowForeignAddress Peers\n", main, USER),
    "empty class": ("<Class peers>\n</Class>\n" + PEERS, main, USER),
    "global": (CLASS + "<Global>\nAllowForeignAddress peers\n</Global>\n", main, USER),
    "global below": (CLASS + OFF + "<Global>\nAllowForeignAddress peers\n</Global>\n", main, USER),
    "first wins": (CLASS + OFF + PEERS, main, USER),
    "compiled in": (CLASS + "<IfModule mod_core.c>\n" + PEERS + "</IfModule>\n" + OFF, main, USER),
    "not loaded": (CLASS + "<IfModule mod_tls.c>\n" + PEERS + "</IfModule>\n" + OFF, main, USER),
    "defined": ("Define FXP\n" + CLASS + "<IfDefine FXP>\n" + PEERS + "</IfDefine>\n" + OFF, main, USER),
    "version": ("LoadModule mod_ifversion.c\n" + CLASS + "<IfVersion >= 1.3.8>\n" + PEERS + "</IfVersion>\n" + OFF, main, USER),
    "older": ("LoadModule mod_ifversion.c\n" + CLASS + "<IfVersion < 1.3>\n" + PEERS + "</IfVersion>\n" + OFF, main, USER),
    "user": (SESSIONS + CLASS + OFF + f"<IfUser {USER}>\n{PEERS}</IfUser>\n", override, USER),
    "another user": (SESSIONS + CLASS + OFF + f"<IfUser other>\n{PEERS}</IfUser>\n", main, USER),
    "another user only": (SESSIONS + CLASS + f"<IfUser other>\n{PEERS}</IfUser>\n", main, USER),
    "client class": (
        SESSIONS + CLASS + OFF + f"<Class here>\nFrom 127.0.0.1\n</Class>\n<IfClass here>\n{PEERS}</IfClass>\n",
        override,
        USER,
    ),
    "anonymous": (OFF + ANONYMOUS.format("AllowForeignAddress on\n"), anonymous, "anonymous"),
    "anonymous inherits": (CLASS + PEERS + ANONYMOUS.format(""), anonymous, "anonymous"),
    "anonymous off": (CLASS + PEERS + ANONYMOUS.format(OFF), anonymous, "anonymous"),
    "anonymous unset": (ANONYMOUS.format(""), anonymous, "anonymous"),
}


@pytest.mark.parametrize("case", CASES)
def test_the_server_does_what_is_told_of_it(start: Starter, case: str) -> None:
    directives, pick, user = CASES[case]
    server = start(SERVER, directives)
    told = settings(server, pick)
    assert answers(SERVER, server.port, user) == (WHO[told["port"]], WHO[told["passive"]])


def test_a_virtual_host_has_nothing_of_the_main_server(start: Starter, tmp_path: pathlib.Path) -> None:
    number = free_ports(OTHER)
    passwd = tmp_path / "passwd"
    passwd.write_text(f"{USER}:{PASSWORD_HASH}:65534:65534::/:/bin/false\n")
    passwd.chmod(0o600)
    virtual = f"<VirtualHost {OTHER}>\nPort {number}\nAuthOrder mod_auth_file.c\nAuthUserFile {passwd}\nRequireValidShell off\n"
    server = start(SERVER, CLASS + PEERS + virtual + "WtmpLog off\n</VirtualHost>\n")
    known = look.look(str(server.root / "proftpd.conf"), "no-such-unit", rules=False)
    assert [(each["name"], each["control_port"]) for each in known["servers"]] == [("main", server.port), (OTHER, number)]
    told = known["servers"][1]["allow_foreign_address"]
    assert (told["port"], told["passive"]) == ("refused", "anybody")
    assert answers(OTHER, number, USER) == (WHO["refused"], WHO["anybody"])
    assert answers(SERVER, server.port, USER) == (WHO["class"], WHO["class"])
    holes = [each for each in _audit.judge("ftp", known, None) if each.severity == _audit_findings.HOLE]
    assert [(each.code, each.server) for each in holes] == [("passive_open_unset", OTHER)]


def test_a_server_that_speaks_sftp_is_told_as_that(start: Starter, tmp_path: pathlib.Path) -> None:
    number, key = free_ports(OTHER), tmp_path / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "rsa", "-m", "PEM", "-N", "", "-f", str(key)], check=True, timeout=60)
    virtual = (
        f"<VirtualHost {OTHER}>\nPort {number}\nSFTPHostKey {key}\nAuthOrder mod_auth_file.c\nWtmpLog off\n"
        "<IfModule mod_sftp.c>\nSFTPEngine on\n</IfModule>\n</VirtualHost>\n"
    )
    server = start(SERVER, OFF + "PassivePorts 50000 50100\nLoadModule mod_sftp.c\n" + virtual)
    with socket.create_connection((OTHER, number), timeout=20) as connection:
        assert connection.recv(64).startswith(b"SSH-2.0-")
    known = look.look(str(server.root / "proftpd.conf"), "no-such-unit", rules=False)
    assert [(each["sftp"], each["listens"]) for each in known["servers"]] == [(False, True), (True, True)]
    found = _audit.judge("ftp", known, None)
    assert [(each.code, each.severity) for each in found if each.server == OTHER] == [("sftp_server", "note")]
    # The one beside it is judged.
    assert "logins_in_clear" in {each.code for each in found if each.server == "main"}
    row = _audit_rows.rows("ftp", known, [each for each in found if each.server == OTHER])[1]
    assert (row.partners, row.passive_ports, row.tls, row.verdict) == ("-", "-", "SFTP", "ok")


@pytest.mark.parametrize(
    ("directives", "sftp"),
    [
        ("LoadModule mod_sftp.c\nSFTPEngine on\nSFTPHostKey {key}\n", True),
        ("LoadModule mod_sftp.c\n<Global>\nSFTPEngine yes\nSFTPHostKey {key}\n</Global>\n", True),
        ("LoadModule mod_sftp.c\nSFTPEngine off\nSFTPHostKey {key}\n", False),
        ("<IfModule mod_sftp.c>\nSFTPEngine on\nSFTPHostKey {key}\n</IfModule>\n", False),
    ],
)
def test_whether_the_main_server_speaks_sftp(start: Starter, tmp_path: pathlib.Path, directives: str, sftp: bool) -> None:
    key = tmp_path / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "rsa", "-m", "PEM", "-N", "", "-f", str(key)], check=True, timeout=60)
    server = start(SERVER, directives.format(key=key))
    with socket.create_connection((SERVER, server.port), timeout=20) as connection:
        greeting = connection.recv(64)
    assert greeting.startswith(b"SSH-2.0-" if sftp else b"220 ")
    known = look.look(str(server.root / "proftpd.conf"), "no-such-unit", rules=False)
    assert known["servers"][0]["sftp"] is sftp
    holes = [each.code for each in _audit.judge("ftp", known, None) if each.severity == _audit_findings.HOLE]
    assert holes == ([] if sftp else ["passive_open_unset"])


STAGES = {
    "class": "<IfClass here>\n{}</IfClass>\n",
    "group": "<IfGroup !wheel>\n{}</IfGroup>\n",
    "user": f"<IfUser {USER}>\n{{}}</IfUser>\n",
}


@pytest.mark.parametrize("outer", STAGES)
@pytest.mark.parametrize("inner", STAGES)
def test_sections_in_one_another_count_where_the_server_merges_them(start: Starter, outer: str, inner: str) -> None:
    nested = STAGES[outer].format(STAGES[inner].format("AllowForeignAddress on\n"))
    server = start(SERVER, SESSIONS + "<Class here>\nFrom 127.0.0.1\n</Class>\nPassivePorts 50000 50100\n" + OFF + nested)
    known = look.look(str(server.root / "proftpd.conf"), "no-such-unit", rules=False)
    told = [each["allow_foreign_address"]["port"] for each in known["servers"][0]["overrides"]]
    assert answers(SERVER, server.port, USER) == ((WHO["anybody"],) * 2 if told == ["anybody"] else (WHO["refused"],) * 2)
    found = {each.code for each in _audit.judge("ftp", known, None)}
    assert len(found & {"section_not_merged", "foreign_address_any"}) == 1


def test_files_are_included_as_the_server_includes_them(start: Starter, tmp_path: pathlib.Path) -> None:
    drop_ins = tmp_path / "conf.d"
    drop_ins.mkdir()
    # The first one counts, and names sort as bytes: the hidden one comes first where a whole directory is included.
    (drop_ins / ".earliest").write_text(CLASS.replace(PEER, STRANGER).replace("peers", "hidden") + OFF)
    (drop_ins / "10-fxp.conf").write_text(CLASS + PEERS)
    (drop_ins / "20-later.conf").write_text("AllowForeignAddress on\n")
    whole = start(SERVER, f"Include {drop_ins}\n")
    assert settings(whole, main)["file"] == str(drop_ins / ".earliest")
    assert answers(SERVER, whole.port, USER) == (WHO["refused"], WHO["refused"])
    pattern = start("127.0.1.2", f"Include {drop_ins}/*.conf\n")
    told = settings(pattern, main)
    assert (told["file"], told["members"]) == (str(drop_ins / "10-fxp.conf"), [PEER])
    assert answers("127.0.1.2", pattern.port, USER) == (WHO["class"], WHO["class"])
    nothing = start("127.0.1.3", f"Include {drop_ins}/*.none\nInclude {tmp_path}/absent.conf\n")
    assert settings(nothing, main)["passive"] == "anybody"
    assert answers("127.0.1.3", nothing.port, USER) == (WHO["refused"], WHO["anybody"])


def test_what_debian_ships_is_a_hole(tmp_path: pathlib.Path) -> None:
    shipped = pathlib.Path("/usr/share/proftpd/templates")
    (tmp_path / "conf.d").mkdir()
    shutil.copy(shipped / "modules.conf", tmp_path)
    text = (shipped / "proftpd.conf").read_text().replace("/etc/proftpd/", f"{tmp_path}/")
    (tmp_path / "proftpd.conf").write_text(text)
    known = look.look(str(tmp_path / "proftpd.conf"), "no-such-unit", rules=False)
    assert known["valid"] is True
    assert known["files"] == [str(tmp_path / "modules.conf")]
    assert "mod_copy.c" in known["modules"]["loaded"]
    holes = [each.code for each in _audit.judge("ftp", known, None) if each.severity == _audit_findings.HOLE]
    assert holes == ["passive_open_unset"]
    # A drop-in mends it: nothing before it in the file says the directive.
    (tmp_path / "conf.d" / "fxp.conf").write_text(OFF)
    mended = _audit.judge("ftp", look.look(str(tmp_path / "proftpd.conf"), "no-such-unit", rules=False), None)
    assert not [each for each in mended if each.severity == _audit_findings.HOLE]


def test_a_file_that_the_daemon_has_not_read_yet_is_told(start: Starter) -> None:
    server = start(SERVER, OFF)
    configuration = server.root / "proftpd.conf"
    long_ago = time.time() - 3600
    os.utime(configuration, (long_ago, long_ago))
    # In the foreground it writes there what is for its SystemLog.
    log = str(server.root / "output")

    def state() -> running.Running:
        return running.running(server.process.pid, [str(configuration)], "", running.tail(log))

    assert (state().active, state().current, state().loaded_known_by) == (True, True, "start")
    later = time.time() + 5
    os.utime(configuration, (later, later))
    assert (state().current, state().newer) == (False, (str(configuration),))
    server.process.send_signal(1)
    deadline = time.monotonic() + 10
    while state().loaded_known_by != "log" and time.monotonic() < deadline:
        time.sleep(0.05)
    assert state().loaded_known_by == "log"
    now = time.time()
    os.utime(configuration, (now, now))
    assert state().current is True


def test_what_the_checker_refuses_is_told_in_its_words(tmp_path: pathlib.Path) -> None:
    configuration = tmp_path / "proftpd.conf"
    configuration.write_text("ServerName broken\nNoSuchDirective on\n")
    known = look.look(str(configuration), "no-such-unit", rules=False)
    assert known["valid"] is False
    (found,) = [each for each in _audit.judge("ftp", known, None) if each.code == "configuration_invalid"]
    assert "NoSuchDirective" in found.sentence


def test_files_that_include_one_another_are_told_and_kill_the_daemon(tmp_path: pathlib.Path) -> None:
    configuration, other = tmp_path / "proftpd.conf", tmp_path / "other.conf"
    configuration.write_text(f"ServerName loop\nInclude {other}\n")
    other.write_text(f"Include {configuration}\n")
    known = look.look(str(configuration), "no-such-unit", rules=False)
    assert known["valid"] is False
    (found,) = [each for each in known["findings"] if each["code"] == "not_looked_at"]
    assert f"{configuration} includes itself" in found["sentence"]
    assert found["file"] == str(other)
    checked = subprocess.run(["proftpd", "-t", "-c", str(configuration)], capture_output=True, timeout=60, check=False)
    assert checked.returncode < 0


ON = "AllowForeignAddress on\n"
IN_GLOBAL = {
    "the last one": (f"<Global>\n{ON}</Global>\n<Global>\n{OFF}</Global>\n", "refused"),
    "the last one of three": (f"<Global>\n{OFF}</Global>\n<Global>\n{OFF}</Global>\n<Global>\n{ON}</Global>\n", "anybody"),
    "the first line of it": (f"<Global>\n{OFF}</Global>\n<Global>\n{ON}{OFF}</Global>\n", "anybody"),
    "one that does not say it": (f"<Global>\n{ON}</Global>\n<Global>\nUmask 022\n</Global>\n", "anybody"),
}


@pytest.mark.parametrize("case", IN_GLOBAL)
def test_which_of_several_global_sections_counts(start: Starter, case: str) -> None:
    directives, wanted = IN_GLOBAL[case]
    server = start(SERVER, directives)
    assert settings(server, main)["port"] == wanted
    assert answers(SERVER, server.port, USER) == (WHO[wanted], WHO[wanted])


PASSIVE_PORTS = "PassivePorts 50000 50100\n"
# Which line counts: the second, the first, and none at all, so that the server itself does.
REPEATED = {OFF + ON + OFF: "anybody", ON + PASSIVE_PORTS + OFF: "anybody", PASSIVE_PORTS * 2 + ON + ON: "refused"}


@pytest.mark.parametrize("directives", REPEATED)
def test_a_section_that_repeats_itself_is_not_told(start: Starter, directives: str) -> None:
    server = start(SERVER, SESSIONS + f"<IfUser {USER}>\n{directives}</IfUser>\n" + OFF)
    assert settings(server, override)["port"] == "unknown"
    assert answers(SERVER, server.port, USER)[0] == WHO[REPEATED[directives]]
