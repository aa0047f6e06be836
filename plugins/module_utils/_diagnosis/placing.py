# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""
The last part of the diagnosis: legs of which the dialogue does not tell the place, and what those showed who were asked.

Legs in, legs out, as plain data; what a place is called and how it is cured stands in ``locate``. Pure.
"""

from __future__ import annotations

import collections
import re
import typing as t

from ansible_collections.proftpd.fxp.plugins.module_utils._diagnosis import locate
from ansible_collections.proftpd.fxp.plugins.module_utils._diagnosis.causes import CHANGED_ON_ITS_WAY

LegData = t.Mapping[str, t.Any]
OTHER = {"source": "destination", "destination": "source"}
# Faults of the client's own connections.
_NO_CONTROL = ("connect_refused", "connect_timed_out", "connect_unreachable")
_CLIENT_DATA = "client_data_"
_INSIDE = "it is decided inside of the servers, so no connection shows it; read the logs of both (TLSLog)"
_NO_CONNECTION = "the dialogue did not come to a data connection"
_NO_PLAN = "it is not known where to connect to"
_PARTNER = "it is a partner's, on which nothing can be run"


def is_open(leg: LegData) -> bool:
    """Whether the dialogue does not tell in which place this leg fell short."""
    told = leg.get("ok") or not leg.get("cause") or leg.get("passive") not in OTHER
    doubtful = leg.get("certain") is False and bool(leg.get("also_possible"))
    # Whose rule it is that the client meets, its dialogue cannot tell, however certain the cause.
    shut = (leg.get("evidence") or {}).get("fault_kind") in _NO_CONTROL
    return not told and (doubtful or shut or _is_cut(leg))


def _is_cut(leg: LegData) -> bool:
    """Whether bytes were lost on a connection that was there: that has a place, however certain the reason is."""
    evidence = leg.get("evidence") or {}
    stands_still = bool(evidence.get("stopped")) and not evidence.get("size") and _is_connected(evidence)
    return stands_still or str(evidence.get("fault_kind")).startswith(_CLIENT_DATA)


def _is_connected(evidence: LegData) -> bool:
    return bool((evidence.get("active_side") or {}).get("preliminary"))


def question_of(leg: LegData) -> locate.Question | None:
    """What of an open leg connections can tell, or none."""
    evidence = leg.get("evidence") or {}
    fault = str(evidence.get("fault_kind"))
    if fault in _NO_CONTROL:
        return "control"
    if fault.startswith(_CLIENT_DATA):
        return "client data"
    if not (evidence.get("active_address") and evidence.get("announced_address") and evidence.get("announced_port")):
        return None
    if _is_connected(evidence):
        # Which of the two servers it is that ended a handshake, the network does not show.
        return "carries" if _is_cut(leg) or "network" in leg["also_possible"] else None
    if evidence.get("active_side"):
        return "opens"
    if evidence.get("stage") == "passive":
        return "leads"
    return "announced" if str(evidence.get("port_reply") or "").startswith("5") else "opens"


def connections_of(
    legs: t.Iterable[LegData], servers: t.Mapping[str, t.Mapping[str, t.Any]] | None = None, most: int = 0
) -> list[dict[str, t.Any]]:
    """
    The connections that are to be tried again to learn where legs fall short, whose dialogue leaves that open.

    ``connecting`` and ``listening`` are names, ``address`` and ``port`` what to dial, ``local_port`` is the port on the listening
    host itself. Those of the client are only told with ``servers``, the ones of the plan, once each. Of many, ``most`` are chosen
    so that as many servers as possible are asked. With ``servers`` those of partners, on which nothing can be run, are left out.
    ``sent`` is what the connecting server was told, and for which transfer: its log has it as it came.
    """
    found: dict[tuple[t.Any, ...], dict[str, t.Any]] = {}
    for leg in legs:
        one = _connection_of(leg, servers or {}) if is_open(leg) else None
        if one and (servers is None or all(name in servers or name == leg.get("vantage") for _end, name in _ends(one))):
            found.setdefault(_key(one, one["question"]), one)
    return _chosen(list(found.values()), most) if most else list(found.values())


def _strangers(leg: LegData, servers: t.Container[str] | None) -> list[str]:
    """The ends of a leg that are none of the ``servers``, where these are known."""
    return [] if servers is None else [str(leg[end]) for end in ("source", "destination") if leg[end] not in servers]


def _connection_of(leg: LegData, servers: t.Mapping[str, t.Mapping[str, t.Any]]) -> dict[str, t.Any] | None:
    question, evidence = question_of(leg), leg.get("evidence") or {}
    if question is None:
        return None
    keys = {key: leg[key] for key in ("source", "destination", "passive", "family", "face") if key in leg}
    keys["question"] = question
    if question not in locate.OF_CLIENT:
        sent = _sent(leg)
        keys.update({"sent": sent} if sent else {})
        port = evidence["announced_port"]
        ends = {"connecting": leg[OTHER[leg["passive"]]], "listening": leg[leg["passive"]]}
        return {**keys, **ends, "address": evidence["announced_address"], "port": port, "local_port": port}
    name = str(leg.get(evidence.get("fault_server") or ""))
    if name not in servers or not leg.get("vantage"):
        return None
    server = servers[name]
    # Which of the passive ports it was, nobody noted; rules are about all of them.
    inside = leg.get("face") == "inner"
    passive, control = server["passive_ports"]["last"], server["control_port"]
    dialled = "inner_address" if inside else {"ipv4": "address4", "ipv6": "address6"}.get(str(leg.get("family")), "address")
    return {
        **keys,
        "connecting": leg["vantage"],
        "listening": name,
        "address": server[dialled],
        "port": passive if question != "control" else control if inside else server["public_control_port"],
        "local_port": control if question == "control" else passive,
    }


def _sent(leg: LegData) -> dict[str, str] | None:
    """
    What the active server was told to connect to, and for which transfer, where somebody on the way could have changed that.

    Over TLS nobody can.
    """
    active = OTHER[leg["passive"]]
    if ((leg.get("evidence") or {}).get("tls") or {}).get(active):
        return None
    address = None
    for entry in leg.get("transcript") or ():
        if (entry["direction"], entry["server"]) != ("sent", active):
            continue
        verb = entry["line"].split(" ", 1)[0]
        if verb in ("PORT", "EPRT"):
            address = entry["line"]
        elif verb in ("STOR", "RETR") and address:
            return {"address": address, "transfer": entry["line"]}
    return None


def _chosen(found: list[dict[str, t.Any]], most: int) -> list[dict[str, t.Any]]:
    """So many connections, first of ends that were in the fewest of those before."""
    times: collections.Counter[tuple[str, str]] = collections.Counter()
    left = list(enumerate(found))
    chosen: list[tuple[int, dict[str, t.Any]]] = []
    while left and len(chosen) < most:
        best = min(left, key=lambda each: sorted((times[end] for end in _ends(each[1])), reverse=True))
        left.remove(best)
        chosen.append(best)
        times.update(_ends(best[1]))
    return [one for _at, one in sorted(chosen, key=lambda each: each[0])]


def _ends(one: LegData) -> list[tuple[str, str]]:
    return [(end, one[end]) for end in ("connecting", "listening")]


def probe_of(asked: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """
    What two hosts showed, from what the module fxp_probe returned on both.

    ``asked`` is a connection of ``connections_of`` with ``egress``, the addresses that the connecting host should come from,
    ``connect``, what the module returned there, and ``watch``, what it returned on the listening one, or what is known of the job
    that watches.
    """
    connect, watch = asked["connect"], asked["watch"]
    under_way = not watch.get("finished", True)
    arrivals = watch.get("arrivals") or {}
    if asked.get("question") == "control":
        # Others come to that port all the time, so the watch takes its whole time, and counts when it is over.
        arrivals = {} if under_way else arrivals
    elif watch.get("started") and under_way:
        # A watch that goes on has seen nothing all the while.
        arrivals = {"sources": [], "answered": []}
    elif not arrivals.get("sources"):
        # One that ended without seeing anything may have ended too early. Whether the port was free it knows all the same.
        arrivals = {"listening": arrivals.get("listening"), "sources": None}
    mute = []
    if "connection" not in connect:
        mute.append({"server": asked["connecting"], "reason": connect.get("msg") or "it gave no reason"})
    elif connect.get("without_root"):
        reason = f"without root it does not see what its own rules do ({_reason(str(connect['without_root']))})"
        mute.append({"server": asked["connecting"], "reason": reason})
    if not under_way and "arrivals" not in watch:
        mute.append({"server": asked["listening"], "reason": watch.get("msg") or "it gave no reason"})
    keys = (
        *("source", "destination", "passive", "family", "face", "question"),
        *("connecting", "listening", "address", "port", "local_port", "egress", "sent"),
    )
    return {
        **{key: asked[key] for key in keys if key in asked},
        "connection": connect.get("connection") or {},
        "arrivals": arrivals,
        "logged": asked.get("logged") or [],
        "not_asked": mute,
    }


def placed(
    legs: t.Iterable[LegData], probes: t.Sequence[LegData], servers: t.Container[str] | None = None, *, told: bool = True
) -> list[LegData]:
    """
    The legs, each with the place that those showed who were asked, if they showed any; ``seen`` then says what they saw.

    A probe is one of ``probe_of``. With ``told`` legs that stay open say why nobody was asked about them. Those that are none of
    ``servers`` are partners.
    """
    by_leg: dict[tuple[t.Any, ...], list[LegData]] = {}
    for probe in probes:
        by_leg.setdefault(_key(probe, probe.get("question")), []).append(probe)
    return [_placed(leg, by_leg, len(probes) if told else None, _strangers(leg, servers)) for leg in legs]


def _key(leg: LegData, question: str | None, listening: str | None = None) -> tuple[t.Any, ...]:
    face = leg.get("face") == "inner"
    if question in locate.OF_CLIENT:
        # All legs share them.
        return question, leg.get("connecting") or leg.get("vantage"), leg.get("listening") or listening, face, leg.get("family")
    return leg.get("source"), leg.get("destination"), leg.get("passive"), face, leg.get("family")


def _placed(
    leg: LegData,
    probes: t.Mapping[tuple[t.Any, ...], t.Sequence[LegData]],
    asked: int | None,
    partners: t.Sequence[str] = (),
) -> LegData:
    if not is_open(leg):
        return leg
    question = question_of(leg)
    role = (leg.get("evidence") or {}).get("fault_server") if question in locate.OF_CLIENT else leg["passive"]
    listening = leg.get(role or "")
    key = _key(leg, question, listening)
    # Who wrote the probes down himself may not have said the family.
    found = probes.get(key) or probes.get((*key[:-1], None), ())
    for probe in found:
        came = [each["command"] for each in probe.get("logged") or ()] if probe.get("sent") else []
        if came and probe["sent"]["address"] not in came:
            return _changed(leg, probe, came[-1])
        shown = _shown(leg, probe, question or "opens", role)
        if shown is not None:
            more = f"; {probe['connecting']} received {probe['sent']['address']} as it was sent" if came and shown["seen"] else ""
            return {**shown, "seen": f"{shown['seen']}{more}"} if more else shown
    if found or asked is None or leg.get("seen"):
        return leg
    if partners and question not in locate.OF_CLIENT:
        return _mute(leg, [{"server": name, "reason": _PARTNER} for name in partners], verb="not asked")
    if question is None:
        why = _INSIDE if (leg.get("evidence") or {}).get("active_side") else _NO_CONNECTION
    elif asked:
        why = f"of all transfers that leave the place open {asked} were tried again"
    elif question in locate.OF_CLIENT:
        why = _NO_PLAN
    else:
        return leg
    connecting = leg.get("vantage") if question in locate.OF_CLIENT else leg[OTHER[leg["passive"]]]
    return _mute(leg, [{"server": str(name), "reason": why} for name in (connecting, listening) if name], verb="not asked")


def _mute(leg: LegData, mute: t.Sequence[LegData], seen: str = "", verb: str = "could not be asked") -> LegData:
    """A leg with what was seen, and who was not asked and why."""
    reasons: dict[str, list[str]] = {}
    mute = [{"server": str(each["server"]), "reason": _reason(str(each["reason"]))} for each in mute]
    for each in mute:
        reasons.setdefault(each["reason"], []).append(each["server"])
    silence = []
    for why, names in reasons.items():
        were = verb if verb.startswith("could") else f"{'was' if len(names) == 1 else 'were'} {verb}"
        silence.append(f"{' and '.join(names)} {were}: {why}")
    seen_and_silent = "; ".join(filter(None, (seen, *silence))) or None
    return {**leg, "placed": bool(seen), "seen": seen_and_silent, "not_asked": mute}


def _reason(text: str) -> str:
    """The first sentence of a message, without what Ansible says of any task that fails. What follows is advice on Ansible."""
    text = re.sub(r"\A(Task failed: |Action failed: |Module failed: )+", "", text.strip())
    return re.split(r"[.\n](?:\s|\Z)", text, maxsplit=1)[0].rstrip(".") or "it gave no reason"


def _changed(leg: LegData, probe: LegData, came: str) -> LegData:
    """The leg whose active server was told another address than the client said, by what that server logged."""
    active, sent = probe["connecting"], probe["sent"]["address"]
    return {
        **leg,
        "cause": CHANGED_ON_ITS_WAY.code,
        "server": None,
        "certain": True,
        "also_possible": [],
        "remedy": CHANGED_ON_ITS_WAY.cure.format(active=active),
        "evidence": {**leg["evidence"], "summary": f"something on the way to {active} puts another address into {sent[:4]}"},
        "placed": True,
        "place": "network",
        "seen": f"{active} logged {came}, and {sent} was sent",
        "not_asked": [],
        "ends": [active, probe["listening"]],
    }


def _shown(leg: LegData, probe: LegData, question: locate.Question, role: str | None) -> LegData | None:
    """The leg by what one probe showed, none if that is nothing at all."""
    connection, arrivals, mute = probe.get("connection") or {}, probe.get("arrivals") or {}, probe.get("not_asked") or ()
    sight = locate.sight_of(connection, arrivals, probe.get("egress") or ())
    place = locate.answer_of(question, leg["cause"], connection, arrivals, sight)
    if place is None:
        return _mute(leg, mute) if mute else None
    roles = {"passive": role, "active": None if question in locate.OF_CLIENT else OTHER[leg["passive"]]}
    active, passive = (probe.get("connecting") or leg[OTHER[leg["passive"]]], leg[role or leg["passive"]])
    # Hosts inside do not come by it.
    gateway = None if leg.get("face") == "inner" else (leg.get("gateways") or {}).get(role or leg["passive"])
    words = {
        "active": active,
        "passive": passive,
        "port": f"port {probe.get('port')}",
        "local": f"port {probe.get('local_port') or probe.get('port')}",
        "address": probe.get("address") or (leg.get("evidence") or {}).get("announced_address"),
        "strangers": ", ".join(arrivals.get("sources") or ()),
        "egress": f"fxp_egress_addresses of {active}",
        "forward": f"the port forward of {gateway or 'a gateway'}",
        "admit": f"Open fxp_passive_ports of {passive} for the fxp_egress_addresses of {active}",
    }
    if question in locate.OF_CLIENT:
        words.update(egress=f"fxp_clients of {passive}", admit=f"Let fxp_clients of {passive} admit {active}")
    leg = {**_mute(leg, mute, place.seen.format(**words)), "ends": [active, passive]}
    between = place.end is None and place.certain
    if place.told or (between and leg["cause"] == "private_address_advertised"):
        # What else a private address is to lead to, the way does not tell.
        also = [where for where in leg["also_possible"] if where not in place.without]
        return {**leg, "place": None, "also_possible": also}
    # The cause knows more of the way than that something is lost on it, and more of a server than that it may be something there.
    known = between and leg["cause"] == "hairpin_nat_missing"
    half = question in locate.OF_CLIENT and place.end is not None and not place.certain and not sight.strange
    cure = "" if known or half else place.cure
    names = {**roles, "active": roles["active"] or "client"}
    return {
        **leg,
        "place": (names.get(place.end or "") or "network") if place.certain else None,
        "server": roles.get(place.end or ""),
        "certain": place.certain,
        "also_possible": [names.get(where) or where for where in place.also],
        "remedy": cure.format(**words) if cure else leg.get("remedy"),
    }


__all__ = ("connections_of", "is_open", "placed", "probe_of", "question_of")
