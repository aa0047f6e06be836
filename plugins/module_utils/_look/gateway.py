# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""One look at a gateway, held against the plan. Nothing changes, nothing raises; what stands against it is data."""

from __future__ import annotations

import dataclasses
import sys
import typing as t

from ansible_collections.proftpd.fxp.plugins.module_utils._firewall import detect, removal
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.gateway import make
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.gateway.wish import Wish
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.transaction import Transaction
from ansible_collections.proftpd.fxp.plugins.module_utils._host import files as _files
from ansible_collections.proftpd.fxp.plugins.module_utils._host import forwarding, record, root
from ansible_collections.proftpd.fxp.plugins.module_utils._host.errors import HostError
from ansible_collections.proftpd.fxp.plugins.module_utils._host.systemd import Systemd
from ansible_collections.proftpd.fxp.plugins.module_utils._look.refusal import Refusal
from ansible_collections.proftpd.fxp.plugins.module_utils._look.survey import at_work, root_is_missing

Known = t.Dict[str, t.Any]
# A first change of rules is taken back by a timer of systemd.
WITHOUT_SYSTEMD = (
    "systemd does not run here, and the timer that takes a bad change of the rules back needs it; leave fxp_outer_address of "
    "this gateway out and have it forward what the rule sheet tells."
)
UNFORWARDED = "it forwards no IPv4 packets (net.ipv4.ip_forward is 0)"


def look(wish: Wish | None, run: record.Run | None) -> Known:
    """Ask everything, whatever the answers are. Without a wish nothing of ours is to be left."""
    refusals = root_is_missing()
    if refusals:
        return _result(refusals)
    refusals = at_work(run)
    here = make.host()
    if wish is None:
        return _result(refusals, in_place=not removal.is_found(here) and not forwarding.is_kept())
    if not Systemd().is_here():
        return _result([*refusals, Refusal("gateway", None, None, WITHOUT_SYSTEMD)])
    try:
        wanted = make.leads(here, wish._replace(keep=True), detect.Commands())
        found = Transaction(here, Systemd(), make.texts(here, wanted)).apply(0, check_mode=True)
    except (HostError, OSError) as exc:
        return _result([*refusals, Refusal("gateway", None, None, root.told(exc))])
    # Where it leads connections already, that is how it was left.
    forwards = forwarding.is_on(4) or _files.read_text(here.rules) is None
    drift = [*found.drift, *([] if forwards else [UNFORWARDED])]
    told = [f"The gateway is not as it was left: {sentence}. The playbook site mends that." for sentence in drift]
    in_place = not found.changed and make.is_final(here, wish, wanted) and forwarding.is_on(4)
    about = {"drift": drift, "moves": make.moves(here, wish)}
    return _result(refusals, [*found.warnings, *told], in_place, about)


def _result(
    refusals: t.Sequence[Refusal],
    warnings: t.Sequence[str] = (),
    in_place: bool = False,
    about: t.Mapping[str, t.Any] | None = None,
) -> Known:
    return {
        "python": sys.version.split()[0],
        "in_place": in_place,
        "parts": {"rules": {"in_place": in_place, **(about or {})}},
        "refusals": [dataclasses.asdict(each) for each in refusals],
        "warnings": list(warnings),
        "not_asked": [],
    }


__all__ = ("look",)
