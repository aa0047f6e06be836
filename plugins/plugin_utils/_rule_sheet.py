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

COLUMNS = ("source_name", "source", "destination_name", "destination", "protocol", "ports", "direction", "why")
EVERYBODY = {"0.0.0.0/0", "::/0"}


def _row(
    source_name: str, source: str, server_name: str, destination: str, ports: str, why: str, forward: str = ""
) -> dict[str, str]:
    direction = f"into {server_name}" + ("" if source_name == "clients" else f", out of {source_name}") + forward
    return dict(zip(COLUMNS, (source_name, source, server_name, destination, "tcp", ports, direction, why)))


def rows(plan: t.Mapping[str, t.Any]) -> list[dict[str, str]]:
    """Return all connections that *plan* needs, server by server."""
    found = []
    servers = plan["servers"]
    for name, server in servers.items():
        host = plan["hosts"][name]
        passive = "{first}-{last}".format(**server["passive_ports"])
        family = server["announced_family"]
        # A gateway forwards the passive ports as they are: the server announces them, and NAT does not rewrite what TLS hides.
        via = f", forwarded by {server['gateway']}" if server["gateway"] else ""
        led = f"{via} to port {server['control_port']}" if via else ""
        same = f"{via} to the same ports" if via else ""
        for network in host[f"clients{family}"]:
            found.append(
                _row(
                    "clients",
                    network,
                    name,
                    server["address"],
                    str(server["public_control_port"]),
                    "clients log in (control connection)",
                    led,
                )
            )
            found.append(
                _row(
                    "clients",
                    network,
                    name,
                    server["announced"],
                    passive,
                    "clients send, fetch and list files (passive data connections)",
                    same,
                )
            )
        if host["allow_foreign_address"] == "off":
            continue
        for peer_name, peer in servers.items():
            if peer_name == name or plan["hosts"][peer_name]["allow_foreign_address"] == "off":
                continue
            for address in peer[f"egress{family}"]:
                found.append(
                    _row(
                        peer_name,
                        address,
                        name,
                        server["announced"],
                        passive,
                        f"site-to-site transfers in which {name} listens (FXP data connections)",
                        same,
                    )
                )
    return found


def as_json(plan: t.Mapping[str, t.Any]) -> str:
    """Return the sheet as JSON: a list of objects with the keys of C(COLUMNS)."""
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
