# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import time
import typing as t

from ansible.errors import AnsibleConnectionFailure
from ansible.plugins.action import ActionBase
from ansible.plugins.connection import ConnectionBase

from ansible_collections.proftpd.fxp.plugins.module_utils._host.text import printable_sentence
from ansible_collections.proftpd.fxp.plugins.plugin_utils._refusal import Refusal

PATIENCE = 60  # seconds to ask a host how a change ended, after the moment at which it goes back by itself


class ActionModule(ActionBase):
    """The controller's half of commit or return: only it can open the new connection that proves the way in to be open."""

    module = "proftpd.fxp.fxp_firewall"

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        task_vars = task_vars or {}
        result = super().run(tmp, task_vars)
        self._host = self._changed_host(task_vars)
        result.update(self._change(task_vars))
        if result.get("failed") and "msg" in result:
            # What ssh says may be another's words.
            result["msg"] = printable_sentence(f"{self._host}: {result['msg']}")
        for key in ("on_trial", "connection", "settled"):
            result.pop(key, None)
        return result

    def _changed_host(self, task_vars: dict[str, t.Any]) -> str:
        """The host whose rules change, by its name."""
        return str(task_vars.get("inventory_hostname", ""))

    def _change(self, task_vars: dict[str, t.Any]) -> dict[str, t.Any]:
        return_after = self._seconds(self._task.args.get("return_after", 30))
        # Until the host has answered once nothing has begun: what fails here is no matter of firewall rules, whatever ssh says.
        self._low_level_execute_command("true", sudoable=False)
        try:
            applied = self._phase(task_vars, "apply")
        except AnsibleConnectionFailure as error:
            return self._ended(task_vars, time.monotonic() + return_after, self._cut_off("", error), {"changed": True})
        deadline = time.monotonic() + return_after
        if applied.get("failed") or not applied.get("on_trial"):
            return applied
        connection, begun = applied.get("connection", ""), self._begun(applied)
        lost: AnsibleConnectionFailure | None = None
        while time.monotonic() < deadline:
            try:
                self._new_connection()
                confirmed = self._phase(task_vars, "confirm", _connection=connection, **begun)
            except AnsibleConnectionFailure as error:
                lost = error
                time.sleep(1)
                continue
            if not confirmed.get("failed"):
                return applied
            if confirmed.get("too_late"):
                return self._ended(task_vars, deadline, self._cut_off(connection, lost), applied)
            return self._ended(task_vars, deadline, confirmed.get("msg", "The confirmation failed."), applied)
        return self._ended(task_vars, deadline, self._cut_off(connection, lost), applied)

    def _ended(self, task_vars: dict[str, t.Any], deadline: float, reason: str, applied: dict[str, t.Any]) -> dict[str, t.Any]:
        """
        Ask the host until it answers which rules are in force, and say so.

        Those are the old ones, or the new ones if the answer to their confirmation was lost.
        """
        settled = rules = False
        while not settled and time.monotonic() < deadline + PATIENCE:
            try:
                self._new_connection()
                answer = self._phase(task_vars, "settle", **self._begun(applied))
                settled, rules = bool(answer.get("settled")), bool(answer.get("rules"))
                if answer.get("confirmed"):
                    return applied
            except AnsibleConnectionFailure:
                pass
            if not settled:
                time.sleep(1)
        if settled and self._removes():
            ending = "The rules are in force again." if rules else "The rules are gone; run this again to remove the rest."
        elif settled:
            ending = "The new rules are gone, and the old ones are in force again."
        else:
            ending = (
                "The host could not be asked since; it returns to the old rules by itself, at the latest when it is restarted. "
                "Use its console if it stays out of reach."
            )
        return {"failed": True, "changed": False, "msg": f"{reason} {ending}"}

    def _cut_off(self, connection: str, error: AnsibleConnectionFailure | None) -> str:
        """``connection`` is SSH_CONNECTION as the host saw it: address and port of the client, address and port of the server."""
        ends = connection.split()
        if len(ends) == 4:
            way = f"ssh from {ends[0]} to port {ends[3]}"
        else:
            way = f"{self._connection.transport} to {self._play_context.remote_addr or self._host}"
        why = f" ({error})" if error else ""
        if self._removes():
            return f"Without these firewall rules Ansible is cut off: {way} did not get through{why}. Let other rules accept it."
        return f"The new firewall rules cut Ansible off: {way} did not get through{why}. Let the rules accept it."

    @staticmethod
    def _begun(applied: dict[str, t.Any]) -> dict[str, str]:
        """With which firewall manager a change was begun: another one may decide by now."""
        return {"_manager": applied["manager"]} if applied.get("manager") else {}

    def _removes(self) -> bool:
        return self._task.args.get("state") == "absent"

    def _phase(self, task_vars: dict[str, t.Any], phase: str, **more: str) -> dict[str, t.Any]:
        arguments = {**self._task.args, **more, "_phase": phase}
        answer: dict[str, t.Any] = self._execute_module(module_name=self.module, module_args=arguments, task_vars=task_vars)
        if answer.get("unreachable"):
            raise AnsibleConnectionFailure(answer.get("msg", "unreachable"))
        return answer

    def _new_connection(self) -> None:
        """Close the persistent connection, so that the next step dials anew. Not every connection plugin has one."""
        if type(self._connection).reset is not ConnectionBase.reset:
            self._connection.reset()

    @staticmethod
    def _seconds(value: t.Any) -> int:
        try:
            return int(value)
        except (TypeError, ValueError):
            raise Refusal(f"return_after must be a number of seconds, not {value!r}.") from None
