# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this plugin util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""What the configuration does not tell, what is no FTP server, and what the sockets of the daemon tell against it. Pure."""

from __future__ import annotations

from ansible_collections.proftpd.fxp.plugins.plugin_utils._audit.findings import FAULT, NOTE, Data, Notes, contexts


def not_known(notes: Notes, server: Data) -> None:
    """Note values that depend on the daemon's environment or on what was not read; of AllowForeignAddress lints tell."""
    for where, context in contexts(server):
        names = [name for name in context.get("unknown") or [] if name != "AllowForeignAddress"]
        # What stands around a section is told once.
        if names and not (where and set(names) <= set(server.get("unknown") or [])):
            notes.add(
                "value_unknown",
                FAULT,
                server["name"],
                f"{f'in {where} ' if where else ''}what is said by {', '.join(names)} is not known here: it depends on "
                "variables of the daemon's environment, or something that was not looked at may say it too",
                "say the values outright and further up, or start the daemon by a unit of systemd that sets the variables",
            )


def sftp(notes: Notes, server: Data) -> None:
    """Note a server for which mod_sftp speaks."""
    notes.add(
        "sftp_server",
        NOTE,
        server["name"],
        "it speaks SFTP (SFTPEngine on), which has no data connections to others, so nothing else is judged of it",
        "nothing is to be done, unless FTP was meant: then say SFTPEngine off",
    )


def sockets(notes: Notes, look: Data) -> None:
    """Note where the running daemon listens otherwise than its configuration says."""
    listening = look["running"].get("listening")
    if listening is None:
        return
    said = {server["control_port"] for server in look["servers"] if server["listens"]}
    really = {each["port"] for each in listening}
    for port in sorted(really - said):
        addresses = ", ".join(sorted(each["address"] for each in listening if each["port"] == port))
        notes.add(
            "listens_unexplained",
            FAULT,
            "",
            f"the daemon listens on port {port} ({addresses}), and no server of the configuration as it was read does",
            "see what opens it (ss -ltnp, proftpd -t), and restart the daemon if it runs with an older configuration",
        )
    for server in look["servers"]:
        port = server["control_port"]
        if server["listens"] and port is not None and port not in really:
            notes.add(
                "listens_not",
                FAULT,
                server["name"],
                f"the configuration says that it listens on port {port}, and the daemon does not",
                "see its log and proftpd -t, and restart the daemon if it runs with an older configuration",
            )
