# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this plugin util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""A server that the plan provisions, held against the plan: configuration, accounts, TLS and the rules in force."""

from __future__ import annotations

from ansible_collections.proftpd.fxp.plugins.plugin_utils import _networks
from ansible_collections.proftpd.fxp.plugins.plugin_utils._audit.findings import (
    ANYBODY,
    CLASS,
    FAULT,
    HOLE,
    NOTE,
    REFUSED,
    UNKNOWN,
    Data,
    Notes,
    contexts,
    sections,
)
from ansible_collections.proftpd.fxp.plugins.plugin_utils._plan import faces, flows


def against_plan(notes: Notes, look: Data, plan: Data, digest: str | None = None) -> None:
    """Note down what is other than the ``plan`` says, and a server that has the share of a plan with another ``digest``."""
    host = notes.host
    row = plan["hosts"][host]
    if not look["managed"]:
        notes.add(
            "configuration_not_ours",
            FAULT,
            "",
            f"{look['path']} was not written by proftpd.fxp",
            "run proftpd.fxp.site; fxp_take_over: true replaces what somebody made by hand",
        )
    kept = look.get("plan_digest")
    if look["managed"] and kept and digest and kept != digest:
        notes.add(
            "another_plan",
            FAULT,
            "",
            "the server was last provisioned by another plan than the one that the inventory makes now",
            "run proftpd.fxp.site for this host",
        )
    listening = [server for server in look["servers"] if server["listens"]]
    for server in listening:
        if server["name"] != "main" and server["control_port"] not in row.get("extra_ports", ()):
            notes.add(
                "server_not_planned",
                FAULT,
                server["name"],
                f"a <VirtualHost> listens on port {server['control_port']} that the plan does not know",
                "take it out, or run proftpd.fxp.site, which writes the planned server alone",
            )
    if row.get("tls_uncork") and look["running"].get("active") and look["running"].get("uncorked") is False:
        notes.add(
            "corked",
            NOTE,
            "",
            "the server runs without fxp_tls_uncork, so each file that it gets or sends over TLS may take 0.4 s more",
            "see in the journal of its service why, or run proftpd.fxp.site",
        )
    main = look["servers"][0] if look["servers"] else None
    if main is None:
        return
    if main["sftp"]:
        notes.add(
            "sftp_instead_of_ftp",
            FAULT,
            "main",
            "it speaks SFTP (SFTPEngine on), and the plan says FTP",
            "run proftpd.fxp.site",
        )
    else:
        _main(notes, main, row, plan)
    if look["rules"] and look["rules"]["evaluated"] and row["firewall_backend"] != "none":
        _planned_rules(notes, look, row, plan)


def _main(notes: Notes, main: Data, row: Data, plan: Data) -> None:
    """The server that the plan means."""
    own = plan["servers"][notes.host]
    if main["control_port"] not in (None, own["control_port"]):
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


def _data_connections(notes: Notes, main: Data, row: Data, own: Data) -> None:
    wanted = own["passive_ports"]
    for where, context in contexts(main):
        ports = context.get("passive_ports")
        is_known = "PassivePorts" not in context["unknown"]
        if is_known and ports and (ports["first"], ports["last"]) != (wanted["first"], wanted["last"]):
            notes.add(
                "passive_ports_differ",
                FAULT,
                "main",
                f"{where + ' has ' if where else ''}PassivePorts {ports['first']} "
                f"{ports['last']} and the plan says {wanted['first']}-{wanted['last']}, which the firewall is open for",
                "run proftpd.fxp.site, or correct fxp_passive_ports",
            )
        if "MasqueradeAddress" in context["unknown"]:
            continue  # which is told
        inside = _is_inside(context)
        announced = row["inner_masquerade_address"] if inside else row["masquerade_address"]
        if "masquerade_address" in context and context["masquerade_address"] != announced:
            notes.add(
                "masquerade_differs",
                FAULT,
                "main",
                f"{where + ' announces ' if where else 'it announces '}"
                f"{context['masquerade_address'] or 'its own address'} and the plan says "
                f"{announced or 'its own address'}",
                f"run proftpd.fxp.site, or correct fxp_{'inner' if inside else 'masquerade'}_address",
            )
    inner = row["inner_masquerade_address"]
    told = any(_is_inside(context) and "masquerade_address" in context for _where, context in sections(main))
    if inner is not None and not told:
        notes.add(
            "masquerade_differs",
            FAULT,
            "main",
            f"hosts in fxp_inner_networks are announced the same address as all others, and the plan says {inner}",
            "run proftpd.fxp.site",
        )


def _is_inside(context: Data) -> bool:
    """Whether a section is the one for hosts in the inner networks."""
    return bool(context.get("section") == "IfClass" and context.get("for") == faces.INNER_CLASS)


def _peers(notes: Notes, main: Data, row: Data, plan: Data) -> None:
    """Who may be the other end of a data connection, against the peers of the plan."""
    members = [address for addresses in faces.members(plan, notes.host).values() for address in addresses]
    meant = row["allow_foreign_address"]
    grants = [
        (where, context["allow_foreign_address"])
        for where, context in contexts(main)
        if context.get("allow_foreign_address") and context["allow_foreign_address"]["port"] != REFUSED
    ]
    # Which is told.
    unknown = any(said["port"] == UNKNOWN for _where, said in grants)
    grants = [(where, said) for where, said in grants if said["port"] != UNKNOWN]
    cure = "run proftpd.fxp.site, which lets in the peers of the inventory and nobody else"
    if meant == "off":
        for where, said in grants:
            if said["port"] == ANYBODY:
                continue  # which is told
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
    if not grants and not nobody and not unknown:
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
        odd, known = said["unclear"], _networks.spans(said["holds"])
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
    meant, cure = row.get("tls"), "run proftpd.fxp.site, or correct fxp_tls"
    # A section for clients from some addresses may say something else than the server does.
    for where, tls in [("", main["tls"]), *((where, said["tls"]) for where, said in sections(main) if "tls" in said)]:
        place = f"in {where} " if where else ""
        if meant in ("required", "control") and not tls["logins_required"]:
            what = f"TLSRequired is {tls['required']}" if tls["engine"] else "TLS is off"
            notes.add(
                "tls_weaker_than_said",
                HOLE,
                "main",
                f"{place}{what}, so clients may log in in clear, and the plan says {meant}",
                cure,
            )
        elif meant == "required" and not tls["data_required"]:
            notes.add(
                "tls_weaker_than_said",
                HOLE,
                "main",
                f"{place}TLSRequired is {tls['required']}, so files may cross the network in clear, and the plan says required",
                cure,
            )
        elif meant == "none" and tls["engine"]:
            notes.add("tls_stronger_than_said", NOTE, "main", f"{place}TLS is on and the plan says none", cure)


def _planned_rules(notes: Notes, look: Data, row: Data, plan: Data) -> None:
    """The rules in force, against those that the plan wants: clients at every port, peers at the passive ports."""
    host, main = notes.host, look["servers"][0]
    clients = _networks.spans([*row["clients4"], *row["clients6"]])
    peers = _networks.spans([source for flow in flows.into(plan, host) if flow.kind == flows.FXP for source in flow.sources])
    passive = main["passive_ports"]
    if not look["rules"]["own_table"]:
        notes.add("rules_not_loaded", HOLE, "", "the firewall rules of proftpd.fxp are not loaded", "run proftpd.fxp.site")
    deaf = look["rules"].get("no_neighbours")
    if deaf and 6 in plan["servers"][host]["families"]:
        notes.add(
            "neighbours_dropped",
            FAULT,
            "",
            f"the chain {deaf} drops neighbour discovery, without which hosts on its link lose the way to "
            f"{plan['servers'][host]['address6']}",
            "accept it there: icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert, nd-router-advert } accept",
        )
    for access in look["rules"]["access"]:
        span = range(access["first"], access["last"] + 1)
        ports = f"port {access['first']}" if len(span) == 1 else f"ports {access['first']}-{access['last']}"
        accepted, unknown = _networks.spans(access["accepted"]), _networks.spans(access["unknown"])
        if main["listens"] and main["control_port"] in span:
            meant, needed, code = clients, clients, "control"
        elif passive and passive["first"] <= access["first"] and access["last"] <= passive["last"]:
            meant, needed, code = [*clients, *peers], [*clients, *peers], "passive"
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
                f"whether the firewall lets {_networks.told(doubtful)} in at {ports} cannot be told: {access['why']}",
                "look there yourself (nft -a list ruleset)",
            )
