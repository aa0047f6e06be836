# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A stand-in for ``AnsibleModule``, which reads its options from stdin and ends the process."""

from __future__ import annotations

import typing as t

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

PASSWORD = "correct horse"


class Ended(Exception):
    """The module ended with these values."""

    def __init__(self, failed: bool, **values: t.Any) -> None:
        super().__init__(values)
        self.failed, self.values = failed, values


class Module:
    """What is used of it, with the options validated as that would. ``warnings`` are those that the module gave."""

    def __init__(self, options: t.Mapping[str, t.Any], check_mode: bool = False) -> None:
        self.options, self.check_mode = options, check_mode
        self.warnings: list[str] = []

    def __call__(self, argument_spec: dict[str, t.Any], supports_check_mode: bool, **rules: t.Any) -> Module:
        assert supports_check_mode
        self.checked = ArgumentSpecValidator(argument_spec, **rules).validate(self.options)
        if self.checked.error_messages:
            self.fail_json(msg=self.checked.error_messages[0])
        self.params = self.checked.validated_parameters
        self.argument_spec, self.no_log_values = argument_spec, {"secret"}
        return self

    def warn(self, warning: str) -> None:
        self.warnings.append(warning)

    def exit_json(self, **values: t.Any) -> t.NoReturn:
        raise Ended(False, **_without_options(values))

    def fail_json(self, **values: t.Any) -> t.NoReturn:
        raise Ended(True, **_without_options(values))


def _without_options(values: dict[str, t.Any]) -> dict[str, t.Any]:
    """What a module returned; neither that nor the options that it shows besides are to have the password in them."""
    assert PASSWORD not in repr(values)
    values.pop("invocation", None)
    return values
