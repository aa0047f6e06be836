# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: with_extra_config
short_description: Put a site's own directives into a configuration of ProFTPD
version_added: 0.7.0
description:
  - Takes the configuration that the role P(proftpd.fxp.server#role) renders, and puts directives and modules of the site's own
    into it. What ProFTPD takes once stands in the place of what the role writes, everything else behind it.
  - Whether they may stand there, M(proftpd.fxp.fxp_plan) has judged.
author:
  - The proftpd.fxp contributors (@proftpd-fxp)
options:
  _input:
    description:
      - The text that the role renders.
    type: str
    required: true
  extra:
    description:
      - As O(proftpd.fxp.fxp_plan#module:extra_config).
    type: str
    required: true
  modules:
    description:
      - Modules to load, as the plan names them (C(extra_modules) of the host).
    type: list
    elements: str
    default: []
"""

EXAMPLES = r"""
- name: Put a configuration with a umask of the site's own into force
  proftpd.fxp.proftpd_config:
    content: "{{ (lookup('ansible.builtin.template', 'proftpd.conf.j2') | proftpd.fxp.with_extra_config('Umask 002')).text }}"
    control_port: 21
"""

RETURN = r"""
_value:
  description:
    - C(text) is the whole configuration. Arguments of directives that may have secrets, such as C(SQLConnectInfo), are
      placeholders in it, and stand in C(secrets), as the options C(content) and C(secrets) of M(proftpd.fxp.proftpd_config) take
      them.
  type: dict
  sample: {text: "...", secrets: []}
"""

import typing as t

from ansible_collections.proftpd.fxp.plugins.plugin_utils._extra import laying


def with_extra_config(rendered: str, extra: str, modules: t.Sequence[str] = ()) -> dict[str, t.Any]:
    """Return the configuration with what is the site's own, and the secrets of that."""
    laid = laying.lay(rendered, extra, modules)
    return {"text": laid.text, "secrets": list(laid.secrets)}


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"with_extra_config": with_extra_config}
