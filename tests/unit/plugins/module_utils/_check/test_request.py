# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.proftpd.fxp.plugins.module_utils._check.request import parse_request
from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.server import RequestError

SERVER = {
    "host": "192.0.2.1",
    "port": 21,
    "user": "fxp",
    "password": "correct horse",
    "directory": ".",
    "passive_ports": None,
    "expected_address": None,
}
OPTIONS = {
    "source": SERVER,
    "destination": {**SERVER, "host": "2001:db8::1", "passive_ports": "1024-2048", "expected_address": "2001:DB8::0:1"},
    "passive": "both",
    "family": "auto",
    "path": None,
    "payload_size": 1048576,
    "timeout": 10.0,
    "transfer_timeout": 0.0,
    "expect": "allowed",
}


def test_request() -> None:
    request = parse_request(OPTIONS).terms
    assert request.passive == ("source", "destination")
    assert request.servers["source"].label == "192.0.2.1:21"
    destination = request.servers["destination"]
    assert destination.label == "[2001:db8::1]:21"
    assert (destination.passive_ports, destination.expected_address) == ((1024, 2048), "2001:db8::1")
    assert (request.timeout, request.payload_size, request.path) == (10.0, 1048576, None)


def with_tls(**options: t.Any) -> dict[str, t.Any]:
    """A request between two servers with TLS."""
    server = {**SERVER, "tls": "explicit", "validate_certs": True, "ca_path": "/ca.pem", "ca_content": None}
    return {
        **OPTIONS,
        "source": server,
        "destination": {**server, "tls": "implicit"},
        "protection": None,
        "sscn": "auto",
        **options,
    }


def test_tls() -> None:
    request = parse_request(with_tls()).terms
    source = request.servers["source"]
    assert (source.tls, source.validate_certs, source.ca_path, source.ca_content) == ("explicit", True, "/ca.pem", None)
    assert request.servers["destination"].tls == "implicit"
    assert (request.private, request.sscn) == (True, None)
    assert parse_request(with_tls(sscn="source")).terms.sscn == "source"
    assert not parse_request(with_tls(protection="clear")).terms.private
    assert parse_request(with_tls(protection="private")).terms.private
    assert not parse_request(with_tls(source=SERVER)).terms.private


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"ca_content": "x"}, "source.ca_path and source.ca_content are both given"),
        ({"tls": "none"}, "source.ca_path is given, but source.tls is none; set source.tls: explicit"),
        ({"tls": "none", "ca_path": None, "ca_content": "x"}, "source.ca_content is given, but source.tls is none"),
        ({"validate_certs": False}, "source.ca_path is given, but source.validate_certs is false"),
        ({"ca_path": ""}, "source.ca_path is empty"),
        ({"ca_path": None, "ca_content": ""}, "source.ca_content is empty"),
    ],
)
def test_refuses_of_tls(options: dict[str, t.Any], message: str) -> None:
    with pytest.raises(RequestError, match=message):
        parse_request(with_tls(source={**with_tls()["source"], **options}))


@pytest.mark.parametrize(
    ("options", "plain"), [({"source": SERVER}, "source"), ({"destination": SERVER}, "destination"), (OPTIONS, "source")]
)
def test_private_data_needs_tls_on_both(options: dict[str, t.Any], plain: str) -> None:
    with pytest.raises(RequestError, match=f"protection is private, but {plain}.tls is none"):
        parse_request(with_tls(**{**options, "protection": "private"}))


@pytest.mark.parametrize("passive", ["source", "destination"])
def test_one_passive_role(passive: str) -> None:
    assert parse_request({**OPTIONS, "passive": passive}).terms.passive == (passive,)


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [
        ("path", "a\r\nDELE b", r"path is 'a\\r\\nDELE b', which contains a line break"),
        ("path", "a\0b", "path .* NUL"),
        ("path", "", "path is empty"),
        ("path", "a\udcffb", "path .* UTF-8"),
        ("payload_size", -1, "payload_size is -1"),
        ("timeout", 0, "timeout is 0"),
        ("timeout", float("nan"), "timeout is nan"),
        ("timeout", float("inf"), "timeout is inf, but every step needs some time and must end"),
        ("transfer_timeout", -1, "transfer_timeout is -1"),
    ],
)
def test_refuses(option: str, value: t.Any, message: str) -> None:
    with pytest.raises(RequestError, match=message):
        parse_request({**OPTIONS, option: value})


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [
        ("host", "", "destination.host is empty"),
        ("host", "a\nb", "destination.host is 'a.*line break"),
        ("user", "a\rb", "destination.user .*line break"),
        ("directory", "a\nb", "destination.directory .*line break"),
        ("port", 0, "destination.port is 0"),
        ("port", 65536, "destination.port is 65536"),
        ("passive_ports", "5", "destination.passive_ports: '5' is not a range"),
        ("expected_address", "ftp.example.com", "destination.expected_address is 'ftp.example.com'.*not a name"),
    ],
)
def test_refuses_of_a_server(option: str, value: t.Any, message: str) -> None:
    with pytest.raises(RequestError, match=message):
        parse_request({**OPTIONS, "destination": {**SERVER, option: value}})


def test_password_is_not_in_the_message() -> None:
    with pytest.raises(RequestError) as caught:
        parse_request({**OPTIONS, "source": {**SERVER, "password": "correct\nhorse"}})
    assert str(caught.value) == "source.password contains a line break or NUL; remove it."
