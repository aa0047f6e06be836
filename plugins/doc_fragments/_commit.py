# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """Options of modules whose changes take themselves back."""

    DOCUMENTATION = r"""
options:
  return_after:
    description:
      - Seconds that the host waits for the confirmation before it returns to the old rules. At least 5.
    type: int
    default: 30
  _phase:
    description:
      - The step of one change. Set by the action plugin of this module; leave it alone.
    type: str
    choices:
      - apply
      - confirm
      - settle
    default: apply
  _manager:
    description:
      - The firewall manager of the first step. Set by the action plugin of this module; leave it alone.
    type: str
    default: ""
  _connection:
    description:
      - C(SSH_CONNECTION) of the first step. Set by the action plugin of this module; leave it alone.
    type: str
    default: ""
"""
