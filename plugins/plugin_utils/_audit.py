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

import dataclasses
import typing as t

from ansible_collections.proftpd.fxp.plugins.plugin_utils import _networks

# A hole lets somebody in who was not meant to. A fault keeps something from working, or from being judged. A note is neither.
HOLE, FAULT, NOTE = "hole", "fault", "note"
SEVERITIES = (HOLE, FAULT, NOTE)
# Verdicts on a server beside the first two.
OUTDATED, OK = "outdated", "ok"
CLASS = "class"
ANYBODY, REFUSED, UNKNOWN = "anybody", "refused", "unknown"
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
_TOLD_BY_ADVISORY = frozenset({"issue-2272", "issue-1346"})
_PUBLIC_AUTHORITIES = ("/etc/ssl/certs", "/etc/pki/tls/certs", "/etc/pki/ca-trust", "/usr/share/ca-certificates")

Data = t.Mapping[str, t.Any]


@dataclasses.dataclass(frozen=True)
class Finding:
    """
    One thing that an audit found on a host. C(server) is "main", the arguments of a <VirtualHost>, or empty for the whole host.

    C(sentence) and C(cure) have no full stop.
    """

    code: str
    severity: str
    host: str
    server: str
    sentence: str
    cure: str

    def as_dict(self) -> dict[str, str]:
        return dataclasses.asdict(self)


class Notes:
    """Collects the findings of one host."""

    def __init__(self, host: str) -> None:
        self.host = host
        self.found: list[Finding] = []

    def add(self, code: str, severity: str, server: str, sentence: str, cure: str) -> None:
        self.found.append(Finding(code, severity, self.host, server, sentence, cure))


def judge(host: str, look: Data, plan: Data | None) -> list[Finding]:
    """
    Return what is to say of *host*, holes first. *look*: what M(proftpd.fxp.proftpd_info) returned, empty if the host was not
    reached. *plan*: the whole plan, or None.
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
            if server["listens"]:
                _server(notes, server, open_meant=planned and row is not None and row["allow_foreign_address"] == "on")
        _advisories(notes, look)
        _daemon(notes, look)
        _firewall(notes, look, planned=planned and row is not None and row["firewall_backend"] != "none")
        if plan is not None and planned:
            _against_plan(notes, look, plan)
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
            f"with {look['path']} as it is the daemon would not start: {look['problem'].rstrip('.')}",
            "correct the file, and try it with proftpd -t",
        )
    elif look["problem"]:
        notes.add(
            "configuration_unreadable", FAULT, "", look["problem"].rstrip("."), "run the audit as root (become), or say path"
        )
    for each in look["findings"]:
        if each["code"] not in _TOLD_BY_MEANING:
            notes.add(
                each["code"],
                FAULT if each["severity"] == "error" else NOTE,
                each["server"],
                f"{each['file']} line {each['line']}: {each['sentence']}",
                each["cure"],
            )


def _contexts(server: Data) -> t.Iterator[tuple[str, Data]]:
    """What a server, its <Anonymous> and its sections for some sessions say, each with a name for people."""
    yield "", server
    for each in server["anonymous"]:
        yield f"<Anonymous {each['name']}>", each
    for each in server["overrides"]:
        yield f"<{each['section']} {each['for']}>", each


def _server(notes: Notes, server: Data, open_meant: bool) -> None:
    """Whose addresses a server takes on this release, and what its TLS is worth."""
    for where, context in _contexts(server):
        said = context.get("allow_foreign_address")
        if said is not None:
            _foreign(notes, server["name"], where, said, open_meant)
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
            f"{place}the release of ProFTPD is not known, so it cannot be told who may take a passive data connection",
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


def _tls(notes: Notes, server: Data) -> None:
    tls, name = server["tls"], server["name"]
    if not tls["engine"]:
        notes.add(
            "logins_in_clear",
            NOTE,
            name,
            "there is no TLS, so passwords cross the network in clear",
            "say fxp_tls: required, or TLSEngine on and TLSRequired on",
        )
        return
    if not tls["logins_required"]:
        notes.add(
            "tls_not_required",
            NOTE,
            name,
            f"TLSRequired {tls['required']} lets clients log in without TLS",
            "say TLSRequired on, or ctrl for encrypted logins and clear data",
        )
    files = [path for path in (tls["ca_certificate_file"], tls["ca_certificate_path"]) if path]
    serves_peers = any(
        said.get("allow_foreign_address", {}).get("port") in (CLASS, ANYBODY) for _where, said in _contexts(server)
    )
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
            "reload the service, after proftpd -t",
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


def _against_plan(notes: Notes, look: Data, plan: Data) -> None:
    host = notes.host
    row, own = plan["hosts"][host], plan["servers"][host]
    if not look["managed"]:
        notes.add(
            "configuration_not_ours",
            FAULT,
            "",
            f"{look['path']} was not written by proftpd.fxp",
            "run proftpd.fxp.site; fxp_take_over: true replaces what somebody made by hand",
        )
    listening = [server for server in look["servers"] if server["listens"]]
    for server in listening:
        if server["name"] != "main":
            notes.add(
                "server_not_planned",
                FAULT,
                server["name"],
                f"a <VirtualHost> listens on port {server['control_port']} that the plan does not know",
                "take it out, or say it in fxp_extra_config",
            )
    main = look["servers"][0] if look["servers"] else None
    if main is None:
        return
    if main["control_port"] != own["control_port"]:
        notes.add(
            "control_port_differs",
            FAULT,
            "main",
            f"the control port is {main['control_port']} and the plan says {own['control_port']}",
            "run proftpd.fxp.site, or correct fxp_control_port",
        )
    _data_connections(notes, main, row, own)
    _peers(notes, main, row, plan)
    _planned_tls(notes, main, row)
    if look["rules"] and look["rules"]["evaluated"] and row["firewall_backend"] != "none":
        _planned_rules(notes, look, row, plan)


def _data_connections(notes: Notes, main: Data, row: Data, own: Data) -> None:
    wanted = own["passive_ports"]
    for where, context in _contexts(main):
        ports = context.get("passive_ports")
        if ports and (ports["first"], ports["last"]) != (wanted["first"], wanted["last"]):
            notes.add(
                "passive_ports_differ",
                FAULT,
                "main",
                f"{where + ' has ' if where else ''}PassivePorts {ports['first']} "
                f"{ports['last']} and the plan says {wanted['first']}-{wanted['last']}, which the firewall is open for",
                "run proftpd.fxp.site, or correct fxp_passive_ports",
            )
        if "masquerade_address" in context and context["masquerade_address"] != row["masquerade_address"]:
            notes.add(
                "masquerade_differs",
                FAULT,
                "main",
                f"{where + ' announces ' if where else 'it announces '}"
                f"{context['masquerade_address'] or 'its own address'} and the plan says "
                f"{row['masquerade_address'] or 'its own address'}",
                "run proftpd.fxp.site, or correct fxp_masquerade_address",
            )


def _peers(notes: Notes, main: Data, row: Data, plan: Data) -> None:
    """Who may be the other end of a data connection, against the peers of the plan."""
    members = [address for name, peer in plan["servers"].items() if name != notes.host for address in peer["class_members"]]
    meant = row["allow_foreign_address"]
    grants = [
        (where, context["allow_foreign_address"])
        for where, context in _contexts(main)
        if context.get("allow_foreign_address") and context["allow_foreign_address"]["port"] != REFUSED
    ]
    cure = "run proftpd.fxp.site; a partner outside the inventory belongs into fxp_extra_peers"
    if meant == "off":
        for where, said in grants:
            notes.add(
                "wider_than_said",
                HOLE,
                "main",
                f"AllowForeignAddress {said['said']}{' in ' + where if where else ''} lets "
                "others take data connections, and the plan says off",
                "run proftpd.fxp.site",
            )
        return
    accounts = row.get("accounts") or []
    # A plan that means no account says so itself.
    nobody = bool(accounts) and all(account.get("fxp") is False for account in accounts)
    if not grants and not nobody:
        notes.add(
            "foreign_address_refused",
            FAULT,
            "main",
            f"no account may do FXP, so no file flows, and the plan says {meant}",
            "run proftpd.fxp.site",
        )
    if meant == "on":
        return
    for where, said in grants:
        if said["port"] != CLASS:
            continue
        odd, known = [], []
        for member in said["members"]:
            try:
                known += _networks.spans([member])
            except ValueError:
                odd.append(member)
        extra = _networks.without(known, _networks.spans(members))
        if extra or odd:
            notes.add(
                "wider_than_said",
                HOLE,
                "main",
                f"the class {said['class']} has "
                f"{', '.join([*odd, *([_networks.told(extra)] if extra else [])])}, which no peer of the plan has",
                cure,
            )
        missing = _networks.without(_networks.spans(members), known)
        if missing and not odd:
            notes.add(
                "peer_missing",
                FAULT,
                "main",
                f"the class {said['class']} lacks {_networks.told(missing)}, so transfers with that peer are refused",
                "run proftpd.fxp.site",
            )
        _accounts(notes, where, row)


def _accounts(notes: Notes, where: str, row: Data) -> None:
    """Which accounts may do FXP, if the plan says so of each."""
    accounts = row.get("accounts") or []
    if not all("fxp" in account for account in accounts):
        return
    meant = sorted(account["name"] for account in accounts if account["fxp"])
    if where.startswith("<IfUser "):
        more = [name for name in where[len("<IfUser ") : -1].replace(",", " ").split() if name not in meant]
        if more:
            notes.add(
                "account_wider_than_said",
                HOLE,
                "main",
                f"{where} lets {', '.join(more)} do FXP, and the plan does not",
                "run proftpd.fxp.site, or say fxp: true for it in fxp_users",
            )
    elif not where and len(meant) < len(accounts):
        notes.add(
            "account_wider_than_said",
            HOLE,
            "main",
            f"every account may do FXP, and the plan means only {', '.join(meant) or 'none'}",
            "run proftpd.fxp.site, or say fxp: true for them in fxp_users",
        )


def _planned_tls(notes: Notes, main: Data, row: Data) -> None:
    meant, tls = row.get("tls"), main["tls"]
    cure = "run proftpd.fxp.site, or correct fxp_tls"
    if meant in ("required", "control") and not tls["logins_required"]:
        what = f"TLSRequired is {tls['required']}" if tls["engine"] else "TLS is off"
        notes.add(
            "tls_weaker_than_said", HOLE, "main", f"{what}, so clients may log in in clear, and the plan says {meant}", cure
        )
    elif meant == "required" and not tls["data_required"]:
        notes.add(
            "tls_weaker_than_said",
            HOLE,
            "main",
            f"TLSRequired is {tls['required']}, so files may cross the network in clear, and the plan says required",
            cure,
        )
    elif meant == "none" and tls["engine"]:
        notes.add("tls_stronger_than_said", NOTE, "main", "TLS is on and the plan says none", cure)


def _planned_rules(notes: Notes, look: Data, row: Data, plan: Data) -> None:
    """The rules in force, against those that the plan wants: clients at every port, peers at the passive ports."""
    host, main = notes.host, look["servers"][0]
    clients = _networks.spans([*row["clients4"], *row["clients6"]])
    egress = _networks.spans([address for name, peer in plan["servers"].items() if name != host for address in peer["egress"]])
    peers = [] if row["allow_foreign_address"] == "off" else egress
    passive = main["passive_ports"]
    if not look["rules"]["own_table"]:
        notes.add("rules_not_loaded", HOLE, "", "the firewall rules of proftpd.fxp are not loaded", "run proftpd.fxp.site")
    for access in look["rules"]["access"]:
        span = range(access["first"], access["last"] + 1)
        ports = f"port {access['first']}" if len(span) == 1 else f"ports {access['first']}-{access['last']}"
        accepted, unknown = _networks.spans(access["accepted"]), _networks.spans(access["unknown"])
        # Peers are let in at the passive ports whether or not they may do FXP here: AllowForeignAddress refuses them then.
        if main["listens"] and main["control_port"] in span:
            meant, needed, code = clients, clients, "control"
        elif passive and passive["first"] <= access["first"] and access["last"] <= passive["last"]:
            meant, needed, code = [*clients, *egress], [*clients, *peers], "passive"
        else:
            listed = any(item["first"] <= access["first"] and access["last"] <= item["last"] for item in look["rules"]["ports"])
            if listed and accepted:
                notes.add(
                    "open_and_unused",
                    FAULT,
                    "",
                    f"{ports} let {_networks.told(accepted)} in, and no server is configured to listen there",
                    "run proftpd.fxp.site",
                )
            continue
        family = access["family"]
        wider = _networks.without(accepted, meant)
        if wider:
            notes.add(
                f"{code}_wider_than_said",
                HOLE,
                "",
                f"the firewall lets {_networks.told(wider)} in at {ports}, and the plan does not",
                "run proftpd.fxp.site, and look for what opened the port beside it (nft list ruleset)",
            )
        needed = [each for each in needed if each[0] == family]
        closed = _networks.without(_networks.without(needed, accepted), unknown)
        if closed:
            notes.add(
                f"{code}_closed",
                FAULT,
                "",
                f"the firewall keeps {_networks.told(closed)} out at {ports}, who are to get in",
                "run proftpd.fxp.site, and look for what drops it (nft list ruleset)",
            )
        doubtful = [*_networks.without(unknown, meant), *_networks.common(unknown, needed)]
        if doubtful:
            notes.add(
                "rules_unclear",
                NOTE,
                "",
                f"whether the firewall lets {_networks.told(doubtful)} in at {ports} depends on rules "
                "that cannot be evaluated here (interfaces, marks, rates, extensions)",
                "look there yourself (nft list ruleset)",
            )


@dataclasses.dataclass(frozen=True)
class Row:
    """A server in the table."""

    host: str
    server: str
    partners: str
    passive_ports: str
    tls: str
    verdict: str


def rows(host: str, look: Data, found: t.Sequence[Finding]) -> list[Row]:
    """Return the lines of the table for a host: one for each server that listens, or one that says why there is none."""
    servers = [server for server in look.get("servers") or [] if server["listens"]]
    if not servers:
        why = "not looked at" if "installed" not in look else "no server listens" if look["installed"] else "not installed"
        return [Row(host, why, "-", "-", "-", verdict(found))]
    return [
        Row(
            host,
            f"{server['name']}:{server['control_port']}",
            _partners(server),
            _ports(server),
            _tls_word(server["tls"]),
            verdict([each for each in found if each.server in ("", server["name"])]),
        )
        for server in servers
    ]


def verdict(found: t.Iterable[Finding]) -> str:
    """Return the worst of some findings in one word: a hole, a fault, or that only the release is outdated."""
    found = list(found)
    severities = {each.severity for each in found}
    if HOLE not in severities and all(each.code == "advisory" for each in found if each.severity == FAULT):
        return OUTDATED if FAULT in severities else OK
    return HOLE if HOLE in severities else FAULT


def _partners(server: Data) -> str:
    """Whose addresses a server takes beside that of its client."""
    words = []
    for where, context in _contexts(server):
        said = context.get("allow_foreign_address")
        if said is None:
            continue
        meant = {said["port"], said["passive"]} - {REFUSED}
        if not meant:
            continue
        whom = (
            "anybody"
            if ANYBODY in meant
            else "unknown"
            if UNKNOWN in meant
            else f"{said['class']} ({len(said['members'])} address{'' if len(said['members']) == 1 else 'es'})"
        )
        if ANYBODY in meant and said["port"] != ANYBODY:
            whom = "anybody (passive)"
        words.append(whom + (f" for {where[1:-1]}" if where else ""))
    shown = list(dict.fromkeys(words))
    return "; ".join(shown[:2]) + (f"; {len(shown) - 2} more" if len(shown) > 2 else "") if shown else "nobody"


def _ports(server: Data) -> str:
    ports = server["passive_ports"]
    return f"{ports['first']}-{ports['last']}" if ports else "any"


def _tls_word(tls: Data) -> str:
    if not tls["engine"]:
        return "none"
    if tls["logins_required"]:
        return "required" if tls["data_required"] else "control"
    return "optional"


def summary(found: t.Sequence[Finding], hosts: int) -> str:
    """Return one sentence on everything; for the first hole it names the cure."""
    counts = {severity: sum(each.severity == severity for each in found) for severity in SEVERITIES}
    looked = f"{hosts} host{'' if hosts == 1 else 's'}"
    if not counts[HOLE]:
        return f"No holes on {looked}; {counts[FAULT]} faults, {counts[NOTE]} notes."
    first = next(each for each in found if each.severity == HOLE)
    return (
        f"{counts[HOLE]} hole{'' if counts[HOLE] == 1 else 's'} on {looked}, first {first.host}: {first.sentence}. "
        f"Cure: {first.cure}."
    )
