# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Reachability as one host sees it: a server's control port, login and passive port, or one bare connection."""

from __future__ import annotations

import contextlib
import ipaddress
import socket
import time
import typing as t

from ansible_collections.proftpd.fxp.plugins.module_utils._diagnosis.diagnosis import explain
from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.addresses import same_address
from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.data import list_line
from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.faults import Fault
from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.reach import reach
from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.resolve import resolve
from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.server import RequestError, ServerSpec, parse_port
from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.session import Session
from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.transcript import Masker, Transcript
from ansible_collections.proftpd.fxp.plugins.module_utils._probe.wire import Wire

PROBE_KEYS = ("reachable", "steps", "connection", "arrivals")
STEPS = ("control", "login", "data")
INSIST_SECONDS = 0.5  # between two attempts
ANSWER_SECONDS = 0.2  # that a host has for its own answer to what has arrived; its kernel needs none


def parse_connection(options: t.Mapping[str, t.Any]) -> tuple[str, int]:
    """Literal address and port to connect to. Raises ``RequestError``."""
    try:
        address = str(ipaddress.ip_address(options["address"]))
    except ValueError:
        raise RequestError(f"connect.address is {options['address']!r}, but a name would hide which address is meant; write one.")
    return address, parse_port("connect.port", options["port"])


def probe_server(spec: ServerSpec, timeout: float) -> list[dict[str, t.Any]]:
    """
    Control connection, login and a listing over a passive data connection; each step as a dictionary.

    ``ok`` is none for a step that was not come to. Every step is bounded by ``timeout``, or by the time that logins have.
    """
    masker = Masker([spec.password])
    session = Session(spec, timeout, Transcript(masker).of(spec.label))
    steps: list[dict[str, t.Any]] = [
        {"step": name, "ok": None, "seconds": None, "cause": None, "detail": None, "remedy": None} for name in STEPS
    ]

    def reach_control() -> None:
        session.endpoint = resolve(spec, timeout)
        session.greet()

    actions: tuple[t.Callable[[], t.Any], ...] = (
        reach_control,
        lambda: session.control,
        lambda: list_line(session.control, "."),
    )
    for step, action in zip(steps, actions):
        began = time.monotonic()
        try:
            action()
            step["ok"] = True
        except Fault as fault:
            step.update(explain(spec, fault, masker), ok=False)
        step["seconds"] = round(time.monotonic() - began, 4)
        if not step["ok"]:
            break
    session.close()
    return steps


def probe_connection(address: str, port: int, timeout: float, insist: bool = False) -> dict[str, t.Any]:
    """
    One TCP connection to a literal address, and what of it crossed the interfaces of this host.

    With ``insist`` a connection that is rejected is tried again until the time is over, so that somebody who only begins to watch
    sees it, too.

    ``left`` tells whether the first segment went out, ``answered`` whether anything came back, however this host's own rules
    treat it. Both are none without the right to look.
    """
    with _wire(port) as wire:
        began = time.monotonic()
        state = reach(address, port, timeout)
        while insist and state in ("refused", "unreachable") and time.monotonic() - began + INSIST_SECONDS < timeout:
            time.sleep(INSIST_SECONDS)
            again = reach(address, port, timeout - (time.monotonic() - began))
            # The last attempt has less time than some rejections need.
            state = state if again == "no answer" else again
        seconds = round(time.monotonic() - began, 4)
        left = answered = None
        if wire:
            seen = list(wire.segments(0))
            left = any(one.outgoing and one.opening and same_address(one.destination, address) for one in seen)
            answered = any(not one.outgoing and not one.opening and same_address(one.source, address) for one in seen)
    return {"state": state, "seconds": seconds, "left": left, "answered": answered}


def watch_port(port: int, seconds: float) -> dict[str, t.Any]:
    """
    Who tries to open a connection to a port of this host, seen before its firewall; returns soon after the first.

    ``sources`` are literal addresses, ``answered`` those of them that something was sent back to. Both are none without the right
    to look. ``listening`` is whether the port was held open meanwhile, so that only rules can have refused somebody; none if
    another program has it.
    """
    # In this order: whatever is seen has met an open port.
    with _listener(port) as listening, _wire(port) as wire:
        if wire is None:
            return {"sources": None, "answered": None, "listening": listening}
        sources: list[str] = []
        answered: list[str] = []
        first = next((one for one in wire.segments(seconds) if one.opening and not one.outgoing), None)
        for one in [first, *wire.segments(ANSWER_SECONDS)] if first else []:
            if one.opening and not one.outgoing and one.source not in sources:
                sources.append(one.source)
            if not one.opening and one.outgoing and one.destination not in answered:
                answered.append(one.destination)
    return {"sources": sources, "answered": [address for address in sources if address in answered], "listening": listening}


@contextlib.contextmanager
def _listener(port: int) -> t.Iterator[bool | None]:
    """Listen on a port of all addresses, and say nothing to whoever comes."""
    listener = _listen(port)
    try:
        yield listener is not None or None
    finally:
        if listener:
            listener.close()


def _listen(port: int) -> socket.socket | None:
    dual = socket.has_dualstack_ipv6()
    try:
        return socket.create_server(("", port), family=socket.AF_INET6 if dual else socket.AF_INET, dualstack_ipv6=dual)
    except OSError:  # it is taken
        return None


@contextlib.contextmanager
def _wire(port: int) -> t.Iterator[Wire | None]:
    try:
        wire = Wire(port)
    except (OSError, AttributeError):  # no right to look, or not Linux
        yield None
        return
    with wire:
        yield wire


__all__ = (
    "PROBE_KEYS",
    "STEPS",
    "parse_connection",
    "probe_connection",
    "probe_server",
    "watch_port",
)
