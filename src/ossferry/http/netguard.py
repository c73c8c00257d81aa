"""Which addresses a source may have. Pure.

A URL in an event is chosen by whoever may send events, and the function can reach what they
cannot: the metadata service first of all. So each address that a name resolves to is judged before
a packet is sent to it, at every connection: neither a redirect nor a name that resolves differently
the second time gets around it, and nobody learns which ports of a forbidden host are open.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import TYPE_CHECKING

from ..errors import SourceRefused

if TYPE_CHECKING:
    from ..settings import Network

# Where clouds hand out credentials: no setting opens these.
_METADATA = (
    ip_address("100.100.100.200"),
    ip_address("169.254.169.254"),
    ip_address("fd00:ec2::254"),
)
# Not "private" to ipaddress, yet nobody's public address: RFC 6598, used inside Alibaba Cloud.
_SHARED = ip_network("100.64.0.0/10")
_NAT64 = ip_network("64:ff9b::/96")
_IPV4_COMPATIBLE = ip_network("::/96")
_IPV4_TRANSLATED = ip_network("::ffff:0:0:0/96")  # RFC 2765
# Whatever the runtime's ipaddress knows: by IANA's registries nobody's public addresses, and one
# on which a cloud answers from inside.
_NOT_PUBLIC = tuple(
    ip_network(network)
    for network in (
        *("192.0.0.0/24", "192.88.99.0/24", "168.63.129.16/32"),
        *("::/8", "3fff::/20", "5f00::/16"),
    )
)
# Nor is local-use NAT64 (RFC 8215), behind which any network may be.
_LOCAL_NAT64 = ip_network("64:ff9b:1::/48")
# The names under which OSS answers inside a region resolve into that range.
_OSS_INTERNAL = re.compile(r"([a-z0-9-]+\.)?oss-[a-z0-9-]+-internal\.aliyuncs\.com")


class NetGuard:
    """Judges the peers of source connections; ``allowed`` are networks an operator opened."""

    def __init__(self, allowed: Sequence[Network] = ()) -> None:
        self._allowed = tuple(allowed)

    def check(self, host: str, peer: str) -> None:
        """Raise ``SourceRefused`` unless a source named ``host`` may be read from ``peer``."""
        written = ip_address(peer.partition("%")[0])
        address = _unmapped(written)
        if address in _METADATA or not {*_METADATA}.isdisjoint(_behind_nat64(address)):
            raise SourceRefused(
                f"{host} resolves to {address}, where clouds hand out credentials: not even"
                " OSSFERRY_ALLOW_NETWORKS opens it"
            )
        if any(written in network or address in network for network in self._allowed):
            return
        if not (_is_public(address) or _is_oss(host, address)):
            raise SourceRefused(
                f"{host} resolves to {address}, which is not a public address: sources there are"
                " refused unless OSSFERRY_ALLOW_NETWORKS opens their network"
            )


def _unmapped(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """The IPv4 address that an IPv6 one stands for, if it does: mapped, translated, compatible,
    6to4 or NAT64."""
    if isinstance(address, IPv4Address):
        return address
    if any(address in each for each in (_NAT64, _IPV4_COMPATIBLE, _IPV4_TRANSLATED)):
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or address


def _behind_nat64(address: IPv4Address | IPv6Address) -> list[IPv4Address]:
    """What an address of local-use NAT64 may lead to: RFC 6052, section 2.2, for each length of
    prefix that fits."""
    if address not in _LOCAL_NAT64:
        return []
    packed = address.packed
    forms = (packed[6:8] + packed[9:11], packed[7:8] + packed[9:12], packed[9:13], packed[12:])
    return [IPv4Address(form) for form in forms]


def _is_public(address: IPv4Address | IPv6Address) -> bool:
    if isinstance(address, IPv6Address) and (address.is_site_local or address in _LOCAL_NAT64):
        return False
    if any(address in network for network in _NOT_PUBLIC):
        return False
    return address.is_global and not address.is_multicast and address not in _SHARED


def _is_oss(host: str, address: IPv4Address | IPv6Address) -> bool:
    return address in _SHARED and _OSS_INTERNAL.fullmatch(host.lower()) is not None
