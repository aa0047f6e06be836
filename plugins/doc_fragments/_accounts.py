# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this doc fragment is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""The accounts of a server, the same in every module that takes them."""

from __future__ import annotations


class ModuleDocFragment:
    """The option accounts."""

    DOCUMENTATION = r"""
options:
  accounts:
    type: list
    elements: dict
    suboptions:
      name:
        description:
          - Name of the account.
        type: str
        required: true
      password_hash:
        description:
          - Hash of its password as crypt(3) writes it, for example from P(proftpd.fxp.password_hashes#filter).
        type: str
        required: true
      former_hashes:
        description:
          - Other hashes of the same password. Where the file has one of them for this account it stays as it is.
        type: list
        elements: str
        default: []
        version_added: 0.2.1
      home:
        description:
          - Absolute path of its home.
        type: path
        required: true
      uid:
        description:
          - Numeric owner of its files; the system account C(ftp) if it is not said.
        type: int
      gid:
        description:
          - Numeric group of its files; that of the system account C(ftp) if it is not said.
        type: int
"""
