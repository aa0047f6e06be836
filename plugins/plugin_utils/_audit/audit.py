# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this plugin util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""
What an audit finds: a server as M(proftpd.fxp.proftpd_info) tells it, held against good practice and, where there is one, the
plan.

Pure: takes plain data, returns findings. docs/audit.md explains every code.
"""

from __future__ import annotations

from ansible_collections.proftpd.fxp.plugins.plugin_utils._audit import evidence as _audit_evidence
from ansible_collections.proftpd.fxp.plugins.plugin_utils._audit.findings import (
    ANYBODY,
    CLASS,
    FAULT,
    HOLE,
    NOTE,
    SEVERITIES,
    UNKNOWN,
    Data,
    Finding,
    Notes,
    contexts,
)
from ansible_collections.proftpd.fxp.plugins.plugin_utils._audit.plan import against_plan

# Lints that say the same as AllowForeignAddress itself, whose meaning on this release is told instead.
_TOLD_BY_MEANING = frozenset(
    {
        "foreign_address_missing",
        "foreign_address_only_conditional",
        "foreign_address_does_not_reach",
        "foreign_address_any",
        "class_undefined",
        "class_empty",
    }
)
# Warnings of lints that leave it open who gets in.
_NOT_KNOWN = frozenset({"not_looked_at", "class_unclear", "class_wide"})
_TOLD_BY_ADVISORY = frozenset({"issue-2272", "issue-1346"})
_PUBLIC_AUTHORITIES = ("/etc/ssl/certs", "/etc/pki/tls/certs", "/etc/pki/ca-trust", "/usr/share/ca-certificates")


def judge(host: str, look: Data, plan: Data | None, digest: str | None = None) -> list[Finding]:
    """
    Return what is to say of *host*, holes first. *look*: what M(proftpd.fxp.proftpd_info) returned, empty if the host was not
    reached. *plan*: the whole plan, or None. *digest*: that of the host's share of it, where the server was planned at all.
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
        _configuration(notes, look)
        for server in look["servers"]:
            if server["listens"] and server["sftp"]:
                _audit_evidence.sftp(notes, server)
            elif server["listens"]:
                _server(notes, server, open_meant=planned and row is not None and row["allow_foreign_address"] == "on")
        _audit_evidence.sockets(notes, look)
        _advisories(notes, look)
        _daemon(notes, look)
        _firewall(notes, look, planned=planned and row is not None and row["firewall_backend"] != "none")
        if plan is not None and planned:
            against_plan(notes, look, plan, digest)
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
    """Whether the file can be read and is accepted, and what its lints say."""
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
    for each in look["findings"]:
        if each["code"] not in _TOLD_BY_MEANING:
            notes.add(
                each["code"],
                FAULT if each["severity"] == "error" or each["code"] in _NOT_KNOWN else NOTE,
                each["server"],
                f"{each['file']} line {each['line']}: {each['sentence']}",
                each["cure"],
            )


def _server(notes: Notes, server: Data, open_meant: bool) -> None:
    """Whose addresses a server takes on this release, and what its TLS is worth."""
    for where, context in contexts(server):
        said = context.get("allow_foreign_address")
        if said is not None:
            _foreign(notes, server["name"], where, said, open_meant)
    _audit_evidence.not_known(notes, server)
    _tls(notes, server)


def _foreign(notes: Notes, server: str, where: str, said: Data, open_meant: bool) -> None:
    place = f"in {where} " if where else ""
    cure = "say AllowForeignAddress off, or the name of a class of peers, there or in <Global>"
    if said["passive"] == ANYBODY and said["port"] != ANYBODY:
        if said["said"] is None:
            notes.add(
                "passive_open_unset",
                HOLE,
                server,
                f"{place}AllowForeignAddress is not said, and on this release anybody may then take a passive data connection",
                cure,
            )
        elif said["class_defined"] is False:
            notes.add(
                "passive_open_undefined_class",
                HOLE,
                server,
                f"{place}AllowForeignAddress names the class {said['said']!r}, "
                "which is not defined, and on this release anybody may then take a passive data connection",
                f"define <Class {said['said']}>, mind its case, or {cure}",
            )
        else:
            notes.add(
                "passive_open_release",
                HOLE,
                server,
                f"{place}on this release AllowForeignAddress with the name of a class "
                "lets anybody take a passive data connection",
                "update ProFTPD to 1.3.7d, 1.3.8 or later",
            )
    elif said["port"] == ANYBODY:
        notes.add(
            "foreign_address_any",
            NOTE if open_meant else HOLE,
            server,
            f"{place}AllowForeignAddress {said['said']} lets "
            "anybody use this server for bounce attacks (RFC 2577)" + (", as fxp_accept_bounce_risk says" if open_meant else ""),
            "name a class of peers instead",
        )
    elif said["passive"] == UNKNOWN:
        notes.add(
            "foreign_address_unknown",
            FAULT,
            server,
            place + _why_unknown(said),
            cure,
        )
    elif said["said"] is None or said["class_defined"] is False:
        notes.add(
            "foreign_address_left_to_release",
            NOTE,
            server,
            f"{place}AllowForeignAddress "
            + ("is not said" if said["said"] is None else f"names the class {said['said']!r}, which is not defined")
            + ", which other releases take for leave to everybody",
            cure,
        )
    if where.startswith("<Anonymous") and said["port"] in (CLASS, ANYBODY):
        notes.add(
            "anonymous_may_do_fxp",
            FAULT,
            server,
            f"{place}people without an account may have this server connect to others",
            "say AllowForeignAddress off inside of <Anonymous>",
        )


def _why_unknown(said: Data) -> str:
    """Why it cannot be told whose addresses a server takes."""
    if said["port"] != UNKNOWN:
        return "the release of ProFTPD is not known, so it cannot be told who may take a passive data connection"
    if said["said"] is None:
        return "AllowForeignAddress is not said in what could be read, so it cannot be told who may use data connections"
    return (
        f"AllowForeignAddress {said['said']} depends on a variable of the daemon's environment, which is not known here, so it "
        "cannot be told who may use data connections"
    )


def _tls(notes: Notes, server: Data) -> None:
    tls, name = server["tls"], server["name"]
    if not tls["engine"]:
        notes.add(
            "logins_in_clear",
            NOTE,
            name,
            f"there is no TLS{_but(server, 'tls_engine')}, so passwords cross the network in clear",
            "say fxp_tls: required, or TLSEngine on and TLSRequired on",
        )
        return
    if not tls["logins_required"]:
        notes.add(
            "tls_not_required",
            NOTE,
            name,
            f"TLSRequired {tls['required']} lets clients log in without TLS{_but(server, 'tls_required')}",
            "say TLSRequired on, or ctrl for encrypted logins and clear data",
        )
    files = [path for path in (tls["ca_certificate_file"], tls["ca_certificate_path"]) if path]
    serves_peers = any(said.get("allow_foreign_address", {}).get("port") in (CLASS, ANYBODY) for _where, said in contexts(server))
    if not serves_peers:
        return
    if tls["verify_server"].lower() in ("off", "no", "false", "0"):
        notes.add(
            "tls_peer_unverified",
            FAULT,
            name,
            "TLSVerifyServer off: with SSCN this server sends files to whoever answers",
            "say TLSVerifyServer NoReverseDNS and give it the fleet's own TLSCACertificateFile",
        )
    elif any(path.startswith(_PUBLIC_AUTHORITIES) for path in files):
        notes.add(
            "tls_public_authority",
            FAULT,
            name,
            "ProFTPD checks the chain of a peer's certificate and not whose it is, so "
            "everybody with a certificate of a public authority passes",
            "take an authority for the fleet alone",
        )
    if tls["session_reuse_required"]:
        notes.add(
            "tls_session_reuse",
            NOTE,
            name,
            "no file flows over an encrypted data connection that this server accepts, "
            "because a peer cannot take up the client's TLS session",
            "say TLSOptions NoSessionReuseRequired",
        )
    if tls["protocols"] is None or any(word.lower() == "tlsv1.3" for word in tls["protocols"]):
        notes.add(
            "tls_1_3",
            NOTE,
            name,
            "TLS 1.3 is not ruled out: a client that gives SSCN to the sender cuts files short with it",
            "say TLSProtocol TLSv1.2, or use clients that give SSCN to the receiver",
        )


def _but(server: Data, key: str) -> str:
    """The sessions of which something else is said."""
    sections = [where for where, context in contexts(server) if where and key in context]
    return f", but for what {' and '.join(sections)} says" if sections else ""


def _advisories(notes: Notes, look: Data) -> None:
    for each in look["advisories"]:
        if each["applies"] and each["id"] not in _TOLD_BY_ADVISORY:
            severity = each["severity"] if each["certain"] else NOTE
            doubt = "" if each["certain"] else "; whether the package has a fix of its own is not known"
            notes.add("advisory", severity, "", f"{each['id']}: {each['what']} (ProFTPD {look['release']}){doubt}", each["cure"])


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
