# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Return a result whose secrets are masked already, without Ansible masking it again."""

from __future__ import annotations

import typing as t

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.common.warnings import get_deprecation_messages, get_warning_messages

SHOWN = "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"  # Ansible's own word
_PART = "*" * 8  # likewise, inside of a longer text


def without(data: t.Any, secrets: t.Collection[str]) -> t.Any:
    """
    Return plain ``data`` with all ``secrets`` in its values replaced, at any depth. Keys stay.

    As ``remove_values()`` of ansible-core did, which 2.22 deprecates: it masks what it shows instead, and by then a secret may
    have been written in another way.
    """
    if not secrets or isinstance(data, bool):
        return data
    if isinstance(data, dict):
        return {key: without(value, secrets) for key, value in data.items()}
    if isinstance(data, (list, tuple, set, frozenset)):
        return [without(item, secrets) for item in data]
    if isinstance(data, (int, float)):
        return SHOWN if any(secret in str(data) for secret in secrets) else data
    if not isinstance(data, str):
        return data
    if data in secrets:
        return SHOWN
    # The longer one first, where one is a part of another.
    for secret in sorted(secrets, key=len, reverse=True):
        data = data.replace(secret, _PART)
    return data


def masked_already(module: AnsibleModule) -> dict[str, t.Any]:
    """
    Let the module return its values as they are.

    Call it right before ``exit_json`` or ``fail_json``, but before warnings of one's own, and hand what it returns to them.

    Ansible replaces every occurrence of a password in all that a module returns; with a password like ``226`` or ``source``
    it would make holes in causes and replies. The checker has masked where text came in. What Ansible itself would show of
    the options is masked here, by their specification. Where a warning of Ansible quotes a secret, its masking stays.
    """
    quoted = [*get_warning_messages(), *(str(one["msg"]) for one in get_deprecation_messages())]
    if any(secret in text for secret in module.no_log_values for text in quoted):
        return {}
    module.no_log_values = set()
    # Since 2.22 a module tells the controller what was secret in its options, and everything that is shown there from then on has
    # holes. ansible-core gives a module no public way to keep to itself what it has masked.
    told = getattr(module, "_new_secrets", None)
    if told is not None:
        told.flush()
    return {"invocation": {"module_args": shown_options(module.params, module.argument_spec)}}


def unregistered(spec: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """
    Return ``spec`` as it is to be validated on the controller by whoever masks by the whole of it.

    Since 2.22 ansible-core remembers every value of an option with ``no_log`` that it validates, and shows nothing that has such
    a value in it any more, from then on and of any task.
    """
    return {
        name: {key: unregistered(value) if key == "options" else value for key, value in option.items() if key != "no_log"}
        for name, option in spec.items()
    }


def shown_options(values: t.Mapping[str, t.Any], spec: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """Options as they may be shown: the values of those with ``no_log`` are left out, at any depth."""
    return {name: _shown(value, spec.get(name, {})) for name, value in values.items()}


def _shown(value: t.Any, option: t.Mapping[str, t.Any]) -> t.Any:
    if option.get("no_log") and value is not None:
        return SHOWN
    if option.get("options") and isinstance(value, dict):
        return shown_options(value, option["options"])
    if option.get("options") and isinstance(value, list):
        return [_shown(item, option) for item in value]
    return value


__all__ = ("SHOWN", "masked_already", "shown_options", "unregistered", "without")
