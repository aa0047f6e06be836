# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this plugin util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""
Read single values of the vocabulary.

Every function takes what somebody wrote in an inventory and returns the parsed value or raises ``ValueError`` with
what is wrong and how to mend it, as the end of a sentence that begins with the variable and its value.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import datetime
import functools
import re
import typing as t

# Who plans asks for it first (_libraries) and says so; what merely imports this file must not fail.
with contextlib.suppress(ImportError):
    import netaddr

# The first port that an unprivileged process may bind. ProFTPD refuses PassivePorts and PORT below it
# (modules/mod_core.c, set_passiveports and core_port).
FIRST_UNPRIVILEGED_PORT = 1024
LAST_PORT = 65535
# net.ipv4.ip_local_port_range as Linux has it by default (ip-sysctl.rst).
EPHEMERAL_PORTS = (32768, 60999)
# The default of fxp_passive_ports, from the range that IANA leaves to everybody (RFC 6335).
DEFAULT_PASSIVE_PORTS = "49152-49407"

# The greatest limit that can be given to an account, what fits into 32 bits.
MOST = 2**31 - 1

# What is written into a line of proftpd.conf, of a password file or of an nftables set without being quoted there.
_HOST_NAME = re.compile(r"[A-Za-z0-9_.:-]{1,253}")
_ACCOUNT_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,31}")
_PATH = re.compile(r"(/[A-Za-z0-9_.+@-]+)+")
_DOMAIN_NAME = re.compile(r"(?!-)[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})*")
_CRYPT_HASH = re.compile(r"\$[0-9a-z]+\$[A-Za-z0-9./$=,+-]{20,256}")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_PEM_BLOCK = re.compile(r"-----BEGIN ([A-Z0-9 ]+)-----[ \t]*\r?\n(.*?)-----END \1-----", re.DOTALL)

# Where no account may have its home: trees that are the system's own, and directories that are refused only by themselves.
_SYSTEM_TREES = (
    "/bin",
    "/boot",
    "/dev",
    "/etc",
    "/lib",
    "/lib32",
    "/lib64",
    "/libx32",
    "/lost+found",
    "/proc",
    "/root",
    "/run",
    "/sbin",
    "/sys",
    "/usr",
    "/var/lib/apt",
    "/var/lib/dpkg",
    "/var/lib/systemd",
    "/var/lock",
    "/var/log",
    "/var/run",
    "/var/spool/cron",
)
_SYSTEM_DIRECTORIES = ("/home", "/tmp", "/var", "/var/backups", "/var/cache", "/var/lib", "/var/mail", "/var/spool", "/var/tmp")
# To chown(2) the last number means that the owner stays.
_NO_OWNER = 2**32 - 1


def host_name(text: str) -> str:
    """Return the inventory name ``text`` if it can stand between quotes in proftpd.conf and in a comment."""
    if not _HOST_NAME.fullmatch(text):
        raise ValueError("is no name that can be written into a configuration; use letters, digits, '.', '_', ':' and '-'")
    return text


def contains(nets: t.Iterable[str], literal: str) -> bool:
    """Tell whether the address ``literal`` is in one of ``nets``."""
    return _contains(tuple(nets), literal)


# Networks are mostly those of a group: parsing them once for all of its hosts is what makes plans of large fleets quick.
@functools.lru_cache(maxsize=None)
def _contains(nets: tuple[str, ...], literal: str) -> bool:
    return any(netaddr.IPAddress(literal) in netaddr.IPNetwork(net) for net in nets)


@functools.lru_cache(maxsize=None)
def address(text: str) -> str:
    """Return the literal IPv4 or IPv6 address ``text`` in its canonical form."""
    try:
        parsed = netaddr.IPAddress(text, flags=netaddr.INET_PTON)
    except (netaddr.AddrFormatError, ValueError, TypeError):
        raise ValueError("is not a literal address; write an IPv4 or IPv6 address, not a name or a network") from None
    for nets, what in _NOT_DIALLED:
        if contains(nets, str(parsed)):
            raise ValueError(f"is {what}; write the address that peers and clients dial")
    if parsed in netaddr.IPNetwork("::ffff:0:0/96"):
        raise ValueError(f"is an IPv4 address in the clothes of IPv6; write {parsed.ipv4()}")
    return str(parsed)


# Shorter prefixes than these say that half a continent is a peer.
_SHORTEST = {4: 16, 6: 32}


@functools.lru_cache(maxsize=None)
def origin(text: str) -> str:
    """Return the address ``text``, or the network in CIDR notation, as connections may come from any address of a pool."""
    if "/" not in text:
        return address(text)
    found = networks([text])
    (which, (network,)) = next((family, nets) for family, nets in found.items() if nets)
    prefix = int(network.partition("/")[2])
    if prefix < _SHORTEST[which]:
        raise ValueError(f"holds more addresses than any pool has; write networks of /{_SHORTEST[which]} or smaller")
    address(network.partition("/")[0])
    return network if prefix < {4: 32, 6: 128}[which] else network.partition("/")[0]


def family(literal: str) -> int:
    """Return the family of an address or a network, 4 or 6."""
    return 6 if ":" in literal else 4


def of_family(literals: t.Iterable[str], which: int) -> list[str]:
    """Return those of ``literals`` that are of one family."""
    return [literal for literal in literals if family(literal) == which]


# IANA's special-purpose addresses (RFC 6890) that lead to no host, or not to the same one for everybody.
_NOT_DIALLED = (
    (("0.0.0.0/8", "::/128", "224.0.0.0/4", "240.0.0.0/4", "ff00::/8"), "not the address of one host"),
    (("127.0.0.0/8", "::1/128"), "the loopback device of whoever dials it"),
    (("fe80::/10",), "a link-local address, which works on one link only and cannot be announced"),
)


def networks(texts: t.Iterable[str]) -> dict[int, list[str]]:
    """
    Return the networks in ``texts`` by address family (keys 4 and 6), merged and sorted.

    The word ``any`` stands for every address of both families.
    """
    return {family: list(found) for family, found in _networks(tuple(texts)).items()}


@functools.lru_cache(maxsize=None)
def _networks(texts: tuple[str, ...]) -> dict[int, list[str]]:
    parsed = []
    for text in texts:
        if text == "any":
            parsed += [netaddr.IPNetwork("0.0.0.0/0"), netaddr.IPNetwork("::/0")]
            continue
        try:
            network = netaddr.IPNetwork(text)
        except (netaddr.AddrFormatError, ValueError, TypeError):
            raise ValueError(f"has the entry {text!r}, which is no network; write 'any', an address or a CIDR") from None
        if network.ip != network.network and network.prefixlen < network.ip.netmask_bits():
            raise ValueError(f"has the entry {text!r} with host bits set; write {network.cidr}")
        parsed.append(network)
    merged = netaddr.cidr_merge(parsed)
    return {family: [str(network) for network in merged if network.version == family] for family in (4, 6)}


def shared_networks(some_networks: t.Iterable[str], others: t.Iterable[str]) -> list[str]:
    """Return the networks of addresses that are in both."""
    common = netaddr.IPSet(some_networks) & netaddr.IPSet(others)
    return [str(network) for network in common.iter_cidrs()]


def port(number: int) -> int:
    """Return ``number`` if it is a TCP port."""
    if not 1 <= number <= LAST_PORT:
        raise ValueError(f"is no TCP port; write a number from 1 to {LAST_PORT}")
    return number


def mark(text: str) -> str:
    """Return the mark ``text`` of packets, a value and the bits that it is in, in one form."""
    match = re.fullmatch(r"(0x[0-9a-fA-F]+|\d{1,10})/(0x[0-9a-fA-F]+|\d{1,10})", text.strip())
    value, bits = (int(part, 16 if part.startswith("0x") else 10) for part in match.groups()) if match else (0, 0)
    if not 0 < value < 2**32 or bits >= 2**32 or value & ~bits:
        raise ValueError(
            "is no mark; write a value with at least one bit set, and the bits that it is in, for example 0x46000000/0xff000000"
        )
    return f"{value:#x}/{bits:#x}"


def port_range(text: str) -> tuple[int, int]:
    """Return first and last port of a range written ``first-last``."""
    match = re.fullmatch(r"(\d{1,9})-(\d{1,9})", text.strip())
    if match is None:
        raise ValueError("is no range of ports; write it as first-last, for example 49152-49407")
    first, last = int(match[1]), int(match[2])
    if last > LAST_PORT:
        raise ValueError(f"ends above {LAST_PORT}, the last TCP port; choose a lower range")
    if first < FIRST_UNPRIVILEGED_PORT:
        raise ValueError(f"begins below {FIRST_UNPRIVILEGED_PORT}, which FTP servers refuse; choose a higher range")
    if first > last:
        raise ValueError(f"is reversed; write {last}-{first}")
    if first == last:
        raise ValueError("has one port only, which ProFTPD refuses; make the range wider")
    return first, last


def account_name(text: str) -> str:
    """Return ``text`` if it can stand as a name in a password file."""
    if not _ACCOUNT_NAME.fullmatch(text):
        raise ValueError("is no account name; use letters, digits, '_', '.' and '-', at most 32, a letter or '_' first")
    if text in ("root", "anonymous", "ftp"):
        raise ValueError("is a name that FTP servers treat specially; choose another one")
    return text


def home(text: str) -> str:
    """Return ``text`` if it is an absolute path that needs no quoting and is not the root directory."""
    if not _PATH.fullmatch(text) or "." in text.split("/") or ".." in text.split("/"):
        raise ValueError("is no absolute path of letters, digits and '_.+@-'; write one such as /srv/fxp/mirror")
    if text in _SYSTEM_DIRECTORIES or any(text == tree or text.startswith(f"{tree}/") for tree in _SYSTEM_TREES):
        raise ValueError(
            "is a directory of the system, and the account would see it as its root; write one such as /srv/fxp/mirror"
        )
    return text


def owner(number: int) -> int:
    """Return ``number`` if it can be the owner or the group of files."""
    if not 0 < number < _NO_OWNER:
        raise ValueError(
            f"is no owner of an account's files; write a number from 1 to {_NO_OWNER - 1} (0 is root), or leave it "
            "out for the system account ftp"
        )
    return number


def password_hash(text: str) -> str:
    """Return ``text`` if it looks like the output of crypt(3) in one of the modern formats."""
    if not _CRYPT_HASH.fullmatch(text):
        raise ValueError("is not a crypt(3) hash such as 'openssl passwd -6' prints; write one, or use password")
    return text


def check_password(text: str, taken_by: t.Iterable[str]) -> str:
    """
    Return the password that checks log in with, if it is hard to guess.

    Names and paths are printed, so a password that is part of one would be, too. Words that checks print are harmless.
    """
    if len(text) < 12:
        raise ValueError("has fewer than 12 characters and is too easily guessed; use a longer one")
    for other in taken_by:
        if text in other:
            raise ValueError("is part of a name or path that checks print; use another one")
    return one_line(text)


def password(text: str) -> str:
    """Return ``text`` if it keeps anybody out."""
    if not text.strip():
        raise ValueError("is an empty password, with which anybody could log in; write one")
    return one_line(text)


def day(text: str) -> str:
    """Return ``text`` if it is a day of the calendar written YYYY-MM-DD."""
    try:
        if _DAY.fullmatch(text):
            return datetime.date.fromisoformat(text).isoformat()
    except ValueError:
        pass
    raise ValueError("is no day; write one as YYYY-MM-DD, for example 2027-01-31")


def one_line(text: str) -> str:
    """Return ``text`` if it has no control characters."""
    if any(ord(character) < 32 or ord(character) == 127 for character in text):
        raise ValueError("has a control character such as a line break in it; write it on one line")
    return text


def is_domain_name(text: str) -> bool:
    """Tell whether ``text`` can stand as a name in a certificate, and is no address."""
    return bool(_DOMAIN_NAME.fullmatch(text)) and not text.replace(".", "").isdigit()


def is_pem(text: str) -> bool:
    """Tell whether ``text`` is meant as PEM text (RFC 7468), not as a path."""
    return text.lstrip().startswith("-----BEGIN")


def certificates(text: str) -> str:
    """Return ``text`` if it is the PEM text of certificates and nothing else, or can be the path of a file."""
    for label in _labels(text):
        if "PRIVATE KEY" in label:
            raise ValueError("has a private key in it, where everybody may read it; write certificates only")
        if label != "CERTIFICATE":
            raise ValueError(f"has a block {label!r} in it; write certificates only")
    return text


def private_key(text: str) -> str:
    """Return ``text`` if it is the PEM text of one private key without a passphrase, or can be the path of a file."""
    labels = _labels(text)
    if any(label.startswith("ENCRYPTED") for label in labels) or (is_pem(text) and "ENCRYPTED" in text):
        raise ValueError("has a passphrase, which nobody could type in; encrypt it with ansible-vault instead")
    keys = [label for label in labels if label in ("PRIVATE KEY", "EC PRIVATE KEY", "RSA PRIVATE KEY")]
    if labels and (len(keys) != 1 or set(labels) - {*keys, "EC PARAMETERS"}):
        raise ValueError("is not the PEM text of one private key; write that key alone")
    return text


def _labels(text: str) -> list[str]:
    """Return what the blocks of PEM text say that they are; nothing for a path."""
    if not is_pem(text):
        if not text.strip() or not text.isprintable():
            raise ValueError("is neither PEM text nor the path of a file; write one of them")
        return []
    labels = []
    for match in _PEM_BLOCK.finditer(text):
        labels.append(match[1])
        if "ENCRYPTED" in match[1] or "ENCRYPTED" in match[2]:
            continue
        try:
            base64.b64decode("".join(match[2].split()), validate=True)
        except binascii.Error:
            raise ValueError("is PEM text that was cut or changed; copy it as a whole") from None
    if not labels or "-----" in _PEM_BLOCK.sub("", text):
        raise ValueError("is PEM text that was cut or changed; copy it as a whole")
    return labels
