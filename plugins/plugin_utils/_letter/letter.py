# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this plugin util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""
A letter to who administers a partner's FTP server: what to open, whose addresses to take, whom to trust, how to try it.

From the plan and the certificate of the fleet's authority alone, as Markdown. It has no account and no password.
"""

from __future__ import annotations

import os
import typing as t

import jinja2

from ansible_collections.proftpd.fxp.plugins.module_utils._host.text import printable
from ansible_collections.proftpd.fxp.plugins.plugin_utils._plan import flows, partners

_HERE = os.path.dirname(os.path.abspath(__file__))

Plan = t.Mapping[str, t.Any]
Rows = t.List[t.Dict[str, t.Any]]


def letter(plan: Plan, name: str, authority: str) -> str:
    """Return the letter to the partner ``name``. ``authority`` is PEM text, empty where nobody has TLS."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_HERE),
        # Markdown, of values that the plan has read: addresses, numbers and names that can stand in a configuration.
        autoescape=False,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        undefined=jinja2.StrictUndefined,
    )
    partner = plan["partners"][name]
    return environment.get_template("letter.md.j2").render(
        name=printable(name),
        partner={
            **partner,
            "dialled": _dialled(partner),
            "at": _in_url(partner["address"]),
            "is_told": partner["passive_ports"] != partners.ANY_PORT,
        },
        servers=[_server(each, plan["servers"][each]) for each in partner["servers"]],
        members=sorted({member for each in partner["servers"] for member in plan["servers"][each]["class_members"]}),
        connections=_connections(plan, name),
        authority=authority.strip(),
    )


def _server(name: str, row: Plan) -> dict[str, t.Any]:
    announced = [row[f"announced{family}"] for family in row["families"]]
    return {**row, "name": name, "dialled": _dialled(row), "announces": announced, "at": _in_url(row["address"])}


def _dialled(row: Plan) -> list[str]:
    return [row[f"address{family}"] for family in row["families"]]


def _connections(plan: Plan, name: str) -> Rows:
    """Data connections between the partner and servers of ours, as its administrator sees them."""
    into = [(flow, source, True) for flow in flows.to_partner(plan, name) for source in flow.sources]
    out = [
        (flow, source, False)
        for server in plan["partners"][name]["servers"]
        for flow in flows.into(plan, server)
        if flow.source == name
        for source in flow.sources
    ]
    return [
        {
            "server": flow.source if inwards else flow.server,
            "source": source,
            "dialled": flow.dialled,
            "first": flow.ports[0],
            "last": flow.ports[1],
            "inwards": inwards,
        }
        for flow, source, inwards in (*into, *out)
    ]


def _in_url(address: str) -> str:
    """An address as it stands in a URL (RFC 3986)."""
    return f"[{address}]" if ":" in address else address
