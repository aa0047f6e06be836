# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
Directives of the site's own beside what the role writes, held against the daemon.

Each one of the role's that ProFTPD takes once is tried: what clients meet is the site's, and without that it is ours.
"""

from __future__ import annotations

import contextlib
import ftplib
import io
import pathlib
import shutil
import socket
import ssl
import tempfile
import typing as t
from concurrent.futures import ThreadPoolExecutor

import pytest

from ansible_collections.proftpd.fxp.plugins.module_utils._host.errors import HostError
from ansible_collections.proftpd.fxp.plugins.module_utils._proftpd.language import parser
from ansible_collections.proftpd.fxp.plugins.module_utils._proftpd.service import swap
from ansible_collections.proftpd.fxp.plugins.plugin_utils._extra.tables import ONCE, OWNED
from ansible_collections.proftpd.fxp.tests.integration.checking import check
from ansible_collections.proftpd.fxp.tests.integration.daemons import server_options
from ansible_collections.proftpd.fxp.tests.integration.provisioned import PASSWORD, TEMPLATE, Server, free_port, said, start
from ansible_collections.proftpd.fxp.tests.unit.plugins.module_utils._proftpd.certificate.openssl_authority import Authority

LIMIT = 3  # seconds, in which a busy machine logs in
SECONDS = 8.0  # when that has long passed, and none of the role's has
# What a module writes into a log of the whole machine is tried on hosts of their own (scenario directives).
ELSEWHERE = {"wtmplog"}
# Of the role, what stands in ProFTPD as often as it is said.
ADDING = {"extendedlog", "logformat", "setenv", "tlsoptions", "transferrate", "unsetenv", "maxclientsperuser", "denyall", "from"}


@contextlib.contextmanager
def servers_with(*extra: str, **variables: t.Any) -> t.Iterator[list[Server]]:
    """Servers as the role provisions them, each with directives of the site's own, in which PLACE is a directory of its own."""
    directory = pathlib.Path(tempfile.mkdtemp(prefix="fxp-integration-"))
    directory.chmod(0o711)
    common = {
        "users": [{"name": "mirror", "password": PASSWORD, "fxp": True}],
        "check_user": "check",
        "check_password": PASSWORD,
        **variables,
    }
    options = {
        f"ftp{number}": {**common, "extra_config": text.replace("PLACE", str(directory / f"ftp{number}"))}
        for number, text in enumerate(extra)
    }
    fleet = start(directory, Authority(directory, "fleet"), options)
    try:
        yield list(fleet.values())
    finally:
        for server in fleet.values():
            server.stop()
        shutil.rmtree(directory)


def stored(server: Server, name: str = "file", content: bytes = b"text") -> pathlib.Path:
    session = server.session("mirror")
    session.prot_p()
    session.storbinary(f"STOR {name}", io.BytesIO(content))
    session.quit()
    return server.home("mirror") / name


def greeting(server: Server) -> str:
    return str(server.plain().welcome)


def mode(server: Server) -> int:
    return stored(server).stat().st_mode & 0o777


def second_login(server: Server) -> bool:
    first = server.session("mirror")
    try:
        return bool(server.plain().welcome)
    except (ftplib.Error, EOFError, OSError):
        return False
    finally:
        first.close()


def overwritten(server: Server) -> bool:
    stored(server)
    return said(stored, server).startswith("/")


def second_try(server: Server) -> bool:
    """Whether one who said a wrong password may say another one."""
    session = ftplib.FTP_TLS(context=ssl.create_default_context(cadata=server.authority.pem), timeout=10)
    session.connect(server.address, server.port)
    with contextlib.suppress(ftplib.Error, EOFError):
        session.login("mirror", "wrong")
    try:
        return session.sendcmd("NOOP").startswith("200") or True
    except ftplib.Error:
        return True
    except (EOFError, OSError):
        return False


def place(server: Server) -> str:
    return server.session("mirror").pwd()


def ends(server: Server, begin: t.Callable[[Server], t.Any]) -> bool:
    """Whether the server ends a session by itself."""
    session = begin(server)
    session.sock.settimeout(SECONDS)
    try:
        while session.sock.recv(1000):
            pass
    except TimeoutError:
        return False
    except OSError:
        return True
    return True


def without_login(server: Server) -> bool:
    return ends(server, Server.plain)


def logged_in(server: Server) -> bool:
    return ends(server, lambda one: one.session("mirror"))


def stalled(server: Server) -> bool:
    """Whether a download that nobody reads ends."""
    stored(server, "large", bytes(30_000_000))
    session = server.session("mirror")
    session.prot_p()
    data = session.ntransfercmd("RETR large")[0]
    try:
        return ends(server, lambda _server: session)
    finally:
        data.close()


def own_file(server: Server) -> bool:
    """Whether the file that the site names is written when something happened."""
    stored(server)
    return (server.place / "own").exists()


def login(server: Server) -> str:
    return said(lambda: server.session("mirror").sendcmd("NOOP"))[:3]


def root_login(server: Server) -> str:
    """The same with an account that is root."""
    passwords = server.place / "fxp.passwd"
    rows = [line.split(":") for line in passwords.read_text().splitlines()]
    passwords.write_text("".join(":".join([*row[:2], "0", "0", *row[4:]]) + "\n" for row in rows))
    return login(server)


def host_in_log(server: Server) -> str:
    stored(server)
    return next(line for line in server.log().splitlines() if '"STOR file"' in line).split()[2].rpartition(":")[0]


def overridden(server: Server) -> str:
    """What a file in the directory of an account may say."""
    (server.home("mirror") / ".ftpaccess").write_text("<Limit STOR>\n  DenyAll\n</Limit>\n")
    return said(stored, server)[:3]


def cipher(server: Server) -> str:
    session = server.session("mirror")
    assert isinstance(session.sock, ssl.SSLSocket)
    used = session.sock.cipher()
    assert used
    return used[0]


def silent_handshake(server: Server) -> bool:
    def begin(one: Server) -> ftplib.FTP:
        session = one.plain()
        session.sendcmd("AUTH TLS")
        return session

    return ends(server, begin)


def renegotiated(server: Server) -> bool:
    """Whether the server asks for new keys while a file is on its way."""
    stored(server, "large", bytes(5_000_000))
    session = server.session("mirror")
    session.prot_p()
    with contextlib.suppress(ftplib.Error, OSError, EOFError):
        session.retrbinary("RETR large", lambda _piece: None)
    return "requesting TLS renegotiation" in server.log()


def takes_a_stranger(session: ftplib.FTP) -> bool:
    """Whether somebody from another address than the client's may take the passive data connection."""
    address, port = session.makepasv()
    with socket.create_connection((address, port), 5, source_address=("127.0.0.77", 0)) as data:
        answer = said(session.sendcmd, "NLST")
        data.settimeout(5)
        with contextlib.suppress(OSError):
            data.recv(100)
    return answer.startswith("1")


class Tried(t.NamedTuple):
    """What the site says, what is seen, and what is to be seen then."""

    extra: str
    seen: t.Callable[[Server], t.Any]
    then: t.Any


TRIED = {
    "allowoverride": Tried("AllowOverride on", overridden, "550"),
    "allowoverwrite": Tried("AllowOverwrite off", overwritten, False),
    "authorder": Tried("AuthOrder mod_auth_unix.c", login, "530"),
    "controlsengine": Tried("ControlsEngine on\nControlsSocket PLACE/own", own_file, True),
    "defaultroot": Tried("DefaultRoot /", place, None),
    "maxinstances": Tried("MaxInstances 1", second_login, False),
    "maxloginattempts": Tried("MaxLoginAttempts 1", second_try, False),
    "requirevalidshell": Tried("RequireValidShell on", login, "530"),
    "rootlogin": Tried("RootLogin on", root_login, "200"),
    "serverident": Tried('ServerIdent on "hello there"', greeting, "220 hello there"),
    "servername": Tried('ServerName "Aunt"\nServerIdent on', greeting, None),
    "systemlog": Tried("SystemLog PLACE/own", own_file, True),
    "timeoutidle": Tried(f"TimeoutIdle {LIMIT}", logged_in, True),
    "timeoutlogin": Tried(f"TimeoutLogin {LIMIT}", without_login, True),
    "timeoutnotransfer": Tried(f"TimeoutNoTransfer {LIMIT}", logged_in, True),
    "timeoutstalled": Tried(f"TimeoutStalled {LIMIT}", stalled, True),
    "tlsciphersuite": Tried("TLSCipherSuite ECDHE-ECDSA-AES128-GCM-SHA256", cipher, "ECDHE-ECDSA-AES128-GCM-SHA256"),
    "tlslog": Tried("TLSLog PLACE/own", own_file, True),
    "tlsrenegotiate": Tried("TLSRenegotiate data 1 required off", renegotiated, True),
    "tlstimeouthandshake": Tried(f"TLSTimeoutHandshake {LIMIT}", silent_handshake, True),
    "transferlog": Tried("TransferLog PLACE/own", own_file, True),
    "umask": Tried("Umask 077", mode, 0o600),
    "usereversedns": Tried("UseReverseDNS on", host_in_log, "localhost"),
}


def of_the_role() -> set[str]:
    """All directives that the role may write, in lower case."""
    text = "".join(line for line in TEMPLATE.read_text().splitlines(keepends=True) if not line.startswith(("{%", "{#", "{{")))

    def names(nodes: t.Iterable[parser.Node]) -> t.Iterator[str]:
        for node in nodes:
            if isinstance(node, parser.Section):
                yield from names(node.children)
            elif node.name:
                yield node.key

    return set(names(parser.parse(text)))


def test_every_directive_of_the_role_is_judged() -> None:
    """One that is in no table would silently count before the site's own."""
    assert set(TRIED) | ELSEWHERE == ONCE
    assert of_the_role() - ONCE - OWNED.keys() - ADDING == set()
    assert of_the_role() >= ONCE
    assert not ONCE & OWNED.keys()
    assert not ADDING & (ONCE | OWNED.keys())


@pytest.mark.parametrize("name", TRIED)
def test_the_sites_own_stands_in_the_place_of_ours(name: str) -> None:
    tried = TRIED[name]
    # Side by side, for some only wait.
    with servers_with("", tried.extra) as (ours, theirs), ThreadPoolExecutor() as pool:
        met = [pool.submit(tried.seen, server) for server in (ours, theirs)]
        before, after = (each.result() for each in met)
    wanted = tried.then
    if name == "defaultroot":
        wanted = str(theirs.home("mirror"))
    elif name == "servername":
        wanted = f"220 ProFTPD Server (Aunt) [::ffff:{theirs.address}]"
    assert (after, before != wanted) == (wanted, True), before


def test_what_adds_up_stands_beside_ours() -> None:
    """A log, a class, an option of TLS, a limit for an account: ours hold as before."""
    extra = """
    LogFormat short "%m %s"
    ExtendedLog PLACE/own WRITE short
    <Class office>
      From 192.0.2.0/24
    </Class>
    TLSOptions EnableDiags
    <IfUser mirror>
      <Limit DELE>
        DenyAll
      </Limit>
    </IfUser>
    SetEnv TZ Asia/Tokyo
    """
    with servers_with(extra, "") as (own, other):
        stored(own)
        assert (own.place / "own").read_text() == "STOR 226\n"
        assert '"STOR file" 226' in own.log()
        session = own.session("mirror")
        assert said(session.delete, "file").startswith("550")
        # Of the peer and nobody else, in the class of ours.
        peer, stranger = (f"PORT {address},200,10" for address in (other.address.replace(".", ","), "192,0,2,1"))
        assert [said(session.sendcmd, command)[:3] for command in (peer, stranger)] == ["200", "500"]
        options = [
            {
                **server_options(server.address, server.port),
                **{"user": "check", "password": PASSWORD, "tls": "explicit", "ca_content": server.authority.pem},
            }
            for server in (own, other)
        ]
        checked = check(*options, payload_size=1000)
        assert checked.result["ok"], checked.message


def test_a_server_on_a_port_of_its_own_has_nothing_of_the_plan() -> None:
    port = free_port()
    extra = f"""
    <VirtualHost 127.0.9.1>
      Port {port}
      ServerName second
      ServerIdent on "second"
      AuthUserFile PLACE/fxp.passwd
      RequireValidShell off
      AllowForeignAddress off
    </VirtualHost>
    """
    with servers_with(extra, "") as (own, _other):
        session = ftplib.FTP(timeout=10)
        session.connect(own.address, port)
        assert session.welcome == "220 second"
        # In the clear, which the planned one refuses.
        session.login("mirror", PASSWORD)
        assert said(session.sendcmd, "PORT 127,0,9,2,200,10").startswith("500")
        assert said(own.plain().login, "mirror", PASSWORD).startswith("550")


@pytest.mark.parametrize(
    ("said_of_it", "words"),
    [
        ("", "does not reach this <VirtualHost>"),
        ("AllowForeignAddress on\n", "lets anybody use this server"),
        ("<IfUser mirror>\nAllowForeignAddress on\n</IfUser>\n", "only in <IfUser>"),
        ("<IfUser mirror>\nAllowForeignAddress on\n</IfUser>\nAllowForeignAddress off\n", "lets anybody use this server"),
        ("AllowForeignAddress off\n", ""),
    ],
)
def test_a_server_that_lets_strangers_in_is_refused_and_does(said_of_it: str, words: str) -> None:
    port = free_port()
    extra = (
        f"<VirtualHost 127.0.9.1>\nPort {port}\nPassivePorts 40000 40010\nAuthUserFile PLACE/fxp.passwd\n"
        f"RequireValidShell off\n{said_of_it}</VirtualHost>\n"
    )
    with servers_with(extra, "") as (own, _other):
        text = (own.place / "proftpd.conf").read_text()
        target = swap.Target(str(own.place / "other.conf"), "proftpd", free_port(), 1)
        refused = ""
        try:
            swap.apply(target, text, take_over=False, check_mode=True)
        except HostError as exc:
            refused = str(exc)
        session = ftplib.FTP(timeout=10)
        session.connect(own.address, port)
        session.login("mirror", PASSWORD)
        # Passive connections are what several releases let anybody take; PORT is what the others do.
        lets = said(session.sendcmd, "PORT 192,0,2,1,200,10").startswith("200") or takes_a_stranger(session)
    assert (words in refused, bool(refused), lets) == (True, bool(words), bool(words)), refused


@pytest.mark.parametrize("modules", [["mod_ban"], ["mod_ban.c", "mod_quotatab"]])
def test_modules_are_loaded_in_front_of_the_last_one(modules: list[str]) -> None:
    extra = "BanEngine on\nBanTable PLACE/ban.tab\nBanLog PLACE/own\nBanOnEvent MaxLoginAttempts 1/00:01:00 00:01:00\n"
    with servers_with(extra, "", extra_modules=modules) as (own, other):
        # What only some accounts may do still comes last, and so holds.
        session = own.session("mirror")
        peer = f"PORT {other.address.replace('.', ',')},200,10"
        assert said(session.sendcmd, peer).startswith("200")
        assert (own.place / "ban.tab").exists()


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("Umaskk 002", "unknown configuration directive 'Umaskk'"),
        # Of a module that is not loaded.
        ("SQLConnectInfo base joe s3cret", "unknown configuration directive 'SQLConnectInfo'"),
        ("UserPassword s3cret", "(UserPassword (not shown))"),
    ],
)
def test_a_line_that_the_checker_refuses_is_named_without_its_secret(line: str, told: str) -> None:
    with servers_with("Umask 002", "") as (own, _other):
        text = (own.place / "proftpd.conf").read_text().replace("Umask 002", line)
        target = swap.Target(str(own.place / "other.conf"), "proftpd", free_port(), 1)
        with pytest.raises(HostError) as refused:
            swap.apply(target, text, take_over=False, check_mode=True)
    assert told in str(refused.value)
    assert "mend it in fxp_extra_config" in str(refused.value)
    assert "s3cret" not in str(refused.value)
