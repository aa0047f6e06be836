#!/usr/bin/python
# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: proftpd_accounts
short_description: Write ProFTPD's own password file and make the homes of its accounts
description:
  - Replaces the password file as a whole, so an account that is not listed can no longer log in.
  - The file is readable by root only from its first byte on. Nothing of it is returned or shown as a diff.
  - A home that is missing is made with mode 0750 for its owner. One that exists is left as it is, and none is ever removed.
  - A home is made only where every directory above it belongs to root and nobody else may write there, unless it is sticky as
    C(/tmp) is. Links on the way are followed if they are root's. Make a home by hand elsewhere.
  - With O(state=absent) the password file is removed, and every home stays with all that is in it.
author:
  - The proftpd.fxp contributors (@proftpd-fxp)
extends_documentation_fragment:
  - proftpd.fxp._accounts
  - proftpd.fxp._attributes
  - proftpd.fxp._run
  - proftpd.fxp._attributes.platform
attributes:
  check_mode:
    support: full
  diff_mode:
    support: none
    details:
      - The file holds password hashes.
  platform:
    platforms: debian
options:
  accounts:
    description:
      - All accounts of the server.
      - Required if O(state=present).
  needs:
    description:
      - What has to be installed first, by what it is for. Which packages that are is known of every platform that is supported;
        on another one the module fails and names it.
      - If a package is missing nothing is changed, and RV(missing_packages) names it. In check mode the rest is told all the
        same.
    type: list
    elements: str
    choices:
      - server
      - tls
    default: []
    version_added: 0.3.0
  packages:
    description:
      - Packages by their names that have to be installed first, so that the owner of the homes is there.
      - If one is missing nothing is changed, and RV(missing_packages) names it. In check mode the rest is told all the same.
    type: list
    elements: str
    default: []
    version_added: 0.2.0
  path:
    description:
      - The password file, C(AuthUserFile) of the configuration.
      - Where it is not said, that of the host's platform; C(/etc/proftpd/fxp.passwd) on Debian and Ubuntu.
    type: path
  state:
    description:
      - Whether the password file is there.
    type: str
    choices:
      - present
      - absent
    default: present
"""

EXAMPLES = r"""
- name: Give an account its password and its home
  proftpd.fxp.proftpd_accounts:
    accounts:
      - name: mirror
        password_hash: "{{ vault_mirror_hash }}"
        home: /srv/fxp/mirror
  no_log: true

- name: Learn on the way whether ProFTPD must be installed first
  proftpd.fxp.proftpd_accounts:
    needs: [server]
    accounts:
      - name: mirror
        password_hash: "{{ vault_mirror_hash }}"
        home: /srv/fxp/mirror
  no_log: true
  register: written

- name: Remove the password file
  proftpd.fxp.proftpd_accounts:
    state: absent
"""

RETURN = r"""
path:
  description: The password file.
  returned: success
  type: str
  sample: /etc/proftpd/fxp.passwd
made:
  description: The directories that were made, or that check mode would make.
  returned: success
  type: list
  elements: str
  sample: [/srv/fxp, /srv/fxp/mirror]
missing_packages:
  description:
    - The packages for O(needs) and those of O(packages) that must be installed first. If there are any, nothing was changed;
      install them and run the module again.
  returned: success
  type: list
  elements: str
  sample: []
  version_added: 0.2.0
"""

from ansible_collections.proftpd.fxp.plugins.module_utils._firewall import lockout
from ansible_collections.proftpd.fxp.plugins.module_utils._host import packages, platform, record
from ansible_collections.proftpd.fxp.plugins.module_utils._host import root as _root
from ansible_collections.proftpd.fxp.plugins.module_utils._host.errors import HostError
from ansible_collections.proftpd.fxp.plugins.module_utils._module import Module
from ansible_collections.proftpd.fxp.plugins.module_utils._proftpd import accounts


def remove(module: Module, path: str, run: record.Run | None) -> None:
    """Delete the password file, and end the module."""
    try:
        record.begin(run, [path], lockout.ssh_source())
        changed = accounts.remove(path, check_mode=module.check_mode)
        record.end(run, "accounts", [path])
    except (HostError, OSError) as exc:
        module.fail_json(msg=_root.told(exc))
    module.exit_json(changed=changed, path=path, made=[], missing_packages=[])


def main() -> None:
    module = Module(
        argument_spec={
            "accounts": {"type": "list", "elements": "dict", "options": accounts.options()},
            "needs": {"type": "list", "elements": "str", "choices": ["server", "tls"], "default": []},
            "packages": {"type": "list", "elements": "str", "default": []},
            "path": {"type": "path"},
            "run": record.run_options(),
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        },
        required_if=[("state", "present", ("accounts",))],
        supports_check_mode=True,
    )
    try:
        row = platform.here() if module.params["needs"] else platform.nearest()
    except HostError as exc:
        module.fail_json(msg=str(exc))
    path = module.params["path"] or row.password_file
    run = None if module.check_mode else module.params["run"]
    if module.params["state"] == "absent":
        remove(module, path, run)
    missing = packages.missing(row.packages(module.params["needs"]) + module.params["packages"], row)
    if missing and not module.check_mode:
        module.exit_json(changed=False, path=path, made=[], missing_packages=missing)
    owner = accounts.owner(row.owner)
    if owner is None:
        if not module.check_mode:
            module.fail_json(msg=f"The system account {row.owner} is missing; install ProFTPD first.")
        owner = (0, 0)
    wanted = accounts.of(module.params["accounts"], owner)
    try:
        record.begin(run, [path], lockout.ssh_source())
        changed, made = accounts.apply(path, wanted, check_mode=module.check_mode)
        record.end(run, "accounts", [path])
    except (HostError, OSError) as exc:
        module.fail_json(msg=_root.told(exc))
    module.exit_json(changed=changed, path=path, made=made, missing_packages=missing)


if __name__ == "__main__":
    main()
