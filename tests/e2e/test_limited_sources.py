"""Sources that serve few connections at once: everybody gets through, and nobody hammers."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.e2e.contents import crc64_of
from tests.e2e.transfers import headers_of, transferred
from tests.localcloud.client import LocalCloud

SIZE = 9_000_001
MANY = 10


@pytest.mark.parametrize("over", ["429", "reset"])
def test_many_at_once_at_a_source_that_serves_two(cloud: LocalCloud, key: str, over: str) -> None:
    """All are done, if late, and none of them keeps asking."""
    url = cloud.generated(f"many-{over}", SIZE, f"rate:6000000,cap:2,over:{over}")

    def transfer(number: int) -> str:
        transferred(cloud, url, f"{key}-{number}")
        return str(headers_of(cloud, f"{key}-{number}")["x-oss-hash-crc64ecma"])

    with ThreadPoolExecutor(MANY) as pool:
        found = [*pool.map(transfer, range(MANY))]
    assert found == [str(crc64_of(f"many-{over}", SIZE))] * MANY
    requests = cloud.origin_requests(url)["requests"]
    refused = [each for each in requests if each["over"]]
    # At first each comes with a few connections, and later tries one from time to time.
    assert len(refused) < MANY * 40


@pytest.mark.parametrize("over", ["429", "reset"])
def test_connections_go_back_to_what_a_source_serves(
    cloud: LocalCloud, key: str, over: str
) -> None:
    """It is found at the first refusals, used to the full, and tried again only now and then."""
    url = cloud.generated(f"capped-{over}", 4 * SIZE, f"rate:4000000,cap:3,over:{over}")
    reply = transferred(cloud, url, key)
    journal = cloud.origin_requests(url)
    assert reply["pace"]["limit"] == "source"
    assert reply["children"]["invocations"] == 0
    assert len([each for each in journal["requests"] if each["over"]]) <= 12
