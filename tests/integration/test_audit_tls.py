# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is told of TLS is what the real server demands: judged first, then tried with logins and data connections."""

from __future__ import annotations

import ftplib
import socket
import ssl
import typing as t

import pytest

from ansible_collections.proftpd.fxp.plugins.module_utils._look import look
from ansible_collections.proftpd.fxp.plugins.plugin_utils._audit import audit as _audit
from ansible_collections.proftpd.fxp.tests.integration.certificates import Authority
from ansible_collections.proftpd.fxp.tests.integration.conftest import Starter
from ansible_collections.proftpd.fxp.tests.integration.daemons import PASSWORD, USER, Proftpd

SERVER, INSIDE, OUTSIDE = "127.0.1.1", "127.0.0.12", "127.0.0.66"
MODULES = "LoadModule mod_tls.c\nLoadModule mod_ifsession.c\nPassivePorts 50000 50100\nAllowForeignAddress on\n"
CLASS = f"<Class inside>\nFrom {INSIDE}\n</Class>\n"
ON, RELAXED, OTHER = "TLSEngine on\n", "TLSOptions NoSessionReuseRequired\n", "TLSOptions StdEnvVars\n"
REQUIRED = "TLSRequired on\n"


def common(directives: str) -> str:
    return f"<Global>\n{directives}</Global>\n"


def for_inside(directives: str) -> str:
    return f"<IfClass inside>\n{directives}</IfClass>\n"


def for_others(directives: str) -> str:
    return f"<IfClass !inside>\n{directives}</IfClass>\n"


@pytest.fixture
def serve(start: Starter, authority: Authority) -> t.Callable[[str], Proftpd]:
    """A server with a certificate and the given directives."""
    pem = authority.issue(SERVER)
    certificate = f"TLSECCertificateFile {pem}\nTLSECCertificateKeyFile {pem}\nTLSProtocol TLSv1.2\n"
    return lambda directives: start(SERVER, MODULES + CLASS + certificate + directives)


def known_of(server: Proftpd) -> t.Any:
    known = look.look(str(server.root / "proftpd.conf"), "no-such-unit", rules=False)
    assert known["valid"] is True, known["problem"]
    return known


def codes(known: t.Any) -> list[str]:
    return [each.code for each in _audit.judge("ftp", known, None)]


def takes_clear_login(server: Proftpd, source: str) -> bool:
    """Whether the server takes a password in the clear from a client at the address."""
    with ftplib.FTP(timeout=20, source_address=(source, 0)) as client:
        client.connect(SERVER, server.port)
        client.putcmd(f"USER {USER}")
        said = client.getmultiline()
        assert said[:3] == "331" or "SSL/TLS required" in said, said
        return said[:3] == "331"


def offers_tls(server: Proftpd, source: str) -> bool:
    with socket.create_connection((SERVER, server.port), timeout=20, source_address=(source, 0)) as connection:
        assert connection.recv(512).startswith(b"220")
        connection.sendall(b"AUTH TLS\r\n")
        return connection.recv(512).startswith(b"234")


def takes_new_session(server: Proftpd, source: str) -> bool:
    """Whether a data connection gets through that does not take up the TLS session of the control connection, as of a peer."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with ftplib.FTP_TLS(timeout=20, context=context, source_address=(source, 0)) as client:
        client.connect(SERVER, server.port)
        client.login(USER, PASSWORD)
        client.prot_p()
        host, number = client.makepasv()
        client.putcmd("LIST")
        with socket.create_connection((host, number), timeout=20, source_address=(source, 0)) as connection:
            assert client.getmultiline()[:3] == "150"
            try:
                with context.wrap_socket(connection, server_hostname=SERVER) as data:
                    while data.recv(4096):
                        pass
                    data.unwrap()
            except (ssl.SSLError, OSError):
                pass
        return client.getmultiline()[:3] == "226"


REUSE = {
    "nothing": ON,
    "the server": ON + RELAXED,
    "two lines": ON + OTHER + RELAXED,
    "global": ON + common(RELAXED),
    "the server and global": ON + OTHER + common(RELAXED),
    "global and the server": ON + common(OTHER) + RELAXED,
    "no cache": ON + "TLSSessionCache off\n",
    "engine in global": common(ON + RELAXED),
}


@pytest.mark.parametrize("case", REUSE)
def test_whether_data_connections_must_take_up_a_session(serve: t.Callable[[str], Proftpd], case: str) -> None:
    server = serve(REUSE[case])
    known = known_of(server)
    required = known["servers"][0]["tls"]["session_reuse_required"]
    assert takes_new_session(server, OUTSIDE) is not required
    found = codes(known)
    assert ("tls_session_reuse" in found, "tls_data_from_anybody" in found) == (required, not required)


# Directives, and the sessions that are in the section of mod_ifsession.
REUSE_BY_CLASS = {
    "added for a class": ON + for_inside(RELAXED),
    "taken from a class": ON + RELAXED + for_inside(OTHER),
    "the last one in a class": ON + for_inside(RELAXED + OTHER),
    "the last one in a class too": ON + for_inside(OTHER + RELAXED),
    "not touched by a class": ON + RELAXED + for_inside("TLSRequired off\n"),
    "global and a class": ON + common(RELAXED) + for_inside(OTHER),
    "engine for a class": for_inside(ON + RELAXED),
    "engine for a class, strict": for_inside(ON),
    "engine for a class, options outside": RELAXED + for_inside(ON),
}


@pytest.mark.parametrize("case", REUSE_BY_CLASS)
def test_what_a_class_changes_of_that(serve: t.Callable[[str], Proftpd], case: str) -> None:
    server = serve(REUSE_BY_CLASS[case])
    known = known_of(server)
    (override,) = known["servers"][0]["overrides"]
    required = override["tls"]["session_reuse_required"]
    assert takes_new_session(server, INSIDE) is not required
    outside = known["servers"][0]["tls"]
    if outside["engine"]:
        assert takes_new_session(server, OUTSIDE) is not outside["session_reuse_required"]
    else:
        assert not offers_tls(server, OUTSIDE)
    # Whatever is true for some session is told.
    engines = [each for each in (outside, override["tls"]) if each["engine"]]
    found = codes(known)
    assert ("tls_session_reuse" in found) is any(each["session_reuse_required"] for each in engines)
    assert ("tls_data_from_anybody" in found) is any(not each["session_reuse_required"] for each in engines)


LOGINS = {
    "all for others": for_others(ON + REQUIRED),
    "required for others": ON + for_inside("TLSRequired off\n") + for_others(REQUIRED),
    "required of everybody by two sections": ON + for_inside(REQUIRED) + for_others("TLSRequired ctrl\n"),
    "an engine by two sections": for_inside("TLSEngine off\n") + for_others(ON + REQUIRED),
    "required but for a class": ON + REQUIRED + for_inside("TLSRequired off\n"),
    "control for others": ON + for_others("TLSRequired ctrl\n"),
    "off for a class": ON + REQUIRED + for_inside("TLSEngine off\n"),
    "engine without more": for_others(ON),
    "required of all, and the engine for others": REQUIRED + for_others(ON),
    "required of a class without an engine": for_inside(REQUIRED) + ON + REQUIRED,
}


@pytest.mark.parametrize("case", LOGINS)
def test_logins_by_class(serve: t.Callable[[str], Proftpd], case: str) -> None:
    server = serve(LOGINS[case] + RELAXED)
    known = known_of(server)
    main = known["servers"][0]
    told = {each["for"]: each["tls"] for each in main["overrides"]}
    inside, outside = told.get("inside", main["tls"]), told.get("!inside", main["tls"])
    for source, tls in ((INSIDE, inside), (OUTSIDE, outside)):
        assert takes_clear_login(server, source) is not tls["logins_required"], source
        assert offers_tls(server, source) is tls["engine"], source
    found = [each for each in _audit.judge("ftp", known, None) if each.code in ("logins_in_clear", "tls_not_required")]
    of_sections = {section for section in told if any(f": in <IfClass {section}> " in each.sentence for each in found)}
    # Whoever may log in in the clear is told, by the section that says so, and nobody else.
    assert of_sections == {section for section, tls in told.items() if not tls["logins_required"]}
    others = [tls for section, tls in (("inside", inside), ("!inside", outside)) if section not in told]
    assert (len(found) > len(of_sections)) is any(not tls["logins_required"] for tls in others)


def for_the_account(directives: str) -> str:
    return f"<IfUser {USER}>\n{directives}</IfUser>\n"


REUSE_BY_ACCOUNT = {
    "added": (ON + for_the_account(RELAXED), True),
    "not taken away": (ON + RELAXED + for_the_account(OTHER), True),
    "only the last one": (ON + for_the_account(RELAXED + OTHER), False),
    "too late to switch it on": (for_the_account(ON + RELAXED), None),
}


@pytest.mark.parametrize("case", REUSE_BY_ACCOUNT)
def test_what_an_account_changes_of_that(serve: t.Callable[[str], Proftpd], case: str) -> None:
    directives, waived = REUSE_BY_ACCOUNT[case]
    server = serve(directives)
    known = known_of(server)
    found = codes(known)
    assert ("tls_data_from_anybody" in found) is bool(waived)
    if waived is None:
        assert not offers_tls(server, OUTSIDE)
        assert "logins_in_clear" in found
    else:
        assert takes_new_session(server, OUTSIDE) is waived
