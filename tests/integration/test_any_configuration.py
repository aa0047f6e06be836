# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
Whatever configuration operators write, whose addresses it takes is told as the real daemon has it.

The configurations here are put together from what ProFTPD's documentation, its samples and distributions show, not from what the
evaluation knows.
"""

from __future__ import annotations

import collections
import contextlib
import dataclasses
import ftplib
import ipaddress
import pathlib
import re
import typing as t

import hypothesis
from hypothesis import strategies as st

from ansible_collections.proftpd.fxp.plugins.module_utils._look import look
from ansible_collections.proftpd.fxp.plugins.module_utils._proftpd.language import classes, include, parser, policy, releases
from ansible_collections.proftpd.fxp.plugins.plugin_utils._audit import audit as _audit
from ansible_collections.proftpd.fxp.tests.integration.certificates import Authority
from ansible_collections.proftpd.fxp.tests.integration.daemons import LONG, PASSWORD, USER, Proftpd, free_ports, place_for
from ansible_collections.proftpd.fxp.tests.integration.test_audit import passive, port

EXAMPLES = 500 if LONG else 50
MOST_UNKNOWN = 0.05  # of all answers

MAIN, VIRTUAL = "127.0.7.1", ("127.0.7.2", "127.0.7.3")
CLIENTS = ("127.0.0.1", "127.0.0.12", "127.0.1.20")
# Who asks for a data connection to whom; from the first two of them one can come here.
FOREIGN = ("127.0.0.66", "127.0.0.12", "11.1.0.5", "128.9.0.7", "203.0.113.200")
FROM_HERE = FOREIGN[:2]
NAMES = ("peers", "partners", "mesh", "inside")

ADDRESS = st.sampled_from([*CLIENTS, *FOREIGN[:4], "127.0.0.13", "198.51.100.7", "2001:db8::7", "::ffff:127.0.0.66"])
NETWORK = st.sampled_from(
    [
        "127.0.0.0/24",
        "127.0.0.0/27",
        "127.0.0.64/26",
        "127.0.1.0/24",
        "127.0.0.12/32",
        "127.0.0.0/8",
        "11.0.0.0/8",
        "128.0.0.0/4",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "10.0.0.0/8",
        "2001:db8::/32",
        "0.0.0.0/1",
        "128.0.0.0/1",
        "0.0.0.0/0",
        "0/0",
    ]
)
PATTERN = st.sampled_from(
    [
        "127.0.0.",
        "127.0.",
        "11.",
        "127.0.0.*",
        "127.0.?.*",
        "127.0.0.[16]*",
        "203.0.113.*",
        "1[12]*.*.*.*",
        "*.*.*.*",
        "*",
    ]
)
RULE = st.one_of(ADDRESS, ADDRESS, NETWORK, PATTERN)


@st.composite
def class_body(draw: st.DrawFn, ipv6: bool) -> list[str]:
    """The rules of a class."""
    if draw(st.integers(0, 7)) == 0:
        return [
            draw(
                st.sampled_from(
                    ["From 0.0.0.0/1 128.0.0.0/1", "From all", "From none", "From 0.0.0.0/1,128.0.0.0/1", "# nobody yet"]
                )
            )
        ]
    negated = draw(st.sampled_from([(False,), (False,), (False,), (True,), (False, True)]))
    found = []
    for _line in range(draw(st.integers(1, 3))):
        words = [
            f"{'!' if draw(st.sampled_from(negated)) else ''}{rule}"
            for rule in draw(
                st.lists(RULE if ipv6 else RULE.filter(lambda rule: not set(rule) & set(":*?[")), min_size=1, max_size=3)
            )
        ]
        found.append("From " + draw(st.sampled_from([" ", ",", ", "])).join(words))
    if draw(st.integers(0, 6)) == 0:
        found[-1:] = closed(draw(st.sampled_from(AROUND)), found[-1:])
    satisfy = draw(st.sampled_from(["", "", "", "Satisfy any", "Satisfy all", "Satisfy all"]))
    return [satisfy, *found] if draw(st.booleans()) else [*found, satisfy]


WORD = st.sampled_from(["off", "off", "on", "no", "yes", "False", "true", *NAMES * 2, "nobodies", "Peers"])
FOREIGN_ADDRESS = st.builds(
    lambda name, word: f"{name} {word}",
    st.sampled_from(["AllowForeignAddress"] * 4 + ["allowforeignaddress", "AllowForeignAddress \\\n  "]),
    st.one_of(WORD, WORD, WORD.map(lambda word: f'"{word}"')),
)
PASSIVE_PORTS = st.sampled_from(["PassivePorts 40000 40999", "PassivePorts 50000 50999", "PassivePorts  60000\t65534"])
LIMIT = st.sampled_from(
    [
        ["<Limit LOGIN>", "DenyAll", "</Limit>"],
        ["<Limit LOGIN>", "AllowClass inside", "DenyAll", "</Limit>"],
        ["<Limit LOGIN>", "Order allow,deny", "Allow from 127.0.0.0/24", "Deny from all", "</Limit>"],
        ["<Limit LOGIN>", f"AllowUser {USER}", "DenyAll", "</Limit>"],
        ["<Limit LOGIN>", "Order deny,allow", "Deny from 127.0.1.20", "</Limit>"],
    ]
)
TLS_OPTIONS = st.sampled_from(
    [
        "TLSOptions NoSessionReuseRequired",
        "TLSOptions StdEnvVars",
        "TLSOptions StdEnvVars NoSessionReuseRequired",
        "TLSRequired off",
        "TLSVerifyClient off",
    ]
)
OTHERS = st.sampled_from(
    ["AllowOverwrite on", "Umask 022 022", "# AllowForeignAddress on", "TimeoutIdle 1200", "", "MaxClients 30"]
)
AROUND = (
    "<IfModule mod_core.c>",
    "<IfModule mod_tls.c>",
    "<IfModule !mod_tls.c>",
    "<IfModule mod_ifsession.c>",
    "<IfModule mod_sql.c>",
    "<IfVersion >= 1.3.6>",
    "<IfVersion < 1.3.5>",
    "<IfVersion !< 1.3>",
    "<IfDefine FXP>",
    "<IfDefine !FXP>",
)
SECTIONS = (
    *(f"<IfClass {name}>" for name in NAMES),
    "<IfClass !inside>",
    "<IfClass peers,mesh>",
    "<IfClass OR inside,partners>",
    "<IfClass AND !inside,!mesh>",
    f"<IfUser {USER}>",
    f"<IfUser !{USER}>",
    "<IfUser somebody>",
    "<IfGroup !wheel>",
    "<IfGroup wheel>",
)
Files = t.Dict[str, str]


def closed(heading: str, body: t.Iterable[str]) -> list[str]:
    """A section with what stands in it."""
    name = heading[1:].split()[0].rstrip(">")
    return [heading, *(f"  {line}" for line in body), f"</{name}>"]


@st.composite
def statements(draw: st.DrawFn, files: Files, may: str) -> list[str]:
    """
    What stands in a server or a section: in any order, some of it in other files, or only for some releases.

    ``may`` has the kinds that may stand there beside what may stand anywhere.
    """
    found: list[list[str]] = []
    kinds = ["foreign", "foreign", "foreign", "other", *may.split()]
    # Few repeat themselves in a section of three lines.
    once = "once" in kinds and draw(st.integers(0, 19)) > 0
    for kind in draw(st.lists(st.sampled_from(kinds), min_size=1, max_size=3 if once else 5, unique=once)):
        if kind == "foreign":
            found.append([draw(FOREIGN_ADDRESS)])
        elif kind == "ports":
            found.append([draw(PASSIVE_PORTS)])
        elif kind in ("other", "once"):
            found.append([draw(OTHERS)])
        elif kind == "tls":
            found.append([draw(TLS_OPTIONS)])
        elif kind == "limit":
            found.append(draw(LIMIT) if draw(st.integers(0, 3)) == 0 else [""])
        else:
            heading = draw(st.sampled_from(SECTIONS))
            kinds = ["once", "ports", "tls" if "tls" in may and heading.startswith("<IfClass") else "other"]
            kinds += ["section"] if draw(st.integers(0, 3)) == 0 else []
            found.append(closed(heading, draw(statements(files, " ".join(kinds)))))
    return [line for lines in found for line in draw(placed(files, lines))]


@st.composite
def placed(draw: st.DrawFn, files: Files, lines: list[str]) -> list[str]:
    """The lines where they stand, within a section for some releases or modules, or in another file."""
    how = draw(st.sampled_from(["", "", "", "", "around", "include"]))
    if how == "around":
        return closed(draw(st.sampled_from(AROUND)), lines)
    if how == "include":
        directory = f"@ROOT@/d{len(files)}"
        name = draw(st.sampled_from(["10-fxp.conf", "fxp.conf", "fxp.conf~", ".fxp.conf"]))
        files[f"d{len(files)}/{name}"] = "\n".join(lines) + "\n"
        asked = ["", "/", "/*", "/*.conf", "/*fxp.con[fF]", f"/{name}", f"/{name}", "/absent.conf"]
        return [f"Include {directory}{draw(st.sampled_from(asked))}"]
    return lines


ANONYMOUS = ("User " + USER, "Group nogroup", f"UserAlias anonymous {USER}", "RequireValidShell off")
ACCOUNT = ("AuthOrder mod_auth_file.c", "AuthUserFile @PASSWD@", "RequireValidShell off", "WtmpLog off", "DelayEngine off")
TLS = ("TLSEngine on", "TLSECCertificateFile @PEM@", "TLSECCertificateKeyFile @PEM@", "TLSProtocol TLSv1.2")


class Configuration(t.NamedTuple):
    """What to write into the configuration, and into files that it takes in."""

    text: str
    files: Files


@st.composite
def configurations(draw: st.DrawFn) -> Configuration:
    """What an operator may have in proftpd.conf."""
    files: Files = {}
    with_tls = draw(st.integers(0, 3)) == 0
    may = " ".join(
        draw(st.sampled_from([["limit", "ports"], ["limit", "ports", "section", "section"]]))
        + (["tls", "tls"] if with_tls else [])
    )
    lines = ["LoadModule mod_ifversion.c", *(["LoadModule mod_tls.c"] if with_tls else [])]
    lines += ["LoadModule mod_ifsession.c"] if "section" in may else []
    # Without a unit it is not known what else is defined on the command line.
    lines.append("Define FXP")
    if draw(st.integers(0, 5)) == 0:
        lines.append("UseIPv6 off")
    tls = TLS if with_tls else ()
    parts = [
        draw(placed(files, closed(f"<Class {name}>", draw(class_body("UseIPv6 off" not in lines)))))
        for name in draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=4))
    ]
    parts += [draw(statements(files, may)) for _part in range(draw(st.integers(1, 2)))]
    for _common in range(draw(st.sampled_from([0, 1, 1, 2]))):
        parts.append(draw(placed(files, closed("<Global>", draw(statements(files, may))))))
    for address in VIRTUAL[: draw(st.integers(0, 2))]:
        number = draw(st.sampled_from([f"@{address}@"] * 9 + ["0"]))
        body = [f"Port {number}", *ACCOUNT, *tls, *draw(statements(files, may)), *draw(anonymous(files))]
        if draw(st.integers(0, 5)) == 0:
            body += closed("<Global>", draw(statements(files, "")))
        addresses = f"{address} {address}1" if draw(st.integers(0, 3)) == 0 else address
        parts.append(draw(placed(files, closed(f"<VirtualHost {addresses}>", body))))
    parts.append(draw(anonymous(files)))
    written = [line for part in draw(st.permutations(parts)) for line in part]
    return Configuration("\n".join([*lines, *tls, *written]) + "\n", files)


@st.composite
def anonymous(draw: st.DrawFn, files: Files) -> list[str]:
    """Now and then a section for the account."""
    if draw(st.integers(0, 5)):
        return []
    return draw(placed(files, closed(f"<Anonymous ~{USER}>", [*ANONYMOUS, *draw(statements(files, ""))])))


Known = t.Dict[str, t.Any]


class Running(t.NamedTuple):
    """A daemon, and what is told of it before anybody tries."""

    daemon: Proftpd
    known: Known
    in_force: policy.Policy


def judged(daemon: Proftpd) -> Running:
    path = daemon.root / "proftpd.conf"
    known = look.look(str(path), "no-such-unit", rules=False)
    around = policy.Surroundings(
        str(path), include.Files().include, releases.parse(known["version"]), frozenset(known["modules"]["compiled_in"])
    )
    return Running(daemon, known, policy.effective(parser.parse(path.read_text()), around))


def holds(held: classes.Held, address: str) -> bool | None:
    """Whether an address is in it; None if that is not told."""
    number = int(ipaddress.ip_address(address))
    sure, may = (any(first <= number <= last for family, first, last in spans if family == 4) for spans in (held.sure, held.may))
    return sure if sure == may else None


def class_of(in_force: policy.Policy, client: str) -> str | None:
    """
    The class of a client: the first one that holds it, "" if there is none, None if that is not known.

    A class that is defined twice counts twice here, other than where it is named: there only the first definition does.
    """
    each = [
        (name, dataclasses.replace(in_force, classes={name: [one]})) for name, many in in_force.classes.items() for one in many
    ]
    inside = [(name, holds(classes.of(alone, name).held, client)) for name, alone in each if alone.members(name)]
    if any(len(many) > 1 for many in in_force.classes.values()):
        # Which of them comes first is not told.
        names = {name for name, is_in in inside if is_in is not False}
        return next(iter(names), "") if len(names) < 2 and all(is_in is not None for _name, is_in in inside) else None
    return next((name if is_in else None for name, is_in in inside if is_in is not False), "")


def applies(section: str, words: str, class_name: str | None) -> bool | None:
    """Whether a section for some sessions is for one of USER from a client of that class."""
    if section == "IfClass" and class_name is None:
        return None
    mine = {"IfClass": class_name, "IfUser": USER, "IfGroup": "nogroup"}[section]
    how, _space, names = words.rpartition(" ")
    each = [(word[1:] != mine) if word.startswith("!") else word == mine for word in names.split(",")]
    # A session has one class and one user, so of those one is enough where nothing is said; of groups all must be met (tried).
    return any(each) if (how or {"IfGroup": "AND"}.get(section, "OR")) == "OR" else all(each)


def settings(running: Running, server: Known, client: str, key: str) -> t.Any:
    """What is in force for a session, as it is told of its server and of the sections for some; "unknown" if it is not."""
    class_name = class_of(running.in_force, client)
    common = {
        (getattr(scope.line, "file", ""), int(scope.line))
        for scope in running.in_force.scopes
        if scope.root is running.in_force.common
    }
    # What a class says goes before all else; of one kind the last section counts, and those of the server before <Global>.
    overrides = [each for each in reversed(server["overrides"]) if key in each]
    for section in ("IfClass", "IfGroup", "IfUser"):
        for in_common in (False, True):
            for each in overrides:
                if each["section"] == section and ((each["file"], each["line"]) in common) is in_common:
                    here = applies(section, each["for"], class_name)
                    if each["within"] and here is not False:
                        around = next(text for text in SECTIONS if text.split()[1].rstrip(">") == each["within"])
                        outside = applies(*around[1:-1].split(" ", 1), class_name)
                        here = False if outside is False else None if outside is None else here
                    if here is not False:
                        return each[key] if here else "unknown"
    # Where there is an anonymous section, it is for the account.
    return (server["anonymous"] or [server])[0][key]


def taken(running: Running, said: t.Any, way: str, address: str) -> bool | None:
    """Whether it is told that an address is taken in that way; None if that is not known."""
    if said == "unknown" or said[way] == "unknown":
        return None
    if said[way] == "refused":
        return False
    if not said["members"]:
        return True
    return holds(classes.of(running.in_force, said["class"]).held, address)


class Session(t.NamedTuple):
    """Whom a server took, from whom, and the passive port that it told."""

    server: Known
    client: str
    answers: dict[tuple[str, str], bool]
    passive_port: int


def sessions(running: Running) -> t.Iterator[Session]:
    """Log in to every server from everywhere, and try."""
    with contextlib.ExitStack() as stack:
        # All of them first: the end of a session delays the next one.
        connected = []
        for server in running.known["servers"]:
            for address in server["addresses"] if server["listens"] else ():
                for client in CLIENTS:
                    ftp = stack.enter_context(ftplib.FTP(source_address=(client, 0)))
                    with limited(running):
                        ftp.connect(address, server["control_port"], timeout=20)
                        connected.append((server, client, ftp))
        for server, client, ftp in connected:
            in_session = False
            with limited(running):
                ftp.login(USER, PASSWORD)
                in_session = True
            if not in_session:
                continue
            answers = {("port", each): port(ftp, each) for each in FOREIGN if each != client}
            answers.update({("passive", each): passive(ftp, each) for each in FROM_HERE if each != client})
            yield Session(server, client, answers, ftp.makepasv()[1])


@contextlib.contextmanager
def limited(running: Running) -> t.Iterator[None]:
    """Go on where the server hangs up or refuses, as it is told to."""
    try:
        yield
    except (ftplib.error_perm, EOFError):
        texts = [pathlib.Path(path).read_text() for path in [running.known["path"], *running.known["files"]]]
        if not any("<Limit LOGIN>" in text for text in texts):
            raise


@contextlib.contextmanager
def started(configuration: Configuration, pem: pathlib.Path) -> t.Iterator[Proftpd]:
    """A daemon with the configuration."""
    servers: list[Proftpd] = []
    with place_for(servers) as root:
        numbers = {address: free_ports(address) for address in (MAIN, *VIRTUAL)}
        named = {"@ROOT@": str(root), "@PASSWD@": str(root / "daemon" / "passwd"), "@PEM@": str(pem)}
        named.update({f"@{address}@": str(number) for address, number in numbers.items()})

        def filled(text: str) -> str:
            return re.sub("|".join(named), lambda match: named[match.group()], text)

        for name, inner in configuration.files.items():
            (root / name).parent.mkdir(exist_ok=True)
            (root / name).write_text(filled(inner))
            hypothesis.note(f"--- {name}\n{inner}")
        hypothesis.note(f"---\n{configuration.text}")
        daemon = Proftpd(root / "daemon", MAIN, filled(configuration.text), numbers[MAIN])
        servers.append(daemon)
        daemon.wait()
        yield daemon


def test_whom_a_server_takes_is_told_as_the_daemon_has_it(authority: Authority) -> None:
    pem = authority.issue(MAIN)
    count: collections.Counter[bool | None] = collections.Counter()

    @hypothesis.settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=not LONG,
        database=None,
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    @hypothesis.given(configurations())
    def examine(configuration: Configuration) -> None:
        with started(configuration, pem) as daemon:
            running = judged(daemon)
            assert running.known["valid"] is True, running.known["problem"]
            found = _audit.judge("ftp", running.known, None)
            for session in sessions(running):
                said, ports = (
                    settings(running, session.server, session.client, key) for key in ("allow_foreign_address", "passive_ports")
                )
                told = {key: taken(running, said, *key) for key in session.answers}
                count.update(told.values())
                hypothesis.note(f"{session.server['name']} {session.client} {said} {ports}")
                known = {key: answer for key, answer in told.items() if answer is not None}
                assert known == {key: session.answers[key] for key in known}
                if ports and ports != "unknown":
                    assert ports["first"] <= session.passive_port <= ports["last"]
                if all(session.answers.values()):
                    # Whoever asked was taken: that is never passed over, and at least told as what cannot be known.
                    names = ("", session.server["name"])
                    here = [each for each in found if each.server in names]
                    unknown = said == "unknown" or "unknown" in (said["port"], said["passive"])
                    wanted = [each for each in here if each.severity == "hole"]
                    wanted += [each for each in here if unknown and each.code == "foreign_address_unknown"]
                    assert wanted, found

    examine()
    assert min(count[True], count[False]) > EXAMPLES
    assert count[None] <= MOST_UNKNOWN * sum(count.values()), count
