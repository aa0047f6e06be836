# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""What a bounce check found, as plain data, and what cures it."""

from __future__ import annotations

import typing as t
from dataclasses import asdict, dataclass

_ACTIVE = ("port_to_stranger", "eprt_to_stranger")
_PASSIVE = ("passive_port_reachable", "passive_by_stranger")
BOUNCE_KEYS = ("vulnerable", "tested", "firewall_exposed", "findings", "stranger_sources", "transcript")

Probe = t.Literal[
    "passive_port_reachable",
    "passive_by_stranger",
    "port_to_stranger",
    "eprt_to_stranger",
    "port_to_low_port_of_stranger",
    "eprt_to_low_port_of_stranger",
    "port_to_own_low_port",
    "eprt_to_own_low_port",
    "passive_ports_in_sequence",
    "port_address_rewritten",
]
Result = t.Literal["refused", "accepted", "untested"]


@dataclass
class Finding:
    """
    One probe. ``proven`` tells whether the connection was really made, not only promised.

    ``result`` of ``passive_port_reachable`` is what the network does; of all others what the server's policy says.
    ``wanted`` tells that it was left untested by what is as it shall be, so that nothing is to be mended; it is not returned.
    """

    probe: Probe
    stranger: str | None = None
    result: Result = "untested"
    vulnerable: bool = False
    exposure: t.Literal["policy", "firewall"] = "policy"
    proven: bool = False
    server_said: str | None = None
    summary: str = ""
    remedy: str | None = None
    wanted: bool = False


# How the server in question is recognised by its greeting, and what keeps strangers out of it and low ports safe.
_OTHER_SERVERS = (
    ("vsftpd", "Remove port_promiscuous=YES and pasv_promiscuous=YES from vsftpd.conf."),
    ("pure-ftpd", "Start pure-ftpd without -w, --allowuserfxp and -W, --allowanonymousfxp."),
    ("pyftpdlib", "Set permit_foreign_addresses = False and permit_privileged_ports = False."),
)
_CLASS = "AllowForeignAddress must name a class that is defined with the peers alone, in the server's own context or in <Global>"


def remedy_for(finding: Finding, greeting: str) -> str:
    """What closes the hole of one finding, in the words of the server that greeted."""
    for sign, cure in _OTHER_SERVERS:
        if sign in greeting.lower():
            return cure
    if "low_port" in finding.probe:
        return "Let the server refuse PORT and EPRT to ports below 1024 (RFC 2577 section 3); ProFTPD always does."
    if finding.probe == "passive_by_stranger":
        return (
            f"{_CLASS}; while it is absent or names an undefined class (upper and lower case differ), ProFTPD lets anybody take "
            "passive data connections. fxp_foreign_addresses: peers with the playbook proftpd.fxp.site sets it. ProFTPD 1.3.7 to "
            "1.3.7c (Debian 11) does so with every class: there only another release helps, or AllowForeignAddress off."
        )
    return f"{_CLASS}, and never be 'on'. fxp_foreign_addresses: peers with the playbook proftpd.fxp.site sets it."


@dataclass(frozen=True)
class Bounced:
    """The result with exactly ``BOUNCE_KEYS``, a sentence when the check failed, and warnings."""

    result: dict[str, t.Any]
    message: str
    warnings: list[str]


def whole_result(
    findings: t.Sequence[Finding], strangers: t.Sequence[str], transcript: list[dict[str, t.Any]]
) -> dict[str, t.Any]:
    """The result with exactly ``BOUNCE_KEYS``."""
    tested = _answered(findings, _ACTIVE) and _kept_or_answered(findings)
    reached = [one.result for one in findings if one.probe == "passive_port_reachable" and one.result != "untested"]
    return {
        "vulnerable": True if any(one.vulnerable for one in findings) else False if tested else None,
        "tested": tested,
        "firewall_exposed": "accepted" in reached if reached else None,
        "findings": [{key: value for key, value in asdict(one).items() if key != "wanted"} for one in findings],
        "stranger_sources": list(strangers),
        "transcript": transcript,
    }


def _answered(findings: t.Iterable[Finding], probes: t.Container[str]) -> bool:
    return any(one.probe in probes and one.result != "untested" for one in findings)


def _kept_or_answered(findings: t.Sequence[Finding]) -> bool:
    """Whether the policy answered a stranger at a passive port, or the network let none of those in whom it could."""
    reached = [one.result for one in findings if one.probe == "passive_port_reachable"]
    return _answered(findings, ("passive_by_stranger",)) or ("refused" in reached and "accepted" not in reached)


def message_of(findings: t.Sequence[Finding], label: str) -> str:
    """One sentence about what is open and one cure per kind of hole; empty if nothing is."""
    holes = [one for one in findings if one.vulnerable]
    if not holes:
        return ""
    remedies = list(dict.fromkeys(one.remedy for one in holes if one.remedy))
    return f"{label} lets strangers in: {'; '.join(one.summary for one in holes)}. {' '.join(remedies)}"


def warnings_of(findings: t.Sequence[Finding], label: str, tested: bool) -> list[str]:
    """Why the proof is incomplete, if it is and something can be done about it."""
    if tested:
        return []
    left = [one for one in findings if one.probe in (*_ACTIVE, *_PASSIVE) and one.result == "untested" and not one.wanted]
    reasons = list(dict.fromkeys(one.summary for one in left if one.summary))
    if not reasons:
        return []
    return [
        f"It is not proven that {label} keeps strangers out: {'; '.join(reasons)}. Check again, and if it stays so look into "
        "the log of the server."
    ]


__all__ = ("BOUNCE_KEYS", "Bounced", "Finding", "Probe", "Result", "message_of", "remedy_for", "warnings_of", "whole_result")
