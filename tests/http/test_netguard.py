"""Which peers a source may have, and that none is spoken to before it has been judged."""

from __future__ import annotations

from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ossferry.errors import SourceRefused
from ossferry.http.netguard import NetGuard

INTERNAL_OSS = "bucket.oss-cn-hangzhou-internal.aliyuncs.com"

REFUSED = {
    "loopback": ["127.0.0.1", "127.255.255.254", "::1"],
    "unspecified": ["0.0.0.0", "0.1.2.3", "::"],
    "private": ["10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.0.1", "fc00::1", "fdff::1"],
    "link-local": ["169.254.0.1", "fe80::1", "fe80::1%eth0"],
    "site-local": ["fec0::1"],
    "metadata": ["100.100.100.200", "169.254.169.254", "fd00:ec2::254"],
    "shared": ["100.64.0.1", "100.127.255.255"],
    "multicast": ["224.0.0.1", "239.255.255.255", "ff02::1", "ff0e::1"],
    "registries": ["192.0.0.8", "192.88.99.1", "168.63.129.16", "3fff::1", "5f00::1", "0:1::1"],
    "reserved": ["240.0.0.1", "255.255.255.255", "192.0.2.1", "198.18.0.1", "2001:db8::1"],
    "mapped": ["::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:100.100.100.200"],
    "compatible": ["::127.0.0.1", "::10.0.0.1"],
    "translated": ["::ffff:0:127.0.0.1", "::ffff:0:10.0.0.1", "::ffff:0:100.100.100.200"],
    "6to4": ["2002:7f00:1::", "2002:a00:1::", "2002:6464:64c8::"],
    "nat64": ["64:ff9b::7f00:1", "64:ff9b::a00:1", "64:ff9b::6464:64c8", "64:ff9b:1::808:808"],
    "teredo": ["2001::1"],
}


@pytest.mark.parametrize(
    "peer", [pytest.param(peer, id=f"{kind}-{peer}") for kind in REFUSED for peer in REFUSED[kind]]
)
@pytest.mark.parametrize("host", ["h.example", INTERNAL_OSS])
def test_addresses_that_are_not_public_are_refused(host: str, peer: str) -> None:
    """Whatever the name and however IPv6 wraps it; OSS's own names open only OSS's range."""
    if host == INTERNAL_OSS and peer in REFUSED["shared"]:
        NetGuard().check(host, peer)
        return
    with pytest.raises(SourceRefused, match="OSSFERRY_ALLOW_NETWORKS"):
        NetGuard().check(host, peer)


@pytest.mark.parametrize(
    "peer",
    [
        "8.8.8.8",
        "100.63.255.255",
        "100.128.0.1",
        "172.32.0.1",
        "169.253.0.1",
        "2606:4700::1111",
        "::ffff:8.8.8.8",
        "2002:808:808::",
        "64:ff9b::808:808",
    ],
)
def test_public_addresses_are_not(peer: str) -> None:
    """Including the neighbours of refused networks, and IPv6 forms of public IPv4 addresses."""
    NetGuard().check("h.example", peer)


@pytest.mark.parametrize(
    "host",
    [
        "oss-cn-hangzhou-internal.aliyuncs.com",
        "my-bucket.OSS-cn-beijing-internal.aliyuncs.com",
    ],
)
def test_oss_inside_its_region_is_reached_under_its_own_names(host: str) -> None:
    """Those names resolve into the shared range, which is closed to all others."""
    NetGuard().check(host, "100.118.28.1")


@pytest.mark.parametrize(
    "host",
    [
        "oss-cn-hangzhou.aliyuncs.com",
        "oss-cn-hangzhou-internal.aliyuncs.com.evil.example",
        "evil.example/oss-cn-hangzhou-internal.aliyuncs.com",
        "x.y.oss-cn-hangzhou-internal.aliyuncs.com",
        "oss-cn-hangzhou-internal.aliyuncs.com\n",
        "fooss-cn-hangzhou-internal.aliyuncs.com",
    ],
)
def test_names_that_only_look_like_oss_open_nothing(host: str) -> None:
    """The name has to be one that only Alibaba Cloud can resolve."""
    with pytest.raises(SourceRefused):
        NetGuard().check(host, "100.118.28.1")


@pytest.mark.parametrize(
    ("network", "peer"),
    [
        ("127.0.0.0/8", "127.0.0.1"),
        ("127.0.0.0/8", "::ffff:127.0.0.1"),
        ("::1/128", "::1"),
        ("10.1.0.0/16", "10.1.2.3"),
        ("fd00::/8", "fd00::1"),
    ],
)
def test_an_operator_may_open_networks(network: str, peer: str) -> None:
    """What is opened is open, in each way of writing the address."""
    NetGuard([ip_network(network)]).check("h.example", peer)


def test_opening_one_network_opens_no_other() -> None:
    """The metadata service stays closed beside a private network that is open."""
    guard = NetGuard([ip_network("10.1.0.0/16")])
    for peer in ("10.2.0.1", "100.100.100.200", "169.254.169.254", "127.0.0.1"):
        with pytest.raises(SourceRefused):
            guard.check("h.example", peer)


@pytest.mark.parametrize(
    "peer",
    [
        *REFUSED["metadata"],
        "::ffff:100.100.100.200",
        "64:ff9b:1::a9fe:a9fe",
        "64:ff9b:1:6464:64:c800::",
    ],
)
def test_no_operator_opens_the_metadata_service(peer: str) -> None:
    """Whoever may send events would have the function's credentials."""
    guard = NetGuard([ip_network("0.0.0.0/0"), ip_network("::/0")])
    with pytest.raises(SourceRefused, match="not even"):
        guard.check("h.example", peer)


@given(st.ip_addresses(v=4))
def test_every_ipv6_form_of_an_address_is_judged_as_the_address(address: object) -> None:
    """No wrapping of an IPv4 address gets past what the address itself does not."""

    def passes(peer: str) -> bool:
        try:
            NetGuard().check("h.example", peer)
        except SourceRefused:
            return False
        return True

    plain = passes(str(address))
    assert passes(f"::ffff:{address}") is plain
    assert passes(f"64:ff9b::{address}") is plain
    assert passes(f"::ffff:0:{address}") is plain
