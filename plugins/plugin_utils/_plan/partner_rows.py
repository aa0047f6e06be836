# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this plugin util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""
What is said of partners: their rows, and what is wrong with them.

They have a row as servers have one, by which classes, rules and checks know them.
"""

from __future__ import annotations

import typing as t

from ansible_collections.proftpd.fxp.plugins.plugin_utils._plan import server as _server
from ansible_collections.proftpd.fxp.plugins.plugin_utils._plan import tls as _tls
from ansible_collections.proftpd.fxp.plugins.plugin_utils._plan import values as _values
from ansible_collections.proftpd.fxp.plugins.plugin_utils._plan.partners import ANY_PORT, OPTION
from ansible_collections.proftpd.fxp.plugins.plugin_utils._plan.reader import Problem, Reader

Row = t.Mapping[str, t.Any]
Rows = t.Mapping[str, Row]


class Partners(t.NamedTuple):
    """The partners' rows by name, and by server the names of its own ones, in the order in which they are said."""

    rows: dict[str, dict[str, t.Any]]
    of_server: dict[str, list[str]]


def read(readers: t.Mapping[str, Reader], servers: Rows) -> Partners:
    """Return the partners that are said of servers. What they say of an authority is PEM text, see ``with_text``."""
    found = Partners({}, {})
    taken = {
        (server[f"address{family}"], server["public_control_port"]): name for name, server in servers.items() for family in (4, 6)
    }
    first: dict[str, tuple[str, t.Any]] = {}
    for name, reader in readers.items():
        own = found.of_server.setdefault(name, [])
        for entry in reader.options[OPTION]:
            partner = str(entry["name"])
            if partner in own:
                reader.complain(OPTION, partner, "stands there more than once; give every partner one entry")
                continue
            own.append(partner)
            where, known = first.setdefault(partner, (name, entry))
            if known is entry or known == entry:
                if where == name:
                    found.rows[partner] = _row(reader, entry)
                    _own_place(reader, partner, found.rows[partner], taken)
                _held_against(reader, servers[name], partner, found.rows[partner])
            else:
                reader.complain(OPTION, partner, f"is not the same as that of {where}; say it once, for the group fxp_servers")
    return found


def with_text(
    entries: t.Iterable[Row], read_file: t.Callable[[str], str], judge: t.Callable[[str], object]
) -> tuple[list[dict[str, t.Any]], list[str]]:
    """
    Return the entries with the text of each authority in the place of its path, and what is wrong with those that have none.

    ``read_file`` returns the text of a file, or raises OSError or UnicodeError. ``judge`` raises ValueError for what are no
    certificates of authorities.
    """
    found, wrong = [], []
    for entry in entries:
        ca = entry["ca"]
        if ca is not None and not _values.is_pem(ca):
            try:
                ca = read_file(ca)
            except (OSError, UnicodeError) as exc:
                reason = getattr(exc, "strerror", None) or "it is no text"
                wrong.append(
                    f"ca of {entry['name']}: the file {ca} cannot be read on the controller ({reason}); put the certificate of "
                    "the partner's authority there, or write its PEM text"
                )
                ca = None
        try:
            if ca is not None:
                judge(ca)
        except ValueError as exc:
            wrong.append(
                f"ca of {entry['name']}: it {exc}; write the certificate of the authority that the partner's one comes from"
            )
            ca = None
        found.append({**entry, "ca": ca})
    return found, wrong


def _row(reader: Reader, entry: Row) -> dict[str, t.Any]:
    """What servers of ours must know of a partner, as of one another."""
    problems: list[Problem] = []
    unsaid = ("gateway", "inner_address", "masquerade_address", "public_control_port")
    options = {**entry, **dict.fromkeys(unsaid), "inner_networks": (), "passive_ports": entry["passive_ports"]}
    pseudo = Reader(str(entry["name"]), options, problems)
    row = _server.row(pseudo)
    pseudo.parse("ca", _values.certificates, entry["ca"], secret=True)
    pseudo.parse("user", _values.one_line, entry["user"])
    pseudo.parse("password", _values.password, entry["password"], secret=True)
    if (entry["user"] is None) != (entry["password"] is None):
        missing = "password" if entry["password"] is None else "user"
        pseudo.complain(missing, None, "it is not said although its counterpart is; say both, or none of them")
    for problem in problems:
        option = "name" if problem.variable == "inventory_hostname" else problem.variable.partition("_")[2]
        reader.complain(OPTION, None, f"{option} of {entry['name']}: {_without_prefix(problem)}")
    row["passive_ports"] = row["passive_ports"] or dict(ANY_PORT)
    return {
        **{key: row[key] for key in row if key not in ("gateway", "inner_address", "inner_networks")},
        "authority": entry["ca"],
        "is_proven": entry["user"] is not None and entry["password"] is not None,
    }


def _without_prefix(problem: Problem) -> str:
    """The problem in the words of an entry, whose keys have no prefix."""
    value = "" if problem.value is None or problem.secret else f"{problem.value!r} "
    return value + problem.cure.replace("fxp_", "")


def _own_place(reader: Reader, partner: str, row: Row, taken: t.Mapping[tuple[str | None, int], str]) -> None:
    """A partner that cannot be told from a server of ours; ``taken`` are those, by address and port."""
    if partner in taken.values():
        reader.complain(OPTION, partner, "is one of fxp_servers and a peer already; take it out, or give it another name")
    for address in filter(None, (row["address4"], row["address6"])):
        other = taken.get((address, row["control_port"]))
        if other is not None and other != partner:
            reader.complain(OPTION, address, f"of {partner} is the address of {other}, one of fxp_servers; correct one of them")


def _held_against(reader: Reader, own: Row, partner: str, row: Row) -> None:
    """A partner with which no file can flow."""
    if own["families"] and row["families"] and not set(own["families"]) & set(row["families"]):
        reader.complain(
            OPTION,
            row["announced"],
            f"of {partner} is of no family that {own['announced']} of this server is of, and no file flows between the two; take "
            "it out there",
        )
    modes = {own["tls"], row["tls"]}
    if _tls.REQUIRED in modes and len(modes) > 1:
        mine = own["tls"] == _tls.REQUIRED
        reader.complain(
            OPTION,
            row["tls"],
            f"of {partner} does not go with {own['tls']!r} (fxp_tls) of this server, since "
            f"{'this one' if mine else partner} takes files over TLS only; say the same for both, or take {partner} out there",
        )
