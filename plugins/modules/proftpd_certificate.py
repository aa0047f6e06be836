#!/usr/bin/python
# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: proftpd_certificate
short_description: Private key and certificate of a ProFTPD server, and the authorities that it trusts
version_added: 0.2.0
description:
  - Looks in one round trip whether private key and certificate of the server do. The key must belong to the certificate and be
    readable by root only, the certificate must come from the first authority in O(trust), have exactly the addresses and the name
    of the server, and not end within O(renew_before) days.
  - Where they do not, a new private key is made on the host, which it never leaves, and RV(csr) is what an authority signs. A
    second call brings O(certificate) and puts both into their place by one rename.
  - Key and certificate are one file, so that they belong to one another at every moment. ProFTPD reads it at the beginning of a
    session, so a new one is in force for all sessions that begin later, without a reload.
  - With O(private_key) the certificate is one that somebody brings. It must come from any authority in O(trust) and have all
    addresses of the server. That it ends soon is then a warning.
  - The authorities are written before everything else. One that ends within 90 days is a warning.
author:
  - The proftpd.fxp contributors (@proftpd-fxp)
requirements:
  - openssl (the program, on the host)
extends_documentation_fragment:
  - proftpd.fxp._attributes
  - proftpd.fxp._run
  - proftpd.fxp._attributes.platform
attributes:
  check_mode:
    support: full
    details:
      - In check mode no key is made, so RV(csr) is C(null), and O(trust) may be empty. It is the way to look at what is there.
  diff_mode:
    support: full
    details:
      - Only what certificates say in public is shown.
  platform:
    platforms: debian
options:
  addresses:
    description:
      - All literal addresses of the server, those that it announces and those that its connections come from too.
      - Required if O(state=present).
    type: list
    elements: str
  name:
    description:
      - A domain name that the certificate has besides.
    type: str
  trust:
    description:
      - The PEM text of the authorities. The first one signs.
      - Required if O(state=present).
    type: str
  certificate:
    description:
      - The PEM text of a certificate, with its intermediate certificates after it.
    type: str
  private_key:
    description:
      - The PEM text of the private key of O(certificate), for a certificate that somebody brings.
    type: str
  renew_before:
    description:
      - Days before its end at which a certificate is replaced.
    type: int
    default: 30
  path:
    description:
      - The file for private key and certificate, C(TLSECCertificateFile) and C(TLSECCertificateKeyFile) of the configuration.
      - Where it is not said, that of the host's platform; C(/etc/proftpd/fxp-tls.pem) on Debian and Ubuntu.
    type: path
  trust_path:
    description:
      - The file for the authorities, C(TLSCACertificateFile) of the configuration.
      - Where it is not said, that of the host's platform; C(/etc/proftpd/fxp-tls-ca.pem) on Debian and Ubuntu.
    type: path
  state:
    description:
      - Whether the files are there.
    type: str
    choices:
      - present
      - absent
    default: present
"""

EXAMPLES = r"""
- name: Look at the server's certificate
  proftpd.fxp.proftpd_certificate:
    addresses: [198.51.100.11]
    name: ftp1.example.net
    trust: "{{ lookup('ansible.builtin.file', 'fxp-ca.pem') }}"
  register: certificate

- name: Have a new one signed on the controller
  community.crypto.x509_certificate_pipe:
    provider: ownca
    csr_content: "{{ certificate.csr }}"
    ownca_path: fxp-ca.pem
    ownca_privatekey_path: fxp-ca.key
  delegate_to: localhost
  become: false
  when: certificate.csr is not none
  register: signed

- name: Put it into its place
  proftpd.fxp.proftpd_certificate:
    addresses: [198.51.100.11]
    name: ftp1.example.net
    trust: "{{ lookup('ansible.builtin.file', 'fxp-ca.pem') }}"
    certificate: "{{ signed.certificate }}"
  when: certificate.csr is not none
"""

RETURN = r"""
path:
  description: The file with private key and certificate.
  returned: success
  type: str
  sample: /etc/proftpd/fxp-tls.pem
csr:
  description: The request for a new certificate; C(null) where none is needed, and in check mode.
  returned: success
  type: str
  sample: "-----BEGIN CERTIFICATE REQUEST-----..."
reason:
  description:
    - Why a new certificate is needed, as the end of a sentence that begins with "the certificate"; C(null) where none is needed.
  returned: success
  type: str
  sample: ends on 2027-01-31
expires:
  description: The day on which the certificate in force ends, in UTC; C(null) where there is none yet.
  returned: success
  type: str
  sample: '2028-01-31'
trusted:
  description: The authorities that the server trusted before, in the order of the file; empty where there was none.
  returned: success, and O(state=present)
  type: list
  elements: dict
  contains:
    subject:
      description: The common name of the authority, or its whole name where it has none.
      type: str
      returned: success
      sample: proftpd.fxp authority of 2026-01-31 12:00:00
    fingerprint:
      description: The SHA-256 fingerprint of the certificate, as openssl prints it.
      type: str
      returned: success
      sample: 4F:0A:...
in_place:
  description: Whether authorities, private key and certificate were all as they should be, so that there was nothing to do.
  returned: success, and O(state=present)
  type: bool
  sample: true
refused:
  description: Always C(true). The files that were given do not do, or the host has not what is needed; nothing was changed.
  returned: failure, where the host could be asked
  type: bool
  sample: true
"""

from ansible_collections.proftpd.fxp.plugins.module_utils._firewall import lockout
from ansible_collections.proftpd.fxp.plugins.module_utils._host import platform, record
from ansible_collections.proftpd.fxp.plugins.module_utils._host import root as _root
from ansible_collections.proftpd.fxp.plugins.module_utils._host.errors import HostError
from ansible_collections.proftpd.fxp.plugins.module_utils._module import Module
from ansible_collections.proftpd.fxp.plugins.module_utils._proftpd.certificate import files as certificate
from ansible_collections.proftpd.fxp.plugins.module_utils._proftpd.certificate import pair


def main() -> None:
    module = Module(
        argument_spec={
            "addresses": {"type": "list", "elements": "str"},
            "name": {"type": "str"},
            "trust": {"type": "str"},
            "certificate": {"type": "str"},
            "private_key": {"type": "str", "no_log": True},
            "renew_before": {"type": "int", "default": 30},
            "path": {"type": "path"},
            "trust_path": {"type": "path"},
            "run": record.run_options(),
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        },
        required_if=[("state", "present", ("addresses", "trust"))],
        required_by={"private_key": "certificate"},
        supports_check_mode=True,
    )
    asked = module.params
    row = platform.nearest()
    place = certificate.Place(asked["path"] or row.certificate, asked["trust_path"] or row.trust)
    run, files = None if module.check_mode else asked["run"], [place.path, place.trust_path]
    try:
        if asked["state"] == "absent":
            record.begin(run, files, lockout.ssh_source())
            changed = certificate.remove(place, check_mode=module.check_mode)
            record.end(run, "certificate", files)
            module.exit_json(changed=changed, path=place.path, csr=None, reason=None, expires=None)
        if not asked["addresses"]:
            module.fail_json(msg="A certificate without addresses helps nobody; name the addresses of the server.")
        wanted = pair.Wanted(
            tuple(asked["addresses"]), asked["name"], asked["trust"], asked["private_key"] is None, asked["renew_before"]
        )
        record.begin(run, files, lockout.ssh_source())
        outcome = certificate.apply(place, wanted, asked["certificate"], asked["private_key"], check_mode=module.check_mode)
        record.end(run, "certificate", files, done=outcome.request is None)
    except (HostError, OSError) as exc:
        module.fail_json(msg=_root.told(exc), refused=True)
    for warning in outcome.warnings:
        module.warn(warning)
    module.exit_json(
        changed=outcome.changed,
        path=place.path,
        csr=outcome.request,
        reason=outcome.reason,
        expires=None if outcome.ends is None else pair.day(outcome.ends),
        trusted=list(outcome.trusted),
        in_place=outcome.in_place,
        diff={
            "before": outcome.shown_before,
            "after": outcome.shown_after,
            "before_header": place.path,
            "after_header": place.path,
        },
    )


if __name__ == "__main__":
    main()
