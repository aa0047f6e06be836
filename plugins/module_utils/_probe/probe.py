# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Reachability as one host sees it: a server's control port, login and passive port, or one bare connection."""

from __future__ import annotations

import contextlib
import ipaddress
import itertools
import math
import socket
import time
import typing as t

from ansible_collections.proftpd.fxp.plugins.module_utils._diagnosis.diagnosis import explain
from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.addresses import same_address
from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.data import list_line
from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.faults import Fault
from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.reach import Reached, outcome_of, reach
from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.resolve import resolve
from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.server import RequestError, ServerSpec, parse_port
from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.session import Session
from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.transcript import Masker, Transcript
from ansible_collections.proftpd.fxp.plugins.module_utils._probe.carriage import Carried, carry
from ansible_collections.proftpd.fxp.plugins.module_utils._probe.wire import Segment, Wire

PROBE_KEYS = ("reachable", "steps", "connection", "arrivals", "logged")
STEPS = ("control", "login", "data")
INSIST_SECONDS = 0.5  # between two attempts
OTHERS_SECONDS = 2.0  # between two where another program answers, whose clients are not to be kept out
LEAST_SECONDS = 0.1  # that an attempt has
ANSWER_SECONDS = 0.2  # that a host has for its own answer to what has arrived; its kernel needs none
ACCEPT_SECONDS = 3.0  # that a connection may take from its first segment on, so that its second attempt is seen, too
CARRY_SECONDS = 8.0  # that the listening end takes part in at most; the other one may be gone without a word
MAX_SIZE = 1 << 24  # bytes


def parse_connection(options: t.Mapping[str, t.Any]) -> tuple[str, int]:
    """Literal address and port to connect to. Raises ``RequestError``."""
    try:
        address = str(ipaddress.ip_address(options["address"]))
    except ValueError:
        raise RequestError(f"connect.address is {options['address']!r}, but a name would hide which address is meant; write one.")
    return address, parse_port("connect.port", options["port"])


def parse_carry(size: int) -> int:
    """Bytes to send each way. Raises ``RequestError``."""
    if not 0 <= size <= MAX_SIZE:
        raise RequestError(f"carry is {size}, but it must be a number of bytes from 0 to {MAX_SIZE}.")
    return size


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


def probe_connection(address: str, port: int, timeout: float, insist: bool = False, size: int = 0) -> dict[str, t.Any]:
    """
    One TCP connection to a literal address, and what of it crossed the interfaces of this host.

    With ``insist`` a connection that is rejected is tried again until the time is over, so that somebody who only begins to watch
    sees it, too. With ``size`` the probe at the other end is heard first, and then so many bytes go each way; a connection that
    somebody else answers counts as rejected, and nothing is sent over it.

    ``left`` tells whether the first segment went out, ``answered`` whether anything came back, however this host's own rules
    treat it. Both are none without the right to look. ``source`` is the address that this host connects from.
    """
    with _wire(port) as wire:
        began = time.monotonic()
        state, carried = _attempt(address, port, timeout, size)
        while insist and time.monotonic() - began + _pause(state, carried) < timeout:
            time.sleep(_pause(state, carried))
            # On a busy host a pause may take longer than it says.
            again, carried = _attempt(address, port, max(timeout - (time.monotonic() - began), LEAST_SECONDS), size)
            # The last attempt has less time than some rejections need.
            state = state if again == "no answer" else again
        seconds = round(time.monotonic() - began, 4)
        left = answered = None
        seen = list(wire.segments(0)) if wire else None
        if seen is not None:
            seen = [one for one in seen if same_address(one.destination if one.outgoing else one.source, address)]
            left = any(one.outgoing and one.opening for one in seen)
            answered = any(not one.outgoing and one.answer for one in seen)
    found = {"state": state, "seconds": seconds, "left": left, "answered": answered}
    return {**found, "source": _own_address(address, port), "carried": _told(carried, size, seen, to_port=True)}


def watch_port(port: int, seconds: float, size: int = 0, whole: bool = False) -> dict[str, t.Any]:
    """
    Who tries to open a connection to a port of this host, seen before its firewall; returns soon after the first.

    With ``whole`` it returns when the time is over, and listens only for a moment: a server that starts is not to be kept out.
    ``sources`` are literal addresses, ``answered`` those of them that something was sent back to. Both are none without the right
    to look. ``listening`` is whether the port was held open meanwhile, so that only rules can have refused somebody; none if
    another program has it. With ``size`` whoever connects is greeted, and so many bytes go each way if it answers.
    """
    # In this order: whatever is seen has met an open port.
    sources: dict[str, None] = {}
    answered: set[str] = set()
    seen: list[Segment] = []
    with _listener(port) as listener, _wire(port) as wire:
        listening = listener is not None or None
        if whole and listener:
            listener.close()
        if wire is None:
            return {"sources": None, "answered": None, "listening": listening, "carried": None}
        deadline = time.monotonic() + seconds
        first = next((one for one in wire.segments(seconds) if one.opening and not one.outgoing), None)
        carried = _answer(listener, size, deadline) if first and listener and size and not whole else None
        rest = max(deadline - time.monotonic(), 0) if whole else ANSWER_SECONDS
        for one in itertools.chain([first], wire.segments(rest)) if first else ():
            if one.opening and not one.outgoing:
                sources[one.source] = None
            if one.answer and one.outgoing:
                answered.add(one.destination)
            if carried:
                seen.append(one)
    told = {"sources": list(sources), "answered": [address for address in sources if address in answered]}
    return {**told, "listening": listening, "carried": _told(carried, size, seen, to_port=False)}


def _attempt(address: str, port: int, timeout: float, size: int) -> tuple[Reached, Carried | None]:
    if not size:
        return reach(address, port, timeout), None
    deadline = time.monotonic() + timeout
    try:
        with socket.create_connection((address, port), timeout) as data:
            return "connected", carry(data, size, deadline, listens=False)
    except OSError as error:
        return outcome_of(error), None


def _own_address(address: str, port: int) -> str | None:
    """The address that this host connects from, before anybody translates it; none without a route. Nothing is sent."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as route:
            route.connect((address, port))
            return str(route.getsockname()[0])
    except OSError:
        return None


def _pause(state: Reached, carried: Carried | None) -> float:
    """Seconds until the next attempt; it does not come where this one was not in vain."""
    if state in ("refused", "unreachable"):
        return INSIST_SECONDS
    return OTHERS_SECONDS if carried is not None and not carried.greeted else math.inf


def _answer(listener: socket.socket, size: int, deadline: float) -> Carried | None:
    """What the first connection carries that a probe opens, else the last one. One whose opening came must follow soon."""
    soon = min(deadline, time.monotonic() + ACCEPT_SECONDS)
    carried: Carried | None = None
    while time.monotonic() < soon and not (carried and carried.greeted):
        listener.settimeout(max(soon - time.monotonic(), 0.001))
        try:
            data, _peer = listener.accept()
        except OSError:  # nobody came
            break
        with data:
            carried = carry(data, size, min(deadline, time.monotonic() + CARRY_SECONDS), listens=True)
    return carried


def _told(carried: Carried | None, size: int, seen: t.Sequence[Segment] | None, *, to_port: bool) -> dict[str, t.Any] | None:
    """What one end knows of the data; the largest segments that left and came, none where nobody could look."""
    if carried is None:
        return None
    # Who connects sends to the port, who listens sends from it.
    out = [one.payload for one in seen or () if one.outgoing and one.answer is not to_port]
    come = [one.payload for one in seen or () if not one.outgoing and one.answer is to_port]
    largest = {"largest_left": max(out, default=0), "largest_came": max(come, default=0)}
    return {
        "size": size,
        "greeted": carried.greeted,
        "received": carried.received,
        **(largest if seen is not None else dict.fromkeys(largest)),
    }


@contextlib.contextmanager
def _listener(port: int) -> t.Iterator[socket.socket | None]:
    """Listen on a port of all addresses."""
    listener = _listen(port)
    try:
        yield listener
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
    "parse_carry",
    "parse_connection",
    "probe_connection",
    "probe_server",
    "watch_port",
)
