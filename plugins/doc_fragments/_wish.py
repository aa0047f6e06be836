# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this doc fragment is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""What the firewall of one host is to let through, the same in every module that takes it."""

from __future__ import annotations


class ModuleDocFragment:
    """The options wish and backend."""

    DOCUMENTATION = r"""
options:
  backend:
    description:
      - The firewall manager that the host is said to have. V(auto) takes the one that decides there, else nftables.
      - Where another one decides, or two do, nothing is changed, and the refusal says which.
    type: str
    choices:
      - auto
      - nftables
      - firewalld
      - ufw
      - iptables
    default: auto
    version_added: 0.3.0
  wish:
    description:
      - What is to be let through, as the filter P(proftpd.fxp.firewall_wish#filter) derives it from the plan. Everybody else is
        kept off these ports.
      - The host makes the rules of it, in the language of the firewall manager that decides there.
    type: dict
    version_added: 0.3.0
    suboptions:
      kind:
        description: For what the rules are. Paths and names on the host follow from it.
        type: str
        choices:
          - server
        default: server
      control_port:
        description: The port at which clients log in.
        type: int
        required: true
      passive_ports:
        description: The range of data connections.
        type: dict
        required: true
        suboptions:
          first:
            description: First port.
            type: int
            required: true
          last:
            description: Last port.
            type: int
            required: true
      addresses:
        description: Addresses of the host itself. They tell by which interface those connections come.
        type: list
        elements: str
        default: []
      clients4:
        description: IPv4 networks that may connect to all of these ports.
        type: list
        elements: str
        default: []
      clients6:
        description: IPv6 networks that may connect to all of these ports.
        type: list
        elements: str
        default: []
      peers4:
        description: Peers that may connect to the passive ports by IPv4.
        type: list
        elements: dict
        default: []
        suboptions: &peer
          name:
            description: Name of the peer, which stands beside its addresses.
            type: str
            required: true
          addresses:
            description: Its addresses of this family.
            type: list
            elements: str
            required: true
      peers6:
        description: Peers that may connect to the passive ports by IPv6.
        type: list
        elements: dict
        default: []
        suboptions: *peer
      outgoing4:
        description: Peers to which the host itself opens data connections by IPv4.
        type: list
        elements: dict
        default: []
        suboptions: &listening
          name:
            description: Name of the peer, which stands beside its addresses.
            type: str
            required: true
          addresses:
            description: Its addresses of this family.
            type: list
            elements: str
            required: true
          first:
            description: First of the ports at which it listens.
            type: int
            required: true
          last:
            description: Last of them.
            type: int
            required: true
      outgoing6:
        description: Peers to which the host itself opens data connections by IPv6.
        type: list
        elements: dict
        default: []
        suboptions: *listening
      mark:
        description:
          - The mark of packets by which rules of iptables know what is let through, as a value and the bits that it is in. Where
            something else decides, it counts for nothing.
        type: str
        default: 0x46000000/0xff000000
        version_added: 0.3.0
"""
