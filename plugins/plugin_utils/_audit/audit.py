# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this plugin util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""
What an audit finds: a server as ``proftpd.fxp.proftpd_info`` tells it, held against good practice and any plan.

Pure: takes plain data, returns findings. docs/audit.md explains every code.
"""

from __future__ import annotations

from ansible_collections.proftpd.fxp.plugins.plugin_utils._audit import evidence as _audit_evidence
from ansible_collections.proftpd.fxp.plugins.plugin_utils._audit.findings import (
    FAULT,
    HOLE,
    NOTE,
    SEVERITIES,
    Data,
    Finding,
    Notes,
)
from ansible_collections.proftpd.fxp.plugins.plugin_utils._audit.plan import against_plan
from ansible_collections.proftpd.fxp.plugins.plugin_utils._plan import open_passive

# What lints say of AllowForeignAddress has a code of its own here for what follows from it on this release: by its weight.
_UNSAID = {HOLE: "passive_open_unset", FAULT: "foreign_address_unknown", NOTE: "foreign_address_left_to_release"}
_UNDEFINED = {**_UNSAID, HOLE: "passive_open_undefined_class"}
_EFFECTS: dict[str, dict[str, str]] = {
    "foreign_address_missing": _UNSAID,
    "foreign_address_only_conditional": _UNSAID,
    "foreign_address_does_not_reach": _UNSAID,
    "class_undefined": _UNDEFINED,
    "class_empty": _UNDEFINED,
    "foreign_address_look_alike": {HOLE: "passive_open_undefined_class"},
}
# That logins may cross the network in the clear; a plan that says otherwise makes more of it.
_CLEAR_LOGINS = frozenset({"logins_in_clear", "tls_not_required", "tls_not_switched_on"})


def judge(host: str, look: Data, plan: Data | None, digest: str | None = None) -> list[Finding]:
    """
    Return what is to say of ``host``, holes first.

    ``look``: what ``proftpd.fxp.proftpd_info`` returned, empty if the host was not reached. ``plan``: the whole plan, or None.
    ``digest``: that of the host's share of it, where the server was planned at all.
    """
    notes = Notes(host)
    row = plan["hosts"].get(host) if plan else None
    planned = row is not None and row["state"] == "present"
    if "installed" not in look:
        notes.add(
            "not_looked_at",
            FAULT,
            "",
            "the host was not looked at, so nothing is known of it",
            "see what Ansible says of it above, and run the audit again",
        )
    elif not look["installed"]:
        if planned:
            notes.add("not_installed", FAULT, "", "ProFTPD is not installed", "run proftpd.fxp.site for this host")
        else:
            notes.add("not_installed", NOTE, "", "ProFTPD is not installed", "nothing is to be done")
    elif row is not None and not planned:
        _absent(notes, look)
    else:
        if plan is not None and planned:
            against_plan(notes, look, plan, digest)
        _configuration(notes, look)
        _lints(notes, look, row if planned else None)
        for server in look["servers"]:
            if server["listens"] and server["sftp"]:
                _audit_evidence.sftp(notes, server)
            elif server["listens"]:
                _audit_evidence.not_known(notes, server)
        _audit_evidence.sockets(notes, look)
        _advisories(notes, look)
        _daemon(notes, look)
        _firewall(notes, look, planned=planned and row is not None and row["firewall_backend"] != "none")
    # Several sections may name one class.
    return sorted(dict.fromkeys(notes.found), key=lambda each: SEVERITIES.index(each.severity))


def _absent(notes: Notes, look: Data) -> None:
    """A server that the plan takes away."""
    if look["managed"]:
        notes.add(
            "serves_although_absent",
            HOLE if look["running"]["active"] else FAULT,
            "",
            "the configuration of proftpd.fxp is still here although fxp_state is absent, and no longer kept up",
            "run proftpd.fxp.site, or proftpd.fxp.remove with --limit",
        )
    if (look["rules"] or {}).get("own_table"):
        notes.add(
            "rules_although_absent",
            FAULT,
            "",
            "the firewall rules of proftpd.fxp are still loaded although fxp_state is absent",
            "run proftpd.fxp.site, or proftpd.fxp.remove with --limit",
        )


def _configuration(notes: Notes, look: Data) -> None:
    """Whether the file can be read and is accepted."""
    if look["valid"] is False:
        notes.add(
            "configuration_invalid",
            FAULT,
            "",
            f"with {look['path']} as it is the daemon does not start, or goes without a part of it: "
            + look["problem"].rstrip("."),
            "correct what it names, and try it with proftpd -t",
        )
    elif look["problem"]:
        notes.add(
            "configuration_unreadable", FAULT, "", look["problem"].rstrip("."), "run the audit as root (become), or say path"
        )
    elif look["valid"] is None:
        notes.add(
            "configuration_not_checked",
            FAULT,
            "",
            "ProFTPD's own checker was not asked, because this needs root, or because the daemon's environment is not known",
            "run the audit as root (become), and start the daemon by a unit of systemd",
        )


def _lints(notes: Notes, look: Data, row: Data | None) -> None:
    """What is wrong with the files themselves. ``row``: what the plan says of a server that it provisions."""
    planned_tls = {each.server for each in notes.found if each.code == "tls_weaker_than_said"}
    for each in look["findings"]:
        code, weight, meant, cure = each["code"], each["weight"], "", each["cure"]
        if code in _CLEAR_LOGINS and each["server"] in planned_tls:
            continue
        if row is not None and code == "foreign_address_any" and row["allow_foreign_address"] == "on":
            weight, meant = NOTE, ", as fxp_accept_bounce_risk says"
        # An account of a server that nobody planned is none that the variable is about.
        if code == "passive_open_release" and each["server"] == "main" and open_passive.means_peers(row):
            cure = open_passive.CURE
            if open_passive.is_accepted(row):
                weight, meant, cure = NOTE, f"; {open_passive.ACCEPTED} says that this is meant", open_passive.OTHER_RELEASE
        notes.add(
            _EFFECTS.get(code, {}).get(weight, code),
            weight,
            each["server"],
            f"{each['file']} line {each['line']}: {each['sentence']}{meant}",
            cure,
        )


def _advisories(notes: Notes, look: Data) -> None:
    for each in look["advisories"]:
        if each["applies"] and not each["in_findings"]:
            severity = each["severity"] if each["certain"] else NOTE
            doubt = "" if each["certain"] else "; whether the package has a fix of its own is not known"
            sentence = f"{each['id']}: {each['what']} (ProFTPD {look['release']}){doubt}"
            notes.add("advisory", severity, "", sentence, each["cure"], each["id"])


def _daemon(notes: Notes, look: Data) -> None:
    running = look["running"]
    if not running["active"]:
        notes.add(
            "not_running",
            NOTE,
            "",
            "ProFTPD does not run, so what is told here holds from its next start on",
            "start it if it is to serve",
        )
    elif running["newer"]:
        notes.add(
            "not_in_force",
            FAULT,
            "",
            f"{', '.join(running['newer'])} changed after the daemon read its configuration: "
            "what is told here is not in force yet",
            "reload the service, after proftpd -t; a change of its unit or its environment needs a restart",
        )


def _firewall(notes: Notes, look: Data, planned: bool) -> None:
    rules = look["rules"]
    if rules is None:
        return
    if not rules["evaluated"]:
        notes.add(
            "rules_not_read",
            FAULT if planned else NOTE,
            "",
            f"the firewall was not looked at: {rules['why'].rstrip('.')}",
            "run the audit as root (become), or look at the firewall yourself",
        )
    if rules["others"]:
        notes.add(
            "other_firewall",
            NOTE,
            "",
            f"{' and '.join(rules['others'])} decides on connections too, which is not evaluated",
            "look there yourself",
        )
    if rules.get("unkept"):
        notes.add(
            "rules_not_kept",
            NOTE,
            "",
            f"{' and '.join(rules['unkept'])} is not there: whenever something else loads the rules of iptables, the FTP ports "
            "are shut until ProFTPD starts again",
            "keep the rules in that file (iptables-persistent), or have what loads them add the line of proftpd.fxp",
        )
