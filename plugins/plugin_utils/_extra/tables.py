# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this plugin util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""
Which directives the plan owns, and which of those that the role writes ProFTPD takes once. Tables only.

Names are in lower case: ProFTPD ignores their case. tests/integration/test_extra_config.py asks the daemon.
"""

from __future__ import annotations

# Of the daemon, and in <Anonymous> of the session.
ACCOUNT = ("user", "group")
# By what says it instead; where no variable does, why not.
OWNED: dict[str, str] = {
    **dict.fromkeys(("port", "defaultaddress", "socketbindtight"), "say fxp_control_port and fxp_address"),
    "passiveports": "say fxp_passive_ports, which the firewall is opened for, too",
    "masqueradeaddress": "say fxp_masquerade_address",
    "allowforeignaddress": "say fxp: true for the accounts in fxp_users that may do FXP, and fxp_foreign_addresses",
    "authuserfile": "say the accounts in fxp_users",
    "tlsengine": "say fxp_tls",
    "tlsrequired": "say fxp_tls",
    "tlsprotocol": "say fxp_tls_versions",
    **dict.fromkeys(
        (
            *("tlsrsacertificatefile", "tlsrsacertificatekeyfile", "tlsdsacertificatefile", "tlsdsacertificatekeyfile"),
            *("tlseccertificatefile", "tlseccertificatekeyfile", "tlspkcs12file", "tlscertificatechainfile"),
        ),
        "say fxp_tls_certificate and fxp_tls_private_key",
    ),
    **dict.fromkeys(
        ("tlscacertificatefile", "tlscacertificatepath"), "say fxp_tls_ca_cert, or the authority of a partner in fxp_extra_peers"
    ),
    **dict.fromkeys(
        ("tlsverifyserver", "tlsverifyclient", "tlsmasqueradeaddress"), "who is verified is what keeps peers apart from strangers"
    ),
    **dict.fromkeys(ACCOUNT, "the daemon's account is that of the platform"),
    "defaultserver": "who dials the server at any of its addresses is to reach the one that is planned",
    "servertype": "the service is proven while it runs by itself",
    "useipv6": "the class of the peers may have addresses of both families",
    **dict.fromkeys(("pidfile", "scoreboardfile"), "the unit of the package knows it by its place"),
    **dict.fromkeys(("loadmodule", "modulepath", "moduleorder"), "say fxp_extra_modules, which are loaded in the right order"),
    **dict.fromkeys(("include", "includeoptions"), "what stands in other files is not looked at; write its lines here"),
}

# What ProFTPD takes once, of what the role writes: the site's own replaces it. Everything else of the role adds up.
ONCE = frozenset(
    {
        "allowoverride",
        "allowoverwrite",
        "authorder",
        "controlsengine",
        "defaultroot",
        "maxinstances",
        "maxloginattempts",
        "requirevalidshell",
        "rootlogin",
        "serverident",
        "servername",
        "systemlog",
        "timeoutidle",
        "timeoutlogin",
        "timeoutnotransfer",
        "timeoutstalled",
        "tlsciphersuite",
        "tlslog",
        "tlsrenegotiate",
        "tlstimeouthandshake",
        "transferlog",
        "umask",
        "usereversedns",
        "wtmplog",
    }
)

__all__ = ("ACCOUNT", "ONCE", "OWNED")
