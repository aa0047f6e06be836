# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
Whatever others say is text where it is shown: on the console, in the log, and in every form of the report.

Servers that reply it, configurations, certificates, rules and processes that are named so. What may not be found raw is told by
Unicode here, and not by the function that is tested.
"""

from __future__ import annotations

import contextlib
import datetime
import json
import os
import pathlib
import re
import subprocess
import sys
import typing as t
import unicodedata
import xml.etree.ElementTree as ET

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from ansible_collections.proftpd.fxp.plugins.action import fxp_report
from ansible_collections.proftpd.fxp.plugins.module_utils._bounce.bounce import parse_bounce, run_bounce
from ansible_collections.proftpd.fxp.plugins.module_utils._ftp import session
from ansible_collections.proftpd.fxp.plugins.plugin_utils import _screen
from ansible_collections.proftpd.fxp.plugins.plugin_utils._report import html as _report_html
from ansible_collections.proftpd.fxp.plugins.plugin_utils._report import report as _report
from ansible_collections.proftpd.fxp.plugins.plugin_utils._report import results as _results
from ansible_collections.proftpd.fxp.plugins.plugin_utils._report.contents import contents_of
from ansible_collections.proftpd.fxp.tests import report_samples
from ansible_collections.proftpd.fxp.tests.integration.checking import check
from ansible_collections.proftpd.fxp.tests.integration.daemons import LONG, server_options
from ansible_collections.proftpd.fxp.tests.integration.scripted import Answer, ScriptedServer, Sink
from ansible_collections.proftpd.fxp.tests.unit.plugins.plugin_utils._report.test_formats import Page

SOURCE, DESTINATION = "127.0.1.41", "127.0.1.42"
# Cf that is seen: signs in front of Arabic, Syriac and Kaithi numbers.
NUMBER_SIGNS = set("\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd")
UNSEEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}
FORGED = "FORGED: all is well"
# Their product stands nowhere, unless somebody evaluates it.
PRODUCT = "{{ 7919*7907 }}", "62615533"
VERBS = ["", "USER", "PASS", "FEAT", "TYPE", "SIZE", "PASV", "PORT", "RETR", "QUIT"]
PIECES = [
    "\x00",
    "\x07\x08\x7f",
    "\x1b[2J\x1b[1;31mred",
    "\x1b]0;title\x07",
    "\x9b2J\x85",
    "\u202egpj.exe\u202c",
    "\u2066turned\u2069",
    "\u200b\u200d\u2060\ufeff\u00ad",
    "\u2028\u2029",
    "\U000e0041\U0001fffe",
    "\udcff\udc80",
    "<script>alert(1)</script>",
    "</script></details></td><img src=x onerror=alert(1)>",
    "]]>--><!--",
    "&lt;&amp;",
    " | a | b | ",
    "`code` ```\u0060",
    "[x](javascript:alert(1))",
    "\" onmouseover='alert(1)' ",
    PRODUCT[0],
    "{% for x in y %}",
    "{# #}",
    "\\x1b\\n",
    "x" * 9000,
    "é 完了 אב",
]
WORDS = st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=8)), min_size=1, max_size=5).map("".join)
# What only stands on several lines.
TEXTS = st.one_of(WORDS, WORDS.map(lambda text: f"{text}\r\n{FORGED}"), WORDS.map(lambda text: f"{text}\n{FORGED}\n"))


def as_bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass").replace("\udcff".encode("utf-8", "surrogatepass"), b"\xff")


def assert_seen(text: str) -> None:
    """Nothing steers a terminal, turns or begins a line, or was evaluated."""
    raw = {each for each in text if each not in "\n\t" and each not in NUMBER_SIGNS and unicodedata.category(each) in UNSEEN}
    assert not raw, sorted(map(hex, map(ord, raw)))
    assert not [line for line in text.splitlines() if line.startswith(FORGED)]
    assert PRODUCT[1] not in text


def names_of(page: str) -> tuple[set[str], set[str]]:
    """The names of the elements and of the attributes of a page."""
    tags = Page(page).tags
    return {tag for tag, _attributes in tags}, {name for _tag, attributes in tags for name in attributes}


OURS = names_of(_report_html.as_html(report_samples.contents(9, "some")))


def columns(markdown: str) -> list[tuple[int, int]]:
    """The columns of each row of each table, beside those of its heading."""
    text = re.sub(r"^(`{3,})text\n.*?\n\1$", "", markdown, flags=re.MULTILINE | re.DOTALL)
    found, heading = [], 0
    for line in text.split("\n"):
        if line.startswith("| "):
            heading = heading or line.count("|")
            found.append((line.count("|"), heading))
        else:
            heading = 0
            assert not re.search(r"<(?!/?(details|summary)>)", line)
    return found


def assert_forms(forms: t.Mapping[str, str]) -> None:
    for text in forms.values():
        assert_seen(text)
        text.encode()
    assert all(found <= ours for found, ours in zip(names_of(forms["report.html"]), OURS))
    assert Page(forms["report.html"]).blocks["script"] == [_report_html.SCRIPT]
    root = ET.fromstring(forms["junit.xml"])
    assert {element.tag for element in root.iter()} <= {
        "testsuites", "testsuite", "testcase", "failure", "skipped", "system-out", "properties", "property"
    }  # fmt: skip
    for element in root.iter():
        assert_seen("".join([element.text or "", *element.attrib.values()]))
    assert all(count == heading for count, heading in columns(forms["report.md"]))
    assert len(forms["report.md"]) <= 60_000
    json.loads(forms["report.json"])


def forms_of(result: dict[str, t.Any], bounce: t.Sequence[t.Mapping[str, t.Any]]) -> tuple[list[_report.Leg], dict[str, str]]:
    legs = _report.listed(_results.legs_of("ftp1", "ftp2", result))
    contents = contents_of("Transfers", "2026-03-01T12:00:00Z", None, legs, bounce)
    return legs, {name: render(contents) for name, render in fxp_report.FORMATS.items()}


def checked(answers: t.Mapping[str, Answer]) -> tuple[list[_report.Leg], dict[str, str], dict[str, t.Any], str]:
    """What a check between two such servers, and a stranger at the first, come to in every form."""
    with Sink(SOURCE, [0]) as sink:
        high, low = divmod(sink.ports[0], 256)
        announced: dict[str, Answer] = {
            "PASV": f"227 Entering Passive Mode ({SOURCE.replace('.', ',')},{high},{low}).\r\n".encode(),
            "RETR": b"150 go\r\n226 done\r\n",
            "STOR": b"150 go\r\n226 done\r\n",
            "LIST": b"150 go\r\n226 done\r\n",
        }
        with ScriptedServer(SOURCE, {**announced, **answers}) as source, ScriptedServer(DESTINATION, announced) as destination:
            options = [server_options(server.address, server.port) for server in (source, destination)]
            found = check(options[0], options[1], passive="source", path="there", timeout=0.1)
            strangers = run_bounce(parse_bounce({"server": {**options[0]}, "stranger_sources": ["127.0.0.66"], "timeout": 0.1}))
    bounce = [{**strangers.result, "server": "ftp1", "msg": strangers.message}]
    return *forms_of(found.result, bounce), found.result, found.message


@settings(
    max_examples=500 if LONG else 50,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    verbs=st.sets(
        st.sampled_from(["", "USER", "PASS", "FEAT", "TYPE", "SIZE", "PASV", "PORT", "RETR", "QUIT"]), min_size=1, max_size=3
    ),
    code=st.sampled_from([b"2", b"4", b"5"]),
    text=TEXTS,
)
@example(verbs={"FEAT", "SIZE"}, code=b"5", text="".join(PIECES))
@example(verbs={""}, code=b"2", text="\x1b[2J\u202e{{ 7919*7907 }}|`<script>]]>\x00\u2028\n" + FORGED)
def test_any_reply_is_text_in_every_form(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    verbs: set[str],
    code: bytes,
    text: str,
) -> None:
    """Replies of several lines, of no code, too long, and with names and words of everybody's."""
    monkeypatch.setattr(session, "LOGIN_SECONDS", 0.1)
    said = as_bytes(text)
    one_line = said.replace(b"\r", b"").replace(b"\n", b" ")
    replies = {verb: code + b"30-" + one_line + b"\r\n " + said + b"\r\n" + code + b"30 " + one_line + b"\r\n" for verb in verbs}
    legs, forms, result, message = checked(replies)
    assert_forms(forms)
    for each in (message, json.dumps(result, ensure_ascii=False), _report.summary(legs)):
        assert_seen(each.replace("\n", " "))
    capsys.readouterr()
    _screen.show([*_report.dialogues(legs), *_report.table(legs), *_report.sentences(legs)], fxp_report.COLOURS)
    console = capsys.readouterr().out
    assert "ftp1 -> ftp2" in console
    assert_seen(console)


PLAY = """
- hosts: localhost
  gather_facts: false
  vars: {ansible_python_interpreter: "{{ ansible_playbook_python }}"}
  tasks:
    - proftpd.fxp.fxp_check:
        source: "{{ servers[0] }}"
        destination: "{{ servers[1] }}"
        path: there
        passive: source
        timeout: 0.3
      loop: [{source: ftp1, destination: ftp2}]
      vars: {servers: [%(source)s, %(destination)s]}
      register: results
      ignore_errors: true
    - proftpd.fxp.fxp_bounce_check:
        server: %(source)s
        timeout: 0.3
      register: bounce
      ignore_errors: true
    - proftpd.fxp.fxp_probe:
        server: %(probed)s
        timeout: 0.3
      register: probed
    - proftpd.fxp.fxp_report:
        results: "{{ results.results }}"
        bounce: {ftp1: "{{ bounce }}"}
        directory: "%(directory)s/report"
        show: dialogues
      register: told
      ignore_errors: true
    - ansible.builtin.fail:
        msg: "{{ told.msg }} {{ bounce.msg | default('') }} {{ probed.steps | map(attribute='detail') | join('; ') }}"
      ignore_errors: true
    - ansible.builtin.set_fact:
        kept: "{{ results }}"
        words: "{{ told.msg }}"
    - ansible.builtin.debug:
        msg: "{{ hostvars[inventory_hostname].kept }} {{ hostvars | dict2items | map(attribute='value.words') }} {{ words }}"
"""
LOOK = """
- hosts: localhost
  gather_facts: false
  vars: {ansible_python_interpreter: "{{ ansible_playbook_python }}"}
  tasks:
    - proftpd.fxp.proftpd_info:
        path: "%(directory)s/proftpd.conf"
        service: no-such-unit
      register: look
    - ansible.builtin.debug: {var: look}
    - proftpd.fxp.fxp_audit:
        results: {localhost: "{{ look }}"}
        report: "%(directory)s/audit.json"
      ignore_errors: true
      register: audited
    - ansible.builtin.set_fact: {kept: "{{ look }}", classes: "{{ look.classes.keys() | join(' ') }}"}
    - ansible.builtin.debug:
        msg: "{{ hostvars[inventory_hostname].kept.classes }} {{ classes }} {{ audited.audit | map(attribute='cure') | join }}"
    - proftpd.fxp.proftpd_config:
        path: "%(directory)s/proftpd.conf"
        service: no-such-unit
        content: "{{ lookup('ansible.builtin.file', '%(directory)s/new.conf') }}"
        control_port: %(port)s
        take_over: true
      check_mode: true
      diff: true
      register: written
      ignore_errors: true
    - ansible.builtin.fail: {msg: "{{ written.msg | default('nothing') }}"}
      ignore_errors: true
    - proftpd.fxp.proftpd_certificate:
        path: "%(directory)s/pair.pem"
        trust_path: "%(directory)s/ca.pem"
        addresses: [192.0.2.1]
        trust: "{{ lookup('ansible.builtin.file', '%(directory)s/ca.pem') }}"
      check_mode: true
      diff: true
      ignore_errors: true
"""


def played(directory: pathlib.Path, play: str, *prefix: str) -> str:
    """What a play prints and logs."""
    (directory / "play.yml").write_text(play)
    log = directory / "ansible.log"
    done = subprocess.run(
        [*prefix, "ansible-playbook", "--inventory=localhost,", "--connection=local", "-vv", str(directory / "play.yml")],
        capture_output=True,
        timeout=180,
        check=False,
        env={**os.environ, "ANSIBLE_NOCOLOR": "1", "ANSIBLE_LOG_PATH": str(log), "ANSIBLE_CALLBACK_RESULT_FORMAT": "json"},
    )
    output = (done.stdout + done.stderr).decode("utf-8", "surrogateescape")
    assert done.returncode == 0, output
    assert "unreachable=0" in output
    assert "Traceback" not in output
    return output + log.read_text(encoding="utf-8", errors="surrogateescape")


def reports(directory: pathlib.Path) -> dict[str, str]:
    return {name: (directory / name).read_text() for name in fxp_report.FORMATS}


FEW = settings(
    max_examples=20 if LONG else 2,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
ATTACK = "\x1b[2J\x9b1m\u202eX\u2066\u200b\u2028\udcff<script>`|]]>{{ 7919*7907 }}{{ lookup('pipe', 'touch evaluated') }}"


@FEW
@given(text=TEXTS)
@example(text=ATTACK)
def test_a_play_shows_what_servers_say(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    """By Ansible itself: its callback, its log, its templates."""
    directory = tmp_path_factory.mktemp("shown")
    said = as_bytes(text).replace(b"\r", b"").replace(b"\n", b" ")
    script: dict[str, Answer] = {
        "": b"220 " + said + b"\r\n",
        "FEAT": b"211-" + said + b"\r\n " + said + b"\r\n211 End\r\n",
        "SIZE": b"550 " + said + b"\r\n",
        "PASV": b"500 " + said + b"\r\n",
        "EPSV": b"500 " + said + b"\r\n",
    }
    refusing: dict[str, Answer] = {"PASS": b"530 " + said + b"\r\n"}
    with ScriptedServer(SOURCE, script) as source, ScriptedServer(DESTINATION, script) as destination, ScriptedServer(
        "127.0.1.43", refusing
    ) as probed:
        servers = {
            name: server_options(server.address, server.port)
            for name, server in (("source", source), ("destination", destination), ("probed", probed))
        }
        for option in ("passive_ports", "expected_address"):
            del servers["probed"][option]
        output = played(
            directory, PLAY % {"directory": directory, **{name: json.dumps(options) for name, options in servers.items()}}
        )
    assert "file_refused" in output or "protocol_error" in output
    assert_seen(output)
    assert_forms(reports(directory / "report"))
    assert not list(pathlib.Path.cwd().glob("evaluated"))


def certificate(directory: pathlib.Path, name: str) -> None:
    """An authority and a server's certificate of that name."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.timezone.utc)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=10))
        .add_extension(x509.BasicConstraints(True, None), True)
    )
    text = builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    (directory / "ca.pem").write_bytes(text)
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (directory / "pair.pem").write_bytes(private + text)
    (directory / "pair.pem").chmod(0o600)


NEEDED = "User nobody\nGroup nogroup\nAuthOrder mod_auth_file.c\nPort 2121\nPassivePorts 50000 50099\nMaxInstances 20\n"


def configuration(text: str) -> bytes:
    """One in which names and values are ``text``, as far as a word of the language can hold it."""
    word = text.replace("\0", "").replace('"', "'").replace("\\", "/").replace("\r", "").replace("\n", " ")
    return as_bytes(
        f'{NEEDED}ServerName "{word}"\n<Class "{word}">\nFrom all\n</Class>\nAllowForeignAddress "{word}"\n'
        f'MasqueradeAddress "{word}"\n<Anonymous "/srv/{word}">\nUser "{word}"\nAllowForeignAddress "{word}"\n</Anonymous>\n'
        f'<VirtualHost "{word}">\nAllowForeignAddress "{word} "\n</VirtualHost>\nTLSOptions "{word}"\nInclude "/{word}"\n'
    )


RULES = """
table inet others {
    chain input {
        type filter hook input priority 0; policy drop;
        iifname "NAME" tcp dport 1-65535 accept comment "COMMENT"
        meta mark 7 log prefix "COMMENT" tcp dport 1-65535 drop comment "COMMENT"
        tcp dport 1-65535 limit rate 10/second accept comment "COMMENT"
    }
}
"""
HOST = """
import ctypes, pathlib, socket, subprocess, sys
ctypes.CDLL(None).prctl(15, sys.argv[2].encode(errors="surrogateescape"), 0, 0, 0)
name = pathlib.Path(sys.argv[3]).read_bytes()
for command in (
    b"ip link set lo up",
    b"ip address add 192.0.2.1/32 dev lo",
    b"ip link add dev other type veth peer name NAME",
    b"ip link set NAME up",
):
    subprocess.run([word.replace(b"NAME", name) for word in command.split(b" ")], check=True)
subprocess.run(["nft", "-f", sys.argv[4]], check=True)
with socket.create_server(("0.0.0.0", int(sys.argv[1]))):
    print("ready", flush=True)
    sys.stdin.read()
"""


@contextlib.contextmanager
def host_of(directory: pathlib.Path, text: str) -> t.Iterator[tuple[int, list[str]]]:
    """
    A network of its own whose interface, rules, and the process that has a port are named so.

    Yields the port, and what makes a command run there.
    """
    port = 2121
    said = as_bytes("".join(text.split())).translate(None, b'\0"/:')
    interface = said.translate(None, bytes(range(128, 256)) + b"*\\% \t\n\v\f\r")[:12] or b"x"
    (directory / "interface").write_bytes(interface)
    rules = RULES.encode().replace(b"NAME", interface).replace(b"COMMENT", said[:90])
    (directory / "rules.nft").write_bytes(rules)
    files = [str(directory / "interface"), str(directory / "rules.nft")]
    command = ["unshare", "--net", sys.executable, "-c", HOST, str(port), os.fsdecode(said[:15]), *files]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        assert process.stdout.readline() == b"ready\n"
        yield port, ["nsenter", f"--net=/proc/{process.pid}/ns/net"]
        process.stdin.close()


@FEW
@given(text=TEXTS)
@example(text=ATTACK)
def test_a_play_shows_what_a_host_is_made_of(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    """Class names and all other words of a configuration, the diff of one that goes, certificates, rules, and who has a port."""
    directory = tmp_path_factory.mktemp("shown")
    (directory / "proftpd.conf").write_bytes(configuration(text))
    (directory / "new.conf").write_text(NEEDED + "AllowForeignAddress off\n")
    # X.509 takes 64 bytes of UTF-8.
    certificate(directory, text.replace("\0", "").encode("utf-8", "ignore")[:64].decode("utf-8", "ignore") or "x")
    with host_of(directory, text) as (port, there):
        output = played(directory, LOOK % {"directory": directory, "port": port}, *there)
    assert "is taken by" in output
    assert "of chain inet others input" in output
    assert "trusts: " in output
    assert_seen(output)
    assert_seen((directory / "audit.json").read_text())
    assert not list(pathlib.Path.cwd().glob("evaluated"))
