# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this plugin util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""What TLS needs of a plan: who trusts whom, where certificates come from, what they must say."""

from __future__ import annotations

import os
import typing as t

from ansible_collections.proftpd.fxp.plugins.plugin_utils._plan import values as _values
from ansible_collections.proftpd.fxp.plugins.plugin_utils._plan.reader import Problem, Reader

REQUIRED, CONTROL, NONE = "required", "control", "none"
# Who makes the certificate of a server.
AUTHORITY, BROUGHT = "authority", "brought"
# Made beside the inventory where nothing else is said.
CERTIFICATE_FILE, KEY_FILE = "fxp-ca.pem", "fxp-ca.key"

Readers = t.Mapping[str, Reader]


def host(reader: Reader, server: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """What this server needs for TLS. Its certificate has every address that somebody dials or sees."""
    options = reader.options
    rest: dict[str, t.Any] = {
        "tls": options["tls"],
        "tls_uncork": False,
        "tls_versions": [],
        "certificate_from": None,
        "certificate_addresses": [],
        "certificate_name": None,
    }
    if options["tls"] == NONE:
        return rest
    reader.parse("tls_ca_cert", _values.certificates, options["tls_ca_cert"], secret=True)
    reader.parse("tls_certificate", _values.certificates, options["tls_certificate"], secret=True)
    reader.parse("tls_ca_key", _values.private_key, options["tls_ca_key"], secret=True)
    reader.parse("tls_private_key", _values.private_key, options["tls_private_key"], secret=True)
    brought, key = options["tls_certificate"], options["tls_private_key"]
    if (brought is None) != (key is None):
        missing = "tls_private_key" if key is None else "tls_certificate"
        reader.complain(
            missing,
            None,
            "it is not said although its counterpart is; say both fxp_tls_certificate and fxp_tls_private_key, or none of them",
        )
    if brought is not None and options["tls_ca_cert"] is None:
        reader.complain(
            "tls_ca_cert", None, "it is not said, but who brings fxp_tls_certificate must say the authority that it comes from"
        )
    if not options["tls_versions"]:
        reader.complain("tls_versions", options["tls_versions"], "has no version in it; write ['1.2']")
    addresses = {*(server[f"{kind}{family}"] for kind in ("address", "announced") for family in (4, 6)), *server["egress"]}
    if server["inner_networks"]:
        addresses.add(server["inner_address"])
    return {
        "tls": options["tls"],
        "tls_uncork": options["tls_uncork"],
        "tls_versions": sorted(set(options["tls_versions"])),
        "certificate_from": AUTHORITY if brought is None else BROUGHT,
        # A pool of addresses that connections come from is nobody's name.
        "certificate_addresses": sorted(address for address in addresses if address and "/" not in address),
        "certificate_name": reader.host if _values.is_domain_name(reader.host) else None,
    }


def _with_tls(readers: Readers) -> dict[str, Reader]:
    return {name: reader for name, reader in readers.items() if reader.options["tls"] != NONE}


def disagreements(readers: Readers) -> t.Iterator[Problem]:
    """Servers that could not exchange files, or would not trust one another."""
    yield from _mixture(readers)
    with_tls = _with_tls(readers)
    # The first server of each kind speaks for all of them.
    kinds: dict[frozenset[str], str] = {}
    for name, reader in with_tls.items():
        kinds.setdefault(frozenset(reader.options["tls_versions"]), name)
    for name, reader in with_tls.items():
        mine = frozenset(reader.options["tls_versions"])
        other = next((one for versions, one in kinds.items() if mine and versions and mine.isdisjoint(versions)), None)
        if other is not None:
            theirs = with_tls[other].options["tls_versions"]
            yield Problem(
                name,
                "fxp_tls_versions",
                reader.options["tls_versions"],
                f"has no version in common with {theirs} of {other}; say the same for both",
            )
    yield from _differences("tls_ca_cert", with_tls)
    yield from _differences("tls_ca_key", {name: reader for name, reader in with_tls.items() if _signed(reader)})


def _signed(reader: Reader) -> bool:
    return reader.options["tls_certificate"] is None and reader.options["tls_private_key"] is None


def _mixture(readers: Readers) -> t.Iterator[Problem]:
    """One that takes files over TLS only finds no way with one that never does."""
    first = next((name for name, reader in readers.items() if reader.options["tls"] == REQUIRED), None)
    for name, reader in readers.items():
        mode = reader.options["tls"]
        if first is not None and mode != REQUIRED:
            yield Problem(
                name,
                "fxp_tls",
                mode,
                f"does not go with 'required' of {first}, which takes files over TLS only; say the same for all servers",
            )


def _differences(option: str, readers: Readers) -> t.Iterator[Problem]:
    first = next(iter(readers), None)
    for name, reader in readers.items():
        if first is not None and reader.options[option] != readers[first].options[option]:
            yield Problem(
                name,
                f"fxp_{option}",
                None,
                f"it is not the same as that of {first}, but a fleet has one authority; say it once, for the group fxp_servers",
            )


def cautions(readers: Readers) -> t.Iterator[tuple[str, str]]:
    """What works but deserves a word: host and sentence."""
    for name, reader in _with_tls(readers).items():
        if "1.3" in reader.options["tls_versions"]:
            yield (
                name,
                (
                    "fxp_tls_versions: with TLS 1.3 files may arrive short if a client makes the sending server the TLS "
                    "client (SSCN), and clients are free to; say ['1.2'] unless only this collection's checks do FXP."
                ),
            )


def authority(readers: Readers, directory: str) -> dict[str, t.Any] | None:
    """
    Return where the certificate of the fleet's authority and its key are, or None if nobody needs it.

    A path counts from ``directory``. The text of a key is never returned; ``host`` is the server whose variables have it.
    """
    with_tls = _with_tls(readers)
    if not with_tls:
        return None
    # All servers say the same, but those that bring a certificate need no key and may not have one said.
    name = next((name for name, reader in with_tls.items() if _signed(reader)), next(iter(with_tls)))
    certificate, key = (with_tls[name].options[option] for option in ("tls_ca_cert", "tls_ca_key"))
    return {
        "directory": directory,
        "host": name,
        "certificate": None if _is_text(certificate) else os.path.join(directory, certificate or CERTIFICATE_FILE),
        "certificate_text": certificate if _is_text(certificate) else None,
        "key": None if _is_text(key) else os.path.join(directory, key or KEY_FILE),
        "is_default": certificate is None,
    }


def _is_text(said: str | None) -> bool:
    return said is not None and _values.is_pem(said)
