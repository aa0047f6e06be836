# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""
The rules of an FXP server in the kernel, by nft(8).

The whole wish is one text, C(/etc/proftpd-fxp/firewall.nft): a few C(define) lines and one own table, which keeps
strangers off the FTP ports. An accept there does not overrule the drop of another base chain on the same hook, so every
other chain that drops by default also gets a rule with the comment C(proftpd.fxp), placed before the first rule that
would drop. Rules that drop chosen addresses, states or rates only (block lists, fail2ban, connection limits) stay in
front of it and in force.

This file is installed on the host too, as C(/usr/local/lib/proftpd-fxp/firewall.py): the module, the units that restore
the rules and the timer that takes an unconfirmed change back all run this code. It needs Python 3.8 and its standard
library.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
import typing as t

COMMENT = "proftpd.fxp"
TABLE = "proftpd_fxp"
NFT_TIMEOUT = 60  # seconds for one call of nft
LOCK_TIMEOUT = 30  # seconds to wait for another change to end

Json = t.Dict[str, t.Any]
ChainKey = t.Tuple[str, str, str]  # family, table, chain

# The statements that go into other tables' chains; the defines are those of the rules file.
STATEMENTS = {
    "incoming": "tcp dport $incoming accept",
    "outgoing4": "ip daddr . tcp dport $outgoing4 accept",
    "outgoing6": "ip6 daddr . tcp dport $outgoing6 accept",
}
# Which of them make sense in a table of this family.
FAMILIES = {
    "inet": ("incoming", "outgoing4", "outgoing6"),
    "ip": ("incoming", "outgoing4"),
    "ip6": ("incoming", "outgoing6"),
}


class FirewallError(Exception):
    """
    Something that stops a change. The text is a full sentence for people.
    """


class Defines(t.NamedTuple):
    """
    What the C(define) lines of a rules file say.
    """

    control_port: int
    passive_ports: tuple[int, int]
    names: frozenset[str]

    def opens(self, port: int) -> bool:
        return port == self.control_port or self.passive_ports[0] <= port <= self.passive_ports[1]


def read_defines(text: str) -> Defines:
    """
    Read the C(define) lines of a rules file; raise FirewallError if one that is needed is missing.
    """
    defines = dict(re.findall(r"^define\s+(\w+)\s*=\s*(.*)", text, re.MULTILINE))
    port = re.match(r"(\d+)\s*$", defines.get("control_port", ""))
    passive = re.match(r"(\d+)-(\d+)\s*$", defines.get("passive_ports", ""))
    if not port or not passive or "incoming" not in defines:
        raise FirewallError(
            'The rules must begin with "define control_port = 21", "define passive_ports = first-last" and '
            '"define incoming = { $control_port, $passive_ports }".'
        )
    return Defines(int(port.group(1)), (int(passive.group(1)), int(passive.group(2))), frozenset(defines))


class Ruleset:
    """
    What nft lists (libnftables-json(5)), by chain.
    """

    def __init__(self, items: t.Iterable[Json]) -> None:
        self.tables: dict[tuple[str, str], Json] = {}
        self.chains: dict[ChainKey, Json] = {}
        self.rules: dict[ChainKey, list[Json]] = {}
        self.maps: dict[ChainKey, Json] = {}
        self.own: list[Json] = []
        for item in items:
            if _is_own(item):
                self.own.append(item)
            else:
                for kind, body in item.items():
                    self._take(kind, body)

    def _take(self, kind: str, body: Json) -> None:
        if kind == "table":
            self.tables[body["family"], body["name"]] = body
        elif kind == "chain":
            self.chains[body["family"], body["table"], body["name"]] = body
            self.rules.setdefault((body["family"], body["table"], body["name"]), [])
        elif kind == "rule":
            self.rules.setdefault((body["family"], body["table"], body["chain"]), []).append(body)
        elif kind == "map":
            self.maps[body["family"], body["table"], body["name"]] = body

    def base_chains(self) -> t.Iterator[tuple[ChainKey, str]]:
        """
        Every chain of other tables that decides on packets to or from this host, with its hook.
        """
        for key, chain in self.chains.items():
            if chain.get("type") == "filter" and chain.get("hook") in ("input", "output") and key[0] in FAMILIES:
                yield key, chain["hook"]

    def ours(self, key: ChainKey) -> list[Json]:
        """
        The rules of a foreign chain that are ours.
        """
        return [rule for rule in self.rules[key] if rule.get("comment") == COMMENT]

    def first_drop(self, key: ChainKey, defines: Defines) -> int | None:
        """
        Index of the first rule of a base chain that would drop our connections by default; the number of rules if
        only the policy does; V(None) if nothing does.
        """
        look = _Look(self, key, defines)
        for index, rule in enumerate(self.rules[key]):
            if look.drops(rule.get("expr", [])):
                return index
        return len(self.rules[key]) if look.policy_drops else None


def _is_own(item: Json) -> bool:
    """
    Is this our table, or something in it?
    """
    return any(
        kind != "metainfo" and body.get("family") == "inet" and body.get("name" if kind == "table" else "table") == TABLE
        for kind, body in item.items()
    )


class _Look:
    """
    Does a rule of this base chain drop a new TCP connection to our ports, whoever it comes from? Expressions are those
    of libnftables-json(5). A match that is not known is taken to match, because a rule of ours too early is harmless.
    """

    def __init__(self, ruleset: Ruleset, base: ChainKey, defines: Defines) -> None:
        self.ruleset = ruleset
        self.family, self.table = base[:2]
        self.policy_drops = ruleset.chains[base].get("policy", "accept") == "drop"
        incoming = ruleset.chains[base]["hook"] == "input"
        self.far_side = "saddr" if incoming else "daddr"
        self.defines = defines if incoming else None
        self.known: dict[tuple[str, bool], bool] = {}

    def drops(self, expressions: list[Json], inner: bool = False, chosen: bool = False) -> bool:
        """
        Look at one rule. C(inner): it is not in the base chain itself. C(chosen): only chosen far addresses get there.
        """
        for expression in expressions:
            for name, body in expression.items():
                if name == "match":
                    if self._passes_by(body):
                        return False
                    chosen = chosen or (body["op"] != "!=" and self._about_far_side(body["left"]))
                elif name in ("limit", "ct count", "set", "meter", "accept"):
                    return False
                elif name in ("drop", "reject", "queue", "xt"):
                    return not chosen
                elif name in ("jump", "goto"):
                    falls_to_policy = name == "goto" and self.policy_drops and not chosen
                    return falls_to_policy or self._chain_drops(body["target"], chosen)
                elif name == "return":
                    return self.policy_drops and not inner and not chosen
                elif name == "vmap":
                    return self._vmap_drops(body, inner, chosen)
        return False

    def _chain_drops(self, name: str, chosen: bool) -> bool:
        if (name, chosen) not in self.known:
            self.known[name, chosen] = self._look_into(name, chosen)
        return self.known[name, chosen]

    def _look_into(self, name: str, chosen: bool) -> bool:
        rules = [rule.get("expr", []) for rule in self.ruleset.rules.get((self.family, self.table, name), [])]
        # Reached by chosen addresses only, a chain that never accepts is a block list; one that does is a zone.
        if chosen and '"accept"' not in json.dumps(rules):
            return False
        return any(self.drops(expressions, inner=True) for expressions in rules)

    def _vmap_drops(self, vmap: Json, inner: bool, chosen: bool) -> bool:
        data = vmap["data"]
        if isinstance(data, str):
            entries = self.ruleset.maps.get((self.family, self.table, data.lstrip("@")), {}).get("elem", [])
        else:
            entries = data.get("set", [])
        chosen = chosen or self._about_far_side(vmap["key"])
        return any(
            self.drops([entry[1]], inner, chosen)
            for entry in entries
            if not self._passes_by({"op": "==", "left": vmap["key"], "right": entry[0]})
        )

    def _about_far_side(self, left: t.Any) -> bool:
        return f'"{self.far_side}"' in json.dumps(left)

    def _passes_by(self, match: Json) -> bool:
        """
        True if the match leaves out new TCP connections to our ports, or picks some by mark, route or odd flags.
        """
        left, right, negated = match["left"], match["right"], bool(match["op"] == "!=")
        if not isinstance(left, dict):
            return False
        words = json.dumps(right)
        meta, payload = left.get("meta", {}).get("key"), left.get("payload", {})
        if "ct" in left:
            key = left["ct"].get("key")
            return bool(key == "mark" or (key == "state" and ('"new"' in words) == negated))
        if "fib" in left or meta == "mark":
            return True
        if '"field": "flags"' in json.dumps(left):
            return bool(negated or right != "syn")
        if meta == "l4proto" or payload.get("field") in ("protocol", "nexthdr"):
            return (re.search(r'"tcp"|\b6\b', words) is not None) is negated
        if payload.get("protocol") in ("udp", "udplite", "sctp", "dccp", "icmp", "icmpv6", "igmp", "esp", "ah"):
            return True
        if payload.get("field") == "dport" and self.defines and not negated:
            return not _touches(right, self.defines)
        return False


def _touches(value: t.Any, defines: Defines) -> bool:
    """
    Does this right-hand side of C(tcp dport) hold one of our ports? A named set may.
    """
    if isinstance(value, int):
        return defines.opens(value)
    if isinstance(value, dict) and "set" in value:
        return any(_touches(item, defines) for item in value["set"])
    if isinstance(value, dict) and "range" in value:
        low, high = value["range"]
        first, last = defines.passive_ports
        return bool(low <= defines.control_port <= high or (low <= last and first <= high))
    return True


class Placement(t.NamedTuple):
    """
    One foreign chain that needs rules of ours.
    """

    chain: ChainKey
    hook: str
    kinds: tuple[str, ...]
    before: int | None  # handle of the rule that ours go in front of; None: at the end


def placements(ruleset: Ruleset, defines: Defines) -> list[Placement]:
    """
    Where rules of ours are needed in other tables; raise FirewallError where nobody but the owner may put one.
    """
    found = []
    for key, hook in ruleset.base_chains():
        kinds = tuple(
            kind
            for kind in FAMILIES[key[0]]
            if kind in defines.names and kind.startswith("incoming" if hook == "input" else "outgoing")
        )
        drop = ruleset.first_drop(key, defines) if kinds else None
        if drop is None:
            continue
        if "owner" in ruleset.tables.get(key[:2], {}).get("flags", []):
            raise FirewallError(
                "Chain {} {} {} drops by default and belongs to a running program that lets nobody else add rules; open "
                "the FTP ports there, or stop that program.".format(*key)
            )
        rules = ruleset.rules[key]
        found.append(Placement(key, hook, kinds, rules[drop]["handle"] if drop < len(rules) else None))
    return found


def batch(text: str, ruleset: Ruleset) -> str:
    """
    One transaction for C(nft -f -): the rules file, and our rules in other tables put where they belong now.
    """
    lines = [text.rstrip("\n"), *_removals(ruleset)]
    for place in placements(ruleset, read_defines(text)):
        for kind in place.kinds:
            rule = f'{STATEMENTS[kind]} comment "{COMMENT}"'
            chain = "{} {} {}".format(*place.chain)
            if place.before is None:
                lines.append(f"add rule {chain} {rule}")
            else:
                lines.append(f"insert rule {chain} handle {place.before} {rule}")
    return "\n".join(lines) + "\n"


def removal_batch(ruleset: Ruleset) -> str:
    """
    One transaction that takes everything of ours out of the kernel.
    """
    own = [f"table inet {TABLE}", f"delete table inet {TABLE}"]
    return "\n".join(own + _removals(ruleset)) + "\n"


def _removals(ruleset: Ruleset) -> list[str]:
    return [
        "delete rule {} {} {} handle {}".format(key[0], key[1], key[2], rule["handle"])
        for key in ruleset.chains
        for rule in ruleset.ours(key)
    ]


def in_force(ruleset: Ruleset) -> dict[str, list[str]]:
    """
    Fingerprint of what the kernel holds of ours: digest of the own table, digests of the rules in other tables by hook.
    """
    found: dict[str, set[str]] = {"table": set(), "input": set(), "output": set()}
    if ruleset.own:
        found["table"].add(_digest(ruleset.own))
    for key, hook in ruleset.base_chains():
        found[hook].update(_digest(rule.get("expr")) for rule in ruleset.ours(key))
    return {name: sorted(digests) for name, digests in found.items()}


def drift(text: str, ruleset: Ruleset, recorded: dict[str, list[str]]) -> list[str]:
    """
    Say how the kernel differs from a rules file whose fingerprint was C(recorded) when it was loaded; empty if it
    does not.
    """
    found, now = [], in_force(ruleset)
    if not now["table"]:
        found.append(f"table inet {TABLE} is not loaded")
    elif now["table"] != recorded.get("table"):
        found.append(f"table inet {TABLE} differs from its file")
    wanted = {place.chain: place for place in placements(ruleset, read_defines(text))}
    for key, hook in ruleset.base_chains():
        chain = "chain {} {} {}".format(*key)
        digests = [_digest(rule.get("expr")) for rule in ruleset.ours(key)]
        place = wanted.get(key)
        if not place:
            if digests:
                found.append(f"{chain} no longer needs the rule of {COMMENT}")
        elif len(digests) != len(place.kinds) or not set(digests) <= set(recorded.get(hook, [])):
            found.append(f"{chain} drops by default and lacks the rule of {COMMENT}")
        elif not _in_front(ruleset, place):
            found.append(f"{chain} drops before the rule of {COMMENT}")
    return found


def _in_front(ruleset: Ruleset, place: Placement) -> bool:
    handles = [rule["handle"] for rule in ruleset.rules[place.chain]]
    limit = len(handles) if place.before is None else handles.index(place.before)
    return all(handles.index(rule["handle"]) < limit for rule in ruleset.ours(place.chain))


def _digest(value: t.Any) -> str:
    return hashlib.sha256(json.dumps(_settled(value), sort_keys=True).encode()).hexdigest()


def _settled(value: t.Any) -> t.Any:
    """
    The same JSON without handles, and with sets in one order.
    """
    if isinstance(value, list):
        return [_settled(item) for item in value]
    if not isinstance(value, dict):
        return value
    settled = {key: _settled(item) for key, item in value.items() if key != "handle"}
    for key in ("set", "elem"):
        if isinstance(settled.get(key), list):
            settled[key] = sorted(settled[key], key=lambda item: json.dumps(item, sort_keys=True))
    return settled


class Nft:
    """
    The nft program. C(prefix) goes before it on the command line, for another network namespace.
    """

    def __init__(self, prefix: t.Sequence[str] = ()) -> None:
        self.prefix = list(prefix)
        self.path = shutil.which("nft", path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")

    def ruleset(self) -> Ruleset:
        """
        All rules, with the elements of our own sets and of verdict maps. Other sets are not read: block lists of 100 000
        addresses would take a second each time.
        """
        for _attempt in range(3):
            try:
                return Ruleset(self._items())
            except FirewallError as error:
                problem = error  # what was listed first may be gone by the time its elements are listed
        raise problem

    def everything(self) -> list[Json]:
        """
        All there is, with every element of every set, as C(nft list ruleset) tells it.
        """
        return self._list("list", "ruleset")

    def _items(self) -> list[Json]:
        items = self._list("-t", "list", "ruleset")
        if any(map(_is_own, items)):
            items = [item for item in items if not _is_own(item)] + self._list("list", "table", "inet", TABLE)
        maps = [item["map"] for item in items if item.get("map", {}).get("map") == "verdict"]
        for body in maps:
            items += self._list("list", "map", body["family"], body["table"], body["name"])
        return items

    def _list(self, *arguments: str) -> list[Json]:
        answer = self._run(["-j", "-s", *arguments])
        return t.cast(t.List[Json], json.loads(answer)["nftables"]) if answer.strip() else []

    def check(self, lines: str) -> None:
        self._run(["-c", "-f", "-"], lines)

    def run(self, lines: str) -> None:
        self._run(["-f", "-"], lines)

    def load(self, text: str) -> None:
        """
        Put a rules file in force, atomically. Another program may change its tables in between: look again then.
        """
        self._settle(lambda ruleset: batch(text, ruleset))

    def unload(self) -> None:
        self._settle(removal_batch)

    def _settle(self, lines_for: t.Callable[[Ruleset], str]) -> None:
        lines = lines_for(self.ruleset())
        for _dummy in range(5):
            try:
                return self.run(lines)
            except FirewallError:
                again = lines_for(self.ruleset())
                if again == lines:
                    raise
                lines = again
        raise FirewallError("Other programs keep changing the nftables rules; stop them, or try again.")

    def _run(self, arguments: list[str], lines: str | None = None) -> str:
        if not self.path:
            raise FirewallError("nft is not installed; install the package nftables.")
        try:
            done = subprocess.run(
                [*self.prefix, self.path, *arguments],
                input=lines,
                capture_output=True,
                text=True,
                timeout=NFT_TIMEOUT,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise FirewallError("nft {} took over {} seconds.".format(" ".join(arguments), NFT_TIMEOUT)) from None
        if done.returncode:
            raise FirewallError("nft {} says: {}".format(" ".join(arguments), done.stderr.strip()[:1000]))
        return done.stdout


class Host:
    """
    The files of this room, below C(root), and what the boot unit and the timer do with them.

    A change that is not confirmed yet has a C(pending) file in C(/run): after a reboot it is forgotten.
    """

    def __init__(self, root: str = "", nft: Nft | None = None) -> None:
        self.nft = nft or Nft()
        self.rules = root + "/etc/proftpd-fxp/firewall.nft"
        self.new_rules = self.rules + ".new"
        self.record = root + "/var/lib/proftpd-fxp/firewall.json"
        self.program = root + "/usr/local/lib/proftpd-fxp/firewall.py"
        self.pending = root + "/run/proftpd-fxp/firewall.pending"
        self.lock = root + "/run/proftpd-fxp/firewall.lock"

    @contextlib.contextmanager
    def locked(self) -> t.Iterator[None]:
        """
        One change at a time. Removal takes the lock's file away, so what was locked must still be that file.
        """
        deadline = time.monotonic() + LOCK_TIMEOUT
        while True:
            os.makedirs(os.path.dirname(self.lock), mode=0o700, exist_ok=True)
            handle = os.open(self.lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                self._wait_for(handle, deadline)
                if self._is_lock(handle):
                    yield
                    return
            finally:
                os.close(handle)

    def _is_lock(self, handle: int) -> bool:
        try:
            return os.path.samestat(os.fstat(handle), os.stat(self.lock))
        except FileNotFoundError:
            return False

    @staticmethod
    def _wait_for(handle: int, deadline: float) -> None:
        while True:
            try:
                return fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                if time.monotonic() > deadline:
                    raise FirewallError("Another change of the firewall rules has not ended; try again.") from None
                time.sleep(0.1)

    def load(self) -> None:
        """
        Put in force what counts now: the rules on trial if there are any, else the confirmed ones, else none.
        """
        with self.locked():
            trial = None
            if os.path.exists(self.pending):
                trial = read(self.new_rules)
            else:
                with contextlib.suppress(OSError):  # nftables.service sees /etc read-only
                    remove(self.new_rules)
            self._load(trial if trial is not None else read(self.rules))

    def unload(self) -> None:
        with self.locked():
            self.nft.unload()

    def go_back(self) -> None:
        """
        Take the rules on trial back, if they are still on trial.
        """
        with self.locked():
            if os.path.exists(self.pending):
                self.take_back()

    def take_back(self) -> None:
        """
        The same for whoever holds the lock. If not even the unloading works, the rules stay on trial, for the timer to try again.
        """
        problem: FirewallError | OSError | None = None
        try:
            self._load(read(self.rules))
        except (FirewallError, OSError) as error:
            problem = error
            self.nft.unload()  # rather no rules than some that may keep the administrator out
        remove(self.new_rules)
        remove(self.pending)
        if problem is not None:
            raise problem

    def _load(self, text: str | None) -> None:
        if text is None:
            self.nft.unload()
        else:
            self.nft.load(text)


def read(path: str) -> str | None:
    """
    A file's text, or V(None) if there is no such file.
    """
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except FileNotFoundError:
        return None


def remove(path: str) -> None:
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)


def main(arguments: t.Sequence[str]) -> int:
    """
    C(firewall.py load|unload|return): for the units that are installed with it.
    """
    host = Host()
    verbs = {"load": host.load, "unload": host.unload, "return": host.go_back}
    if len(arguments) != 1 or arguments[0] not in verbs:
        sys.stderr.write("Usage: firewall.py load|unload|return\n")
        return 2
    try:
        verbs[arguments[0]]()
    except (FirewallError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
