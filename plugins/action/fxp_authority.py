# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The controller's half of the question whose authority is in force: what lies here, and what the hosts answered."""

from __future__ import annotations

import os
import typing as t

from ansible.errors import AnsibleError
from ansible.plugins.action import ActionBase
from ansible.plugins.loader import lookup_loader

from ansible_collections.proftpd.fxp.plugins.plugin_utils import _authority
from ansible_collections.proftpd.fxp.plugins.plugin_utils._plan import plan as _plan
from ansible_collections.proftpd.fxp.plugins.plugin_utils._plan import tls as _plan_tls
from ansible_collections.proftpd.fxp.plugins.plugin_utils._refusal import Refusal


class ActionModule(ActionBase):
    """Read the files of the authority, and judge. No host is contacted; a key is read only if something is to be signed."""

    TRANSFERS_FILES = False
    _requires_connection = False
    _supports_check_mode = True
    _supports_async = False

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        super().run(tmp, task_vars)
        task_vars = task_vars or {}
        options = self.validate_argument_spec(
            {
                "plan": {"type": "dict", "required": True},
                "looks": {"type": "dict"},
                "refuse": {"type": "bool", "default": True},
            }
        )[1]
        plan, place = options["plan"], options["plan"]["authority"]
        if place is None:
            return {"changed": False, "make": False}
        try:
            held = self._held(place, task_vars)
            if held.text:
                _authority.read(held.text, held.certificate)
            if options["looks"] is None:
                return {"changed": False, "make": False}
            servers = [
                name for name, host in plan["hosts"].items() if host["state"] == _plan.PRESENT and host["tls"] != _plan_tls.NONE
            ]
            # Hosts that failed are in neither of the two, those of batches to come in the first only.
            later = set(task_vars["ansible_play_hosts"]) - set(task_vars["ansible_play_batch"])
            run = _authority.Run(servers, task_vars["ansible_play_hosts_all"], later)
            verdict = _authority.judge(held, options["looks"], run)
            if verdict.make:
                _authority.check_places(
                    {
                        f"fxp_tls_ca_{which}": path
                        for which, path in (("cert", place["certificate"]), ("key", place["key"]))
                        if path is not None and not os.path.exists(path)
                    }
                )
            if held.has_key and (verdict.make or verdict.to_sign):
                _authority.check_key(held, self._key(place, task_vars))
        except _authority.AuthorityError as exc:
            if options["refuse"]:
                raise Refusal(str(exc)) from None
            return {"changed": False, "make": False, "refused": str(exc)}
        return {"changed": False, "make": verdict.make}

    def _held(self, place: t.Mapping[str, t.Any], task_vars: t.Mapping[str, t.Any]) -> _authority.Held:
        path, key = place["certificate"], place["key"]
        text = place["certificate_text"] or ""
        if path is not None and os.path.exists(path):
            text = self._read(path, task_vars)
        return _authority.Held(
            text,
            f"fxp_tls_ca_cert of {place['host']}" if path is None else f"fxp_tls_ca_cert: {path}",
            f"fxp_tls_ca_key of {place['host']}" if key is None else f"fxp_tls_ca_key: {key}",
            key is None or os.path.exists(key),
        )

    def _key(self, place: t.Mapping[str, t.Any], task_vars: t.Mapping[str, t.Any]) -> str:
        if place["key"] is None:
            return str(task_vars["hostvars"][place["host"]]["fxp_tls_ca_key"])
        return self._read(place["key"], task_vars)

    def _read(self, path: str, task_vars: t.Mapping[str, t.Any]) -> str:
        """Return the text of a file of the controller, which may be encrypted with ansible-vault."""
        lookup = lookup_loader.get("ansible.builtin.file", loader=self._loader, templar=self._templar)
        try:
            return str(lookup.run([path], variables=task_vars)[0])
        except AnsibleError as exc:
            raise _authority.AuthorityError(
                f"{path} cannot be read: {str(exc).rstrip('.')}. {_authority.UNCHANGED} See that the "
                "account that runs Ansible may read it, and has its vault password."
            ) from None
