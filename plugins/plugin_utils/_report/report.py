# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this plugin util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""
Lay out what ``fxp_check`` returned so that people can read it.

Pure: returns lines with the part that each plays; whoever prints them gives each part its colour. Files are the matter of
``json``, ``junit``, ``markdown`` and ``html``; all of them tell of the same ``Leg``, in the words of this file. Nothing is
decided here: cause, place and cure are those of the legs that come in.
"""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.proftpd.fxp.plugins.module_utils._host.text import printable

# What a line is. The two servers differ by more than hue: every line of a dialogue also names its server.
SOURCE, DESTINATION, HEADING, GOOD, BAD, PLAIN = "source", "destination", "heading", "good", "bad", "plain"
Line = t.Tuple[str, str]
# What came of a leg. Proven once it was repeated is no failure, and people want to know of it all the same.
PROVEN, REPEATED, REFUSED, UNCERTAIN, FAILED = "proven", "repeated", "refused", "uncertain", "failed"
# Up to here everything is printed. Of more than this, what fell short comes first and the rest is counted.
DIALOGUES_IN_FULL, MAX_DIALOGUES, ROWS_IN_FULL = 24, 10, 100
# Of the reasons why transfers fell short, and of the transfers that each is said of.
MAX_REASONS, MAX_LABELS = 20, 4
INSIDE = "inside"  # at inner addresses
FAMILIES = {"ipv4": "IPv4", "ipv6": "IPv6"}
# What of a stranger decides; the other probes of a bounce check are about ports.
STRANGERS_PROBES = ("passive_port_reachable", "passive_by_stranger", "port_to_stranger", "eprt_to_stranger")


@dataclasses.dataclass(frozen=True)
class Leg:
    """
    One transfer of one pair, with the names that the servers have in the inventory, and what the diagnosis says of it.

    ``bytes`` are those that arrived, ``seconds`` go from the first data command to the last reply. ``passive`` and ``server`` are
    roles, ``source`` or ``destination``.
    """

    source: str
    destination: str
    passive: str
    ok: bool
    cause: str | None
    server: str | None
    certain: bool
    also_possible: tuple[str, ...]
    remedy: str | None
    file: str | None
    bytes: int | None
    seconds: float | None
    bytes_per_second: float | None
    verified_by: str | None
    listing: t.Mapping[str, str | None]
    dialogue: tuple[t.Mapping[str, t.Any], ...]
    seen: str | None = None  # what both ends showed when they were asked where the connection is lost, or why they were not
    placed: bool = False  # whether they showed anything
    place: str | None = None  # where it is for certain: a role, the network or the client
    not_asked: tuple[t.Mapping[str, t.Any], ...] = ()  # server and reason
    ends: tuple[str, ...] = ()  # of the connection that was tried for that
    vantage: str | None = None  # the host that checked
    family: str | None = None  # ipv4 or ipv6
    face: str = "outer"  # or inner, by which addresses of both servers
    gateways: t.Mapping[str, str | None] = dataclasses.field(default_factory=dict)  # by role, in front of servers
    over: str = ""  # all three in words where not all legs have the same
    expect: str = "allowed"
    repeated: bool = False  # it fell short at first and was tried again
    first_cause: str | None = None  # of the first attempt
    evidence: t.Mapping[str, t.Any] = dataclasses.field(default_factory=dict)

    @property
    def state(self) -> str:
        """Return what came of it, one of the five words above."""
        if not self.ok:
            return FAILED if self.certain and self.cause else UNCERTAIN
        if self.expect == "refused":
            return REFUSED
        return REPEATED if self.repeated else PROVEN

    @property
    def label(self) -> str:
        """Return pair and role, as people call the leg."""
        return f"{self.source} -> {self.destination}" + (f", {self.listens} listens" if self.listens != "-" else "")

    @property
    def listens(self) -> str:
        """Return who listens, and by which family where that is not the same for all."""
        name = self.name(self.passive) or "-"
        return f"{name} ({self.over})" if self.over and name != "-" else name

    @property
    def look_first(self) -> str | None:
        """Return the inventory name of the server to look at first, if there is one."""
        return self.name(self.server)

    @property
    def is_encrypted(self) -> bool:
        """Tell whether the file went over TLS."""
        return self.evidence.get("protection") == "private"

    def name(self, role: str | None) -> str | None:
        """Return the inventory name behind ``source`` or ``destination``, and nothing for what is no role."""
        return {"source": self.source, "destination": self.destination}.get(role or "")


def listed(legs: t.Iterable[t.Mapping[str, t.Any]]) -> list[Leg]:
    """Return the legs of a flat list whose entries name their ``source`` and ``destination``."""
    found = [_leg(leg) for leg in legs]
    several = len({leg.family for leg in found if leg.family}) > 1
    return [dataclasses.replace(leg, over=_over(leg, several)) for leg in found]


def _over(leg: Leg, several_families: bool) -> str:
    """Return how a leg went to the server that listens, where that is not the same for all; outer addresses go without saying."""
    family = FAMILIES.get(leg.family or "", "") if several_families else ""
    gateway = leg.gateways.get(leg.passive)
    return ", ".join(filter(None, (family, INSIDE if leg.face == "inner" else "", f"behind {gateway}" if gateway else "")))


def _leg(leg: t.Mapping[str, t.Any]) -> Leg:
    evidence = leg.get("evidence") or {}
    return Leg(
        source=str(leg.get("source")),
        destination=str(leg.get("destination")),
        passive=leg.get("passive") or "-",
        ok=bool(leg.get("ok")),
        cause=leg.get("cause"),
        server=leg.get("server"),
        certain=leg.get("certain") is not False,
        also_possible=tuple(leg.get("also_possible") or ()),
        remedy=_named(leg, leg.get("remedy")),
        file=leg.get("file"),
        bytes=leg.get("bytes"),
        seconds=leg.get("seconds"),
        bytes_per_second=leg.get("bytes_per_second"),
        verified_by=leg.get("verified_by"),
        listing=leg.get("listing") or {},
        dialogue=tuple(leg.get("transcript") or ()),
        seen=leg.get("seen"),
        # Probes that somebody brought himself show something, else he had no word of it.
        placed=bool(leg.get("placed", leg.get("seen"))),
        place=leg.get("place"),
        not_asked=tuple(leg.get("not_asked") or ()),
        ends=tuple(leg.get("ends") or ()),
        vantage=leg.get("vantage"),
        family=leg.get("family"),
        face=leg.get("face") or "outer",
        gateways=leg.get("gateways") or {},
        expect=leg.get("expect") or "allowed",
        repeated=bool(leg.get("repeated")),
        first_cause=leg.get("first_cause"),
        evidence={**evidence, "summary": _named(leg, evidence["summary"])} if evidence.get("summary") else evidence,
    )


def _named(leg: t.Mapping[str, t.Any], text: str | None) -> str | None:
    """Return a text of the checker, which knows addresses only, with the names that the two servers have in the inventory."""
    for role in (SOURCE, DESTINATION):
        label = (leg.get("evidence") or {}).get(role)
        if text and label:
            text = text.replace(str(label), str(leg.get(role)))
    return text


def rate(bytes_per_second: float | None) -> str:
    """Return a rate in the binary unit that suits it, as FTP clients print it."""
    if bytes_per_second is None:
        return "-"
    for unit, size in (("GiB/s", 1 << 30), ("MiB/s", 1 << 20), ("KiB/s", 1 << 10)):
        if bytes_per_second >= size:
            return f"{bytes_per_second / size:.2f} {unit}"
    return f"{bytes_per_second:.0f} B/s"


def dialogue_entries(leg: Leg) -> t.Iterator[t.Mapping[str, t.Any]]:
    """Yield the entries of the dialogue that people want to see, safe to be printed."""
    for entry in leg.dialogue:
        if entry["direction"] == "received" and entry["line"].startswith(" "):
            continue  # the inner lines of a long reply such as that to FEAT
        yield {**entry, "line": printable(entry["line"])}


def dialogue(leg: Leg) -> t.Iterator[Line]:
    """Yield what was said on both control connections, the listing on both servers, and the closing line."""
    yield printable(leg.label), HEADING
    names = {role: printable(leg.name(role)) for role in (SOURCE, DESTINATION)}
    width = max(map(len, names.values()))
    for entry in dialogue_entries(leg):
        arrow = "-->" if entry["direction"] == "sent" else "<--"
        yield f"  {entry['seconds']:8.4f}  {names.get(entry['server'], ''):{width}}  {arrow} {entry['line']}", entry["server"]
    for role in (SOURCE, DESTINATION):
        if leg.listing.get(role):
            yield f"  {'LIST':>8}  {names[role]:{width}}  {printable(leg.listing[role])}", role
    if leg.ok:
        yield f"  {proof(leg)}", GOOD
    else:
        yield f"  FAILED: {verdict(leg)}", BAD
        if leg.remedy:
            yield f"  Cure: {printable(leg.remedy)}", BAD


def proof(leg: Leg) -> str:
    """Return what proves a leg that did what was expected."""
    if leg.expect == "refused":
        return f"refused, as it must be: {verdict(leg)}"
    seconds = "-" if leg.seconds is None else f"{leg.seconds:.4f}"
    text = f"{leg.file}: {leg.bytes} bytes sent in {seconds} secs ({rate(leg.bytes_per_second)}), verified by {leg.verified_by}"
    text += encryption(leg)
    return printable(text) + (second_attempt(leg) if leg.repeated else "")


def encryption(leg: Leg) -> str:
    """Return how the control connections and the data were encrypted; nothing for a leg without any TLS."""
    tls = leg.evidence.get("tls") or {}
    agreed = [f"{tls[role]['version']} {tls[role]['cipher']}" if tls.get(role) else "clear" for role in (SOURCE, DESTINATION)]
    if set(agreed) == {"clear"}:
        return ""
    client = leg.evidence.get("sscn")
    roles = f" (SSCN on the {client})" if client else ""
    return f", {' / '.join(dict.fromkeys(agreed))}, data {leg.evidence.get('protection') or 'clear'}{roles}"


def second_attempt(leg: Leg) -> str:
    """Return that a leg was proven only when it was repeated, and why not at once."""
    return ", at the second attempt" + (f" (at first {printable(leg.first_cause)})" if leg.first_cause else "")


def verdict(leg: Leg) -> str:
    """Return in a few words why a leg fell short and where to look first."""
    if leg.cause is None:
        return printable("; ".join(leg.also_possible) or leg.evidence.get("summary") or "no cause given")
    doubt = _doubt(leg)
    return printable(_cause_and_place(leg) + (f": {leg.seen}" if leg.seen else "") + (f" ({doubt})" if doubt else ""))


def sentence(leg: Leg) -> str:
    """Return as one plain sentence why a leg fell short, and after it the cure."""
    why = leg.seen if leg.placed else "; ".join(filter(None, (leg.evidence.get("summary"), leg.seen)))
    if leg.cause is None or not why:
        text = verdict(leg)
    else:
        text = f"{printable(why)} ({printable(', '.join(filter(None, (_cause_and_place(leg), _doubt(leg)))))})"
    return text.rstrip(".") + "." + (f" {printable(leg.remedy)}" if leg.remedy else "")


def _cause_and_place(leg: Leg) -> str:
    between = leg.placed and leg.certain
    first = leg.look_first or (leg.vantage if leg.place == "client" else None)
    two = " and ".join(leg.ends) if set(leg.ends) - {leg.source, leg.destination} else "the two"
    where = f", look at {first} first" if first else f", look between {two}" if between else ""
    return f"{leg.cause}{where}"


def _doubt(leg: Leg) -> str:
    others = [leg.name(place) or (leg.vantage if place == "client" else None) or place for place in leg.also_possible]
    return "" if leg.certain else f"not certain, also possible: {', '.join(others)}" if others else "not certain"


def dialogues(legs: t.Sequence[Leg], *, failed_only: bool = False) -> t.Iterator[Line]:
    """Yield every dialogue, or those that fell short; of many legs only the first that did, and how many that leaves out."""
    wanted = [leg for leg in legs if not (failed_only and leg.ok)]
    shown = wanted
    if len(wanted) > DIALOGUES_IN_FULL or (failed_only and len(wanted) > MAX_DIALOGUES):
        shown = [leg for leg in legs if not leg.ok][:MAX_DIALOGUES]
    for leg in shown:
        yield "", PLAIN
        yield from dialogue(leg)
    if len(shown) < len(wanted):
        fell = " that fell short" if failed_only else ""
        yield "", PLAIN
        yield f"The dialogues of {len(wanted) - len(shown)} further transfers{fell} are not shown.", PLAIN


def sentences(legs: t.Iterable[Leg]) -> t.Iterator[Line]:
    """Yield why legs fell short, a sentence for each reason with the legs that it is said of; nothing where none did."""
    reasons: dict[str, list[str]] = {}
    for leg in legs:
        if not leg.ok:
            reasons.setdefault(sentence(leg), []).append(printable(leg.label))
    for index, (reason, labels) in enumerate(reasons.items()):
        if not index:
            yield "", PLAIN
        if index == MAX_REASONS:
            yield f"and {len(reasons) - MAX_REASONS} more reasons", BAD
            return
        more = f"; and {len(labels) - MAX_LABELS} more" if len(labels) > MAX_LABELS else ""
        yield f"{'; '.join(labels[:MAX_LABELS])}{more}: {reason}", BAD


def table(legs: t.Sequence[Leg]) -> t.Iterator[Line]:
    """Yield a table of all legs, a line each; of many legs only those that fell short, and how many that leaves out."""
    shown = list(legs)
    if len(legs) > ROWS_IN_FULL:
        shown = [leg for leg in legs if not leg.ok or leg.repeated]
        shown = sorted(shown, key=lambda leg: leg.ok)[:ROWS_IN_FULL]
    rows = [("source", "destination", "listens", "result", "bytes", "seconds", "rate", "cause or proof")]
    for leg in shown:
        rows.append(
            (
                printable(leg.source),
                printable(leg.destination),
                printable(leg.listens),
                "ok" if leg.ok else "FAILED",
                "-" if leg.bytes is None else str(leg.bytes),
                "-" if leg.seconds is None else f"{leg.seconds:.4f}",
                rate(leg.bytes_per_second),
                evidence_in_short(leg),
            )
        )
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    if shown:
        for index, row in enumerate(rows):
            text = "  ".join(f"{cell:{width}}" for cell, width in zip(row, widths)).rstrip()
            yield text, HEADING if index == 0 else GOOD if shown[index - 1].ok else BAD
    short = sum(not leg.ok for leg in legs) - sum(not leg.ok for leg in shown)
    well = sum(leg.ok for leg in legs) - sum(leg.ok for leg in shown)
    if short:
        yield f"and {short} more that fell short", BAD
    if well:
        yield f"and {well} more that did what was expected" if shown else f"{well} transfers did what was expected", GOOD


def evidence_in_short(leg: Leg) -> str:
    """Return what proves a leg, or why it fell short, as the last column of tables has it."""
    if not leg.ok or leg.expect == "refused":
        return verdict(leg)
    return printable(f"verified by {leg.verified_by}") + (second_attempt(leg) if leg.repeated else "")


def bounce_table(bounce: t.Sequence[t.Mapping[str, t.Any]]) -> t.Iterator[Line]:
    """Yield a line for each server that was asked whether strangers can abuse it."""
    width = max(len("server"), *(len(printable(entry["server"])) for entry in bounce))
    yield f"{'server':{width}}  strangers", HEADING
    for entry in bounce:
        state, words = strangers(entry)
        yield f"{printable(entry['server']):{width}}  {words}", {PROVEN: GOOD, FAILED: BAD}.get(state, PLAIN)


# Seconds for which ProFTPD holds a handshake back (docs/tls.md), and below which little else can have taken them.
CORKED, CORKED_MOST = 0.4, 0.7


def notes(
    other_plans: t.Sequence[str],
    untold: t.Sequence[str],
    files_left: t.Iterable[t.Mapping[str, t.Any]],
    legs: t.Iterable[Leg] = (),
) -> t.Iterator[str]:
    """
    Yield what is to be known besides.

    That is servers of another plan, servers to which the client may be a peer, files that checks left behind, and that every leg
    over TLS took as long as a handshake that is held back.
    """
    if other_plans:
        names = ", ".join(map(printable, other_plans))
        runs = "runs" if len(other_plans) == 1 else "run"
        yield f"{names} {runs} another plan than the inventory makes now: run proftpd.fxp.site there before anything else."
    if untold:
        names = ", ".join(map(printable, untold))
        yield (
            f"The vantage was not told: {names} may see the client at the address of a peer. Transfers with that peer would "
            "then pass whatever the policy is."
        )
    for left in files_left:
        server, directory, name = (printable(left.get(key) or "") for key in ("server", "directory", "file"))
        yield f"{server} still holds the file {name} in {directory}, or is about to; delete it."
    encrypted = [leg.seconds or 0.0 for leg in legs if leg.ok and leg.expect == "allowed" and leg.is_encrypted]
    if encrypted and CORKED <= min(encrypted) <= CORKED_MOST:
        yield (
            f"No file took less than {min(encrypted):.2f} s over TLS. ProFTPD holds the handshake of servers back for 0.4 s of "
            "that; fxp_tls_uncork: true spares them."
        )


def is_meant(entry: t.Mapping[str, t.Any]) -> bool:
    """Tell whether a server lets strangers in as the inventory says, and else nobody."""
    found = (item for item in entry.get("findings") or () if isinstance(item, t.Mapping))
    return not entry.get("vulnerable") and any(item.get("meant") for item in found)


def strangers(entry: t.Mapping[str, t.Any]) -> tuple[str, str]:
    """
    Return state and words for one result of ``fxp_bounce_check``.

    Of its findings, one for each probe, those are told that decide: what let a stranger in, or what could not be tried. What
    lets one in and is meant to is neither refused nor a fault, and always told.
    """
    found = [item if isinstance(item, t.Mapping) else {"summary": item} for item in entry.get("findings") or ()]
    if entry.get("vulnerable"):
        wrong = [item for item in found if item.get("vulnerable", True)]
        return FAILED, "can abuse it: " + ("; ".join(map(finding, wrong)) or "no details")
    meant = [item for item in found if item.get("meant")]
    if meant:
        return UNCERTAIN, "are refused but for what is meant: " + "; ".join(_merged(meant))
    if not entry.get("tested"):
        left = [item for item in found if item.get("result", "untested") == "untested"]
        decide = [item for item in left if item.get("probe") in STRANGERS_PROBES] or left
        why = "; ".join(_merged(decide)) or printable(entry.get("msg") or "")
        asked = any(item.get("result") == "refused" and item.get("stranger") for item in found)
        words = "are refused as far as they could be played" if asked else "were not played"
        return UNCERTAIN, words + (f": {why}" if why else "")
    return PROVEN, "are refused"


def _merged(found: t.Iterable[t.Mapping[str, t.Any]]) -> list[str]:
    """Return each finding in words once; what differs in nothing but the stranger is said of all of them at once."""
    said: dict[str, list[str]] = {}
    for item in found:
        stranger = printable(item["stranger"]) if item.get("stranger") else "\0"
        names = said.setdefault(finding(item).replace(stranger, "\0"), [])
        if stranger not in names:
            names.append(stranger)
    return [words.replace("\0", ", ".join(names)) for words, names in said.items()]


def finding(item: t.Mapping[str, t.Any]) -> str:
    """Return one finding in words, with its cure."""
    words = item.get("summary") or ", ".join(f"{key}: {value}" for key, value in item.items() if value not in (None, "", [], {}))
    return printable(words) + (f". {printable(item['remedy'])}" if item.get("remedy") else "")


def summary(legs: t.Sequence[Leg]) -> str:
    """Return one sentence on all legs; for the first that fell short it names cause and cure."""
    short = [leg for leg in legs if not leg.ok]
    if not short:
        return f"All {len(legs)} transfers were proven."
    first = short[0]
    return (
        f"{len(short)} of {len(legs)} transfers fell short, first {first.source} -> {first.destination}"
        + (f" with {first.listens} listening" if first.listens != "-" else "")
        + f": {verdict(first)}."
        + (f" {printable(first.remedy)}" if first.remedy else "")
    )
