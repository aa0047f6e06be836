# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""A whole bounce check: can anybody but the client make a server connect elsewhere, or take its data connections?"""

from __future__ import annotations

import contextlib
import socket
import typing as t
from dataclasses import dataclass

from ansible_collections.proftpd.fxp.plugins.module_utils._bounce.active import command_for, tell
from ansible_collections.proftpd.fxp.plugins.module_utils._bounce.listener import Listener, NoListener, low_listener
from ansible_collections.proftpd.fxp.plugins.module_utils._bounce.passive import Taken, connect_from, take, way_back
from ansible_collections.proftpd.fxp.plugins.module_utils._bounce.result import (
    Bounced,
    Finding,
    Probe,
    message_of,
    remedy_for,
    warnings_of,
    whole_result,
)
from ansible_collections.proftpd.fxp.plugins.module_utils._bounce.sources import (
    found_strangers,
    named_strangers,
    parse_sources,
    require_local,
)
from ansible_collections.proftpd.fxp.plugins.module_utils._diagnosis.diagnosis import explain
from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.addresses import is_ipv6, is_private, is_rfc1918, same_address
from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.data import list_line, release
from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.faults import Fault
from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.resolve import resolve
from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.seen import seen_by
from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.server import ServerSpec, parse_server, parse_timeout
from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.session import Session
from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.transcript import Masker, Transcript

MOST_FAULTS = 2  # of probes; then the rest is left untested, for every one may have cost the whole timeout
SEQUENCE = 4  # passive ports that are asked for in a row
# An RFC 1918 address that nobody is likely to have. Nothing is sent there unless strangers are refused.
PRIVATE = "10.255.255.254"


@dataclass(frozen=True)
class BounceRequest:
    """One server and who plays a stranger (empty: whatever this host has). ``timeout`` is seconds for any one step."""

    server: ServerSpec
    sources: tuple[str, ...]
    timeout: float


def parse_bounce(options: t.Mapping[str, t.Any]) -> BounceRequest:
    """Options of the module, with its types and defaults applied. Raises ``RequestError``."""
    return BounceRequest(
        server=parse_server("server", options["server"]),
        sources=parse_sources(options["stranger_sources"] or ()),
        timeout=parse_timeout(options["timeout"]),
    )


def run_bounce(request: BounceRequest) -> Bounced:
    """
    Check one server. Whatever it does ends up in the outcome.

    Raises ``RequestError`` for a named stranger that is none: that shows only when the server's address is known.
    """
    require_local(request.sources)
    return _Bounce(request).run()


class _Bounce:
    def __init__(self, request: BounceRequest) -> None:
        self.request, self.spec, self.timeout = request, request.server, request.timeout
        self.label = self.spec.label
        self.masker = Masker([self.spec.password])
        self.transcript = Transcript(self.masker)
        self.record = self.transcript.of(self.label)
        self.session = Session(self.spec, self.timeout, self.record)
        self.greeting = self.own = self.peer = ""
        self.strangers: list[str] = []
        self.findings: list[Finding] = []
        self.dialogues: list[tuple[Probe, str | None]] = []  # what the transcript's numbers stand for
        self.seen: dict[str, str | None] = {}  # at which address the server sees connections from the key
        self.reaches: dict[str, bool] = {}  # whether the server's packets to a stranger come to this host
        self.lists: str | None = None  # why the client itself gets no listing
        self.faults = 0

    def run(self) -> Bounced:
        try:
            try:
                self._prepare()
            except Fault as fault:
                return self._unusable(fault)
            self._probe()
        finally:
            self.transcript.leg = None
            self.session.close()
        result = self._result()
        message = message_of(self.findings, self.label)
        return Bounced(result, message, warnings_of(self.findings, self.label, result["tested"]))

    def _prepare(self) -> None:
        """Log in, choose the strangers and see what the client itself can do."""
        self.session.endpoint = resolve(self.spec, self.timeout)
        control = self.session.control
        self.greeting = self.session.greeting
        self.own, self.peer = control.own_address, control.peer_address
        if self.session.seen is not None:
            self.seen[self.own] = self.session.seen
        named = self.request.sources
        self.strangers = named_strangers(named, self.own, self.peer) if named else found_strangers(self.own, self.peer)
        try:
            list_line(self.session.control, ".")
        except Fault as fault:
            # A listing that is longer than anybody wants to read is one.
            if not (fault.kind == "malformed" and fault.command == "LIST"):
                self.lists = f"the client itself gets no listing ({self.masker.text(fault.detail)})"
            if fault.kind != "refused":
                self.session.drop()

    def _unusable(self, fault: Fault) -> Bounced:
        why = explain(self.spec, fault, self.masker)
        message = f"{self.label} could not be tested: {why['detail']} ({why['cause']}). {why['remedy']}"
        return Bounced(self._result(), message, [])

    def _result(self) -> dict[str, t.Any]:
        entries = []
        for entry in self.transcript.entries():
            probe, stranger = (None, None) if entry["leg"] is None else self.dialogues[entry["leg"]]
            kept = {key: entry[key] for key in ("seconds", "direction", "line")}
            entries.append({**kept, "probe": probe, "stranger": stranger})
        return whole_result(self.findings, self.strangers, entries)

    def _probe(self) -> None:
        ipv6 = is_ipv6(self.peer)
        verbs = ("EPRT",) if ipv6 else ("PORT", "EPRT")
        if not self.strangers:
            reason = "the host that checks has no second address that could play a stranger"
            for probe in ("passive_by_stranger", "port_to_stranger"):
                self.findings.append(Finding(probe, summary=reason, wanted=True))
        for stranger in self.strangers:
            # The passive side first: it shows whether the way back from the server leads here.
            self._run("passive_by_stranger", stranger, self._passive)
            for verb in verbs:
                self._run(_name(verb, "to_stranger"), stranger, self._active(verb, low=False))
                self._run(_name(verb, "to_low_port_of_stranger"), stranger, self._active(verb, low=True))
        for verb in verbs:
            self._run(_name(verb, "to_own_low_port"), None, self._active(verb, low=True))
        self._run("passive_ports_in_sequence", None, self._sequence)
        if self.between_public_hosts and not ipv6:
            self._run("port_address_rewritten", None, self._rewritten)

    @property
    def between_public_hosts(self) -> bool:
        """Whether a private address cannot be meant as it is; ProFTPD asks the same before it replaces one."""
        return not (is_private(self.session.seen or self.own) or is_private(self.peer))

    def _run(self, probe: Probe, stranger: str | None, act: t.Callable[[Finding], None]) -> None:
        """One probe with a finding of its own; a fault leaves it untested and the connection closed."""
        finding = Finding(probe, stranger)
        self.transcript.leg = len(self.dialogues)
        self.dialogues.append((probe, stranger))
        try:
            if self.faults >= MOST_FAULTS:
                finding.summary = "it was left out, because the server failed before"
            else:
                act(finding)
        except NoListener as error:
            finding.summary = str(error)
        except Fault as fault:
            self.faults += fault.kind != "refused"
            finding.server_said = finding.server_said or (fault.detail if fault.kind in ("refused", "closing") else None)
            finding.summary = f"{fault.command or 'the dialogue'} failed: {self.masker.text(fault.detail)}"
            self.session.drop()
        finding.server_said = self.masker.optional(finding.server_said)
        if finding.vulnerable:
            finding.remedy = remedy_for(finding, self.greeting)
        self.findings.append(finding)

    def _passive(self, finding: Finding) -> None:
        stranger = finding.stranger or ""
        control = self.session.control
        port = control.passive_port()[1]
        network = Finding("passive_port_reachable", stranger, exposure="firewall")
        self.findings.append(network)
        reached = connect_from(stranger, control.peer_address, port, t.cast(socket.AddressFamily, control.af), self.timeout)
        if not isinstance(reached, socket.socket):
            network.summary = f"the connection from {stranger} to the passive port {port} ended with: {reached}"
            if self.lists is not None:
                network.summary += f", and {self.lists}"
            # Without any way between the two, a stranger is kept out of nothing.
            elif reached == "refused" or self._leads_here(stranger):
                network.result, network.proven = "refused", True
                finding.summary = f"the network keeps {stranger} out of passive ports, so the policy was not asked"
                return
            else:
                network.summary = f"a firewall shuts control and passive ports to {stranger}, or no way leads there"
                network.wanted = finding.wanted = True
            finding.summary = network.summary
            return
        self.reaches[stranger] = True
        network.result, network.proven = "accepted", True
        network.summary = f"the network lets {stranger} connect to the passive port {port}"
        with reached:
            taken = take(control, reached, self.timeout) if self.lists is None else Taken("unclear", False, None)
        # It may still wait for its client there.
        release(control, port)
        self.session.drop()
        finding.server_said = taken.said
        if taken.verdict == "refused":
            finding.result, finding.summary = "refused", f"the stranger {stranger} was refused the passive data connection"
            return
        own, at = self._seen_at(self.own), self._seen_at(stranger)
        doubt = _doubt(stranger, own, at)
        if doubt and own is not None and at is not None:
            network.result, network.proven, network.summary = "untested", False, doubt
        if doubt:
            finding.summary = doubt
        elif self.lists is not None:
            finding.summary = f"the policy cannot be asked, for {self.lists}"
        elif taken.verdict == "accepted":
            finding.result, finding.vulnerable, finding.proven = "accepted", True, taken.proven
            got = "received the data" if taken.proven else "was accepted for the data"
            finding.summary = f"the stranger {stranger} {got} on the passive port {port}"
        else:
            finding.summary = f"the server neither served nor refused {stranger} on the passive port {port} in time"

    def _active(self, verb: str, *, low: bool) -> t.Callable[[Finding], None]:
        def act(finding: Finding) -> None:
            control = self.session.control
            target = finding.stranger or self.own
            with contextlib.ExitStack() as stack:
                at_target = stack.enter_context(low_listener(target) if low else Listener(target))
                listeners = [at_target]
                replaceable = self.between_public_hosts and is_rfc1918(target)
                if replaceable:
                    listeners.append(stack.enter_context(Listener(self.own, at_target.port)))
                command = command_for(verb, target, at_target.port)
                told = tell(control, command, listeners, self.timeout, lambda: self._leads_here(target))
                place = f"port {at_target.port} of {'the client itself' if target == self.own else 'the stranger ' + target}"
                finding.server_said = told.reply.text
                if not told.accepted:
                    finding.result, finding.summary = "refused", f"{verb} to {place} was refused"
                    return
                self.session.drop()
                if told.came_to is not None and told.came_to is not at_target:
                    finding.result = "refused"
                    finding.summary = f"{verb} to {place} was replaced by the client's own address"
                    return
                if replaceable and told.came_to is None:
                    finding.summary = (
                        f"{verb} to {place} was accepted, and no connection was seen that tells whether the private address was "
                        "replaced by the client's own"
                    )
                    return
                doubt = "" if finding.stranger is None else _doubt(target, self._seen_at(self.own), target)
                if doubt:
                    finding.summary = doubt
                    return
                finding.result, finding.vulnerable, finding.proven = "accepted", True, told.came_to is not None
                finding.summary = f"{verb} to {place} was accepted, {_what_came(told.came_to, told.asked)}"

        return act

    def _seen_at(self, address: str) -> str | None:
        """At which address the server sees connections that come from an address of this host; none if it does not tell."""
        if address not in self.seen:
            # What is asked for may leave the connection unusable.
            session = Session(self.spec, self.timeout, self.record, own=address)
            session.endpoint = self.session.endpoint
            self.seen[address] = None
            with contextlib.suppress(Fault):
                self.seen[address] = seen_by(session.control, disposable=True)
            session.drop()
        return self.seen[address]

    def _leads_here(self, address: str) -> bool:
        """Whether the server may be told to connect to an address of this host: not if another host near it has the same one."""
        if address == self.own:
            return True
        if address not in self.reaches:
            self.reaches[address] = way_back(address, self.session.control, self.timeout)
        return self.reaches[address]

    def _sequence(self, finding: Finding) -> None:
        control = self.session.control
        ports = [control.passive_port()[1] for _attempt in range(SEQUENCE)]
        foreseeable = all(later - earlier == 1 for earlier, later in zip(ports, ports[1:]))
        finding.result, finding.proven = ("accepted" if foreseeable else "refused"), foreseeable
        shown = ", ".join(str(port) for port in ports)
        finding.summary = f"passive ports come {'one after the other' if foreseeable else 'in no simple order'} ({shown})"
        if foreseeable:
            finding.remedy = "Who foresees a port can be there first; let AllowForeignAddress and a firewall keep strangers out."

    def _rewritten(self, finding: Finding) -> None:
        asked = [one.result for one in self.findings if one.probe == "port_to_stranger"]
        if not asked or set(asked) != {"refused"}:
            finding.summary = "a private address is only tried on a server that refuses strangers, and this was not seen"
            return
        control = self.session.control
        with Listener(self.own) as own:
            told = tell(control, command_for("PORT", PRIVATE, own.port), [own], self.timeout, lambda: True)
            finding.server_said = told.reply.text
            if not told.accepted:
                finding.result, finding.summary = "refused", f"PORT to the private address {PRIVATE} was refused"
                return
            self.session.drop()
            if told.came_to is None:
                finding.summary = f"PORT to the private address {PRIVATE} was accepted, but no connection came to the client"
                return
            finding.result, finding.proven = "accepted", True
            finding.summary = "private addresses in PORT are replaced by the client's own, so data for a private peer goes astray"
            finding.remedy = "Let every server announce its public address (fxp_masquerade_address)."


def _name(verb: str, rest: str) -> Probe:
    return t.cast(Probe, f"{verb.lower()}_{rest}")


def _doubt(stranger: str, own: str | None, at: str | None) -> str:
    """Why ``stranger``, which the server sees ``at`` this address and the client at ``own``, may be none; empty if it is one."""
    if own is None or at is None:
        return f"the server does not tell whether it sees {stranger} at another address than the client"
    if same_address(own, at):
        return f"the server sees the client and {stranger} at the same address, {own}, so {stranger} is no stranger to it"
    return ""


def _what_came(came_to: Listener | None, asked: bool) -> str:
    if came_to is not None:
        return f"and a connection came there from {came_to.arrived}"
    if asked:
        return "though no connection came there in time"
    return "and was not followed, for the way from the server to that address may lead to another host"


__all__ = ("BounceRequest", "parse_bounce", "run_bounce")
