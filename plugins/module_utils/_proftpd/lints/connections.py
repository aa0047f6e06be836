# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Ports, addresses and limits that make data connections fail in ways that look like something else."""

from __future__ import annotations

import ipaddress
import typing as t

from ansible_collections.proftpd.fxp.plugins.module_utils._proftpd.language import environment, parser, policy
from ansible_collections.proftpd.fxp.plugins.module_utils._proftpd.lints.finding import ERROR, WARNING, Finding

# PR_TUNABLE_TIMEOUTNOXFER and PR_TUNABLE_TIMEOUTSTALLED in include/options.h, in seconds.
_TIMEOUT_NO_TRANSFER = 300
_TIMEOUT_STALLED = 3600


def passive_ports(in_force: policy.Policy) -> t.Iterator[Finding]:
    """Servers without a range of their own or from <Global>: PASV then announces any free port (src/inet.c)."""
    for server in in_force.listening:
        if in_force.value(server, "PassivePorts") is None:
            yield Finding(
                "passive_ports_missing",
                ERROR,
                server.name,
                server.line,
                "PassivePorts is not said, so data connections come to ports that no firewall can open",
                "say PassivePorts in this server itself or in <Global>",
            )


def max_instances(in_force: policy.Policy) -> t.Iterator[Finding]:
    """Sessions that find the range full get a port outside of it without an error (core_pasv() in modules/mod_core.c)."""
    said = in_force.main.all("MaxInstances")
    # A plain variable in ProFTPD: here the last one counts.
    most = policy.number(said[-1].arguments[0]) if said else 0
    if most < 1:
        yield Finding(
            "max_instances_missing",
            WARNING,
            in_force.main.name,
            said[-1].number if said else 1,
            "MaxInstances sets no limit, and a session that finds all PassivePorts taken gets a port outside of them",
            "say MaxInstances with no more than the number of PassivePorts",
        )
        return
    for root, line in in_force.everywhere("PassivePorts"):
        ports = _ports(line)
        if ports is not None and ports < most:
            yield Finding(
                "passive_ports_too_few",
                WARNING,
                root.name,
                line.number,
                f"PassivePorts has {ports} ports for up to {most} sessions (MaxInstances), and one that finds them all "
                "taken gets a port outside of them",
                f"widen the range to {most} ports, or lower MaxInstances to {ports}",
            )


def _ports(line: parser.Line) -> int | None:
    if len(line.arguments) < 2 or environment.is_unknown(line.arguments[:2]):
        return None
    first, last = (policy.number(word) for word in line.arguments[:2])
    return last - first + 1 if 1024 <= first < last <= 65535 else None


def masquerade_address(in_force: policy.Policy) -> t.Iterator[Finding]:
    """What PASV announces must be an IPv4 address (RFC 959), and known whenever the daemon starts."""
    for root, line in in_force.everywhere("MasqueradeAddress"):
        word = line.arguments[0]
        if environment.is_unknown([word]):
            continue
        try:
            address = ipaddress.ip_address(word)
        except ValueError:
            yield Finding(
                "masquerade_address_not_literal",
                WARNING,
                root.name,
                line.number,
                f"MasqueradeAddress {word!r} is no literal IPv4 address; if it cannot be resolved, PASV announces the "
                "local address, and some failures keep the daemon from starting",
                "write the IPv4 address itself",
            )
            continue
        # Of ::ffff:192.0.2.1 PASV prints what follows the last colon, which is right.
        if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is None:
            yield Finding(
                "masquerade_address_ipv6",
                ERROR,
                root.name,
                line.number,
                f"MasqueradeAddress {word} is an IPv6 address, from which PASV makes a malformed 227 reply",
                "write the IPv4 address, or leave it out: EPSV does not need it",
            )


def timeouts(in_force: policy.Policy) -> t.Iterator[Finding]:
    """A passive side that nobody connects to: the first of two timers decides whether its client hears 421 or nothing."""
    for server in in_force.listening:
        lines = [in_force.value(server, directive) for directive in ("TimeoutNoTransfer", "TimeoutStalled")]
        no_transfer = _TIMEOUT_NO_TRANSFER if lines[0] is None else policy.seconds(lines[0].arguments[0])
        stalled = _TIMEOUT_STALLED if lines[1] is None else policy.seconds(lines[1].arguments[0])
        # 0 switches a timer off.
        if stalled is not None and no_transfer is not None and stalled > 0 and (no_transfer == 0 or no_transfer >= stalled):
            yield Finding(
                "timeout_stalled_first",
                WARNING,
                *_place(in_force, server, *lines),
                f"TimeoutStalled ({stalled} s) hangs up without a word before TimeoutNoTransfer ({no_transfer} s) can say 421",
                "make TimeoutNoTransfer shorter than TimeoutStalled",
            )


def _place(in_force: policy.Policy, scope: policy.Scope, *lines: parser.Line | None) -> tuple[str, int]:
    """The server, or <Global> where only that says it, and the line to point at."""
    said = [line for line in lines if line is not None]
    common = all(line in in_force.common.all(line.key) for line in said)
    return in_force.common.name if common else scope.root.name, max(line.number for line in said)


def root_revoke(in_force: policy.Policy) -> t.Iterator[Finding]:
    """A server that gave up root refuses PORT and EPRT below port 1024 (core_port() in modules/mod_core.c)."""
    for scope in in_force.contexts:
        line = scope.own("RootRevoke")
        if line is None or not policy.boolean(line.arguments[0]):
            continue
        servers = in_force.listening if scope.root is in_force.common else [scope.root]
        ports = [
            in_force.port(server)
            for server in servers
            if scope is not in_force.common or in_force.value(server, "RootRevoke") is line
        ]
        low = [port for port in ports if port is not None and port < 1024]
        if low:
            yield Finding(
                "root_revoke_refuses_port",
                WARNING,
                scope.root.name,
                line.number,
                f"RootRevoke on makes a server on control port {low[0]} refuse PORT and EPRT, so it can only be the passive side",
                "leave RootRevoke out, or say RootRevoke UseNonCompliantActiveTransfers",
            )


def hidden_stores(in_force: policy.Policy) -> t.Iterator[Finding]:
    """Uploads under a hidden name cannot be resumed (xfer_pre_stor() in modules/mod_xfer.c), even where it is allowed."""
    for scope in in_force.contexts:
        hidden = in_force.value(scope, "HiddenStores")
        restart = in_force.value(scope, "AllowStoreRestart")
        if (
            hidden is not None
            and policy.boolean(hidden.arguments[0]) is not False
            and restart is not None
            and policy.boolean(restart.arguments[0])
        ):
            yield Finding(
                "hidden_stores_forbid_restart",
                WARNING,
                *_place(in_force, scope, hidden, restart),
                "AllowStoreRestart has no effect with HiddenStores: REST before STOR is refused",
                "say HiddenStores off, or leave AllowStoreRestart out",
            )
