"""Jobs of many items for which one invocation of the function is too short."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pytest

from tests.e2e.bulk_jobs import (
    ITEM,
    assert_consistent,
    assert_copied,
    bulk_event,
    forget,
    in_the_end,
    keys_below,
    listed,
    many,
)
from tests.e2e.contents import bytes_of
from tests.e2e.spotless import staying_spotless
from tests.e2e.transfers import Reply, stored
from tests.localcloud.client import LocalCloud, started

MIB = 1024 * 1024


@pytest.fixture(scope="module")
def shared_hasty_cloud() -> Iterator[LocalCloud]:
    """A cloud whose function has little time."""
    with started(timeout=12) as cloud:
        yield cloud


@pytest.fixture
def hasty_cloud(shared_hasty_cloud: LocalCloud) -> Iterator[LocalCloud]:
    """The same, to be left spotless."""
    with staying_spotless(shared_hasty_cloud):
        yield shared_hasty_cloud
    forget(shared_hasty_cloud)


def handed_over(cloud: LocalCloud, event: Mapping[str, object]) -> Reply:
    """Return what came of a job that one invocation does not do."""
    before = len(cloud.invocations())
    told = in_the_end(cloud, event)
    assert [each["role"] for each in cloud.invocations()[before:]].count("bulk") > 1
    return told


def test_a_job_that_takes_longer_than_the_function_may_is_handed_over(
    hasty_cloud: LocalCloud, key: str
) -> None:
    """Several times, by itself; each item is once in the report."""
    cloud, count = hasty_cloud, 250
    where = many(cloud, key, count, "delay:1.6")
    told = handed_over(cloud, bulk_event(cloud, f"{key}/", list=where, max_children=2))
    assert (told["status"], told["copied"] + told["unchanged"]) == ("completed", count), told
    assert_consistent(cloud, told)
    assert_copied(cloud, key, f"{key}/", count)
    invocations = [each for each in cloud.invocations() if each["role"] == "bulk"]
    assert len(invocations) > 2


def test_a_job_without_children_is_handed_over(hasty_cloud: LocalCloud, key: str) -> None:
    """No item fails for want of time."""
    cloud, count = hasty_cloud, 100
    where = many(cloud, key, count, "delay:2")
    told = handed_over(cloud, bulk_event(cloud, f"{key}/", list=where, max_children=0))
    assert (told["status"], told["copied"] + told["unchanged"]) == ("completed", count), told
    assert_consistent(cloud, told)
    assert_copied(cloud, key, f"{key}/", count)


def test_a_prefix_is_handed_over(hasty_cloud: LocalCloud, key: str) -> None:
    """It goes on behind the last key that is done; what was begun of the rest is seen."""
    cloud, count = hasty_cloud, 100
    for n in range(count):
        cloud.bucket.put_object(f"{key}/from/{n:03}", bytes_of(f"{key}{n}", ITEM))
        if n % 50 == 0:
            cloud.bucket.put_object(f"{key}/from/{n:03}.tmp", b"")
    cloud.faults("oss", [{"server": "oss", "operation": "CopyObject", "delay": 2.0}])
    source = f"oss://{cloud.bucket_name}/{key}/from/"
    event = bulk_event(cloud, f"{key}/to/", source=source, exclude=["*.tmp"], max_children=2)
    told = handed_over(cloud, event)
    assert (told["status"], told["copied"] + told["unchanged"]) == ("completed", count), told
    assert_consistent(cloud, told)
    assert keys_below(cloud, f"{key}/to/") == {f"{n:03}" for n in range(count)}
    for n in range(0, count, 7):
        assert stored(cloud, f"{key}/to/{n:03}") == bytes_of(f"{key}{n}", ITEM)


def test_a_large_item_that_takes_several_invocations_is_copied(
    hasty_cloud: LocalCloud, key: str
) -> None:
    """What is done of it is on record, which is progress."""
    cloud, size = hasty_cloud, 16 * MIB
    url = cloud.generated(key, size, "total-rate:2000000")
    where = listed(cloud, f"{key}.tsv", f"{url}\tlarge\n")
    told = handed_over(cloud, bulk_event(cloud, f"{key}/", list=where, max_children=0))
    assert (told["status"], told["copied"]) == ("completed", 1), told
    assert_consistent(cloud, told)
    assert stored(cloud, f"{key}/large") == bytes_of(key, size)
