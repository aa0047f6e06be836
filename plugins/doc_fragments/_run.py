# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this doc fragment is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Whose run a step belongs to, the same in every module that changes a host."""

from __future__ import annotations


class ModuleDocFragment:
    """The option run."""

    DOCUMENTATION = r"""
options:
  run:
    description:
      - The run that this step belongs to, as M(proftpd.fxp.fxp_look) returns it. It is recorded on the host, renewed by each
        step, and expires ten minutes after the last one; when nothing is left to change it goes. While another run is at work,
        or where what is to change is not what the look saw, the module fails before it changes anything.
      - Without it, and in check mode, nothing is recorded.
    type: dict
    version_added: 0.3.0
    suboptions:
      id:
        description: A word that no other run has.
        type: str
        required: true
      who:
        description: Whose it is, such as C(admin@controller, process 417).
        type: str
        required: true
      over:
        description: The C(id) of another run that is over, although the host has its record.
        type: str
      left:
        description: The parts that it is to change.
        type: list
        elements: str
        default: []
      seen:
        description: Of each file that tells whether a part was changed by somebody else, what the look saw.
        type: dict
        default: {}
"""
