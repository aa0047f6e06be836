# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this plugin util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""
The rule sheet: what firewalls that other people administer must let through so that the plan works.

Pure: from the plan alone. Every row is a TCP connection as it is opened; replies follow it back.
"""

from __future__ import annotations

import csv
import io
import json
import typing as t

from ansible_collections.proftpd.fxp.plugins.plugin_utils._plan.flows import CONTROL, FILES, FXP, Flow, flows

COLUMNS = ("source_name", "source", "destination_name", "destination", "protocol", "ports", "direction", "why")
EVERYBODY = {"0.0.0.0/0", "::/0"}


WHY = {
    CONTROL: "clients log in (control connection)",
    FILES: "clients send, fetch and list files (passive data connections)",
    FXP: "site-to-site transfers in which {server} listens (FXP data connections)",
}


def _rows_of(flow: Flow, servers: t.Mapping[str, t.Any]) -> t.Iterator[dict[str, str]]:
    first, last = flow.ports
    server, peer = servers[flow.server], servers.get(flow.source or "")
    ports = str(first) if first == last and flow.kind == CONTROL else f"{first}-{last}"
    # A gateway forwards the passive ports as they are: the server announces them, and NAT does not rewrite what TLS hides.
    led = f"port {flow.lands[0]}" if flow.kind == CONTROL else "the same ports"
    direction = f"into {flow.server}" + (f", out of {flow.source}" if flow.source else "")
    # IPv6, and what stays inside, is let through as it is.
    translated = flow.family == 4 and not flow.inner
    if peer and peer["gateway"] and translated:
        direction += f", translated by {peer['gateway']} to come from there"
    if server["gateway"] and translated:
        at = f" of {server['inner_address']}" if server["inner_address"] else ""
        direction += f", forwarded by {server['gateway']} to {led}{at}"
    why = WHY[flow.kind].format(server=flow.server)
    for source in flow.sources:
        row = (flow.source or "clients", source, flow.server, flow.dialled, "tcp", ports, direction, why)
        yield dict(zip(COLUMNS, row))


def rows(plan: t.Mapping[str, t.Any]) -> list[dict[str, str]]:
    """Return all connections that ``plan`` needs, server by server; a row for each address or network that they come from."""
    servers = {**{name: {**row, "gateway": None} for name, row in plan["partners"].items()}, **plan["servers"]}
    return [row for flow in flows(plan) for row in _rows_of(flow, servers)]


def as_json(plan: t.Mapping[str, t.Any]) -> str:
    """Return the sheet as JSON: a list of objects with the keys of ``COLUMNS``."""
    return json.dumps(rows(plan), indent=2) + "\n"


def as_csv(plan: t.Mapping[str, t.Any]) -> str:
    """Return the sheet as CSV (RFC 4180) with a header line."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, COLUMNS)
    writer.writeheader()
    writer.writerows(rows(plan))
    return text.getvalue()


def as_markdown(plan: t.Mapping[str, t.Any]) -> str:
    """Return the sheet as a table that people can read and mail."""
    table = rows(plan)
    lines = [
        "# What firewalls must allow",
        "",
        "Each line is a TCP connection as it is opened; replies to it must pass too. Nothing else is needed.",
        "",
        "| from | source address | to | destination address | ports | direction | why |",
        "|---|---|---|---|---|---|---|",
    ]
    for row in table:
        source = f"{row['source']} (everybody)" if row["source"] in EVERYBODY else row["source"]
        lines.append(
            f"| {row['source_name']} | {source} | {row['destination_name']} | {row['destination']} "
            f"| {row['protocol']} {row['ports']} | {row['direction']} | {row['why']} |"
        )
    return "\n".join(lines) + "\n"


FORMATS: dict[str, t.Callable[[t.Mapping[str, t.Any]], str]] = {"markdown": as_markdown, "csv": as_csv, "json": as_json}
