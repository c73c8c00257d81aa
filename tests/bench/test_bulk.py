"""Many items by many ways: what is computed of them, and that each way copies what it is to."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest
import requests

from tests.bench import endpoints
from tests.bench.bulk import bare, coordinators, mixed, ways
from tests.bench.bulk.cost import Cost, billed, machine
from tests.bench.bulk.mixed import ALL, QUICK, Mixture
from tests.bench.bulk.rows import PLAIN, compared
from tests.bench.bulk.sources import SOURCES, Ground, Source, remove
from tests.bench.bulk.ways import LIMIT, OURS
from tests.localcloud.client import LocalCloud

ITEMS = 3


def test_cost_is_told_for_an_item() -> None:
    """What a way cannot tell stays unknown."""
    cost = Cost(200, 4.0, 0.5, requests=400, gb_seconds=0.3, servers=1.5)
    assert (cost.per_second, cost.cpu_ms, cost.servers_ms) == (50, 2.5, 7.5)
    assert (cost.requests_each, cost.gb_seconds_per_1000) == (2, 1.5)
    unknown = Cost(200, 4.0, 0.5)
    assert unknown.requests_each is None
    assert unknown.gb_seconds_per_1000 is None
    assert unknown.borne_per_second is None


def test_bill_is_duration_times_memory() -> None:
    """Over all invocations."""
    assert billed([{"duration_ms": 1500.0}, {"duration_ms": 500.0}]) == 2.0


def test_machine_is_idle_for_no_longer_than_it_runs() -> None:
    """Both of all cores."""
    idle, total = machine()
    assert 0 <= idle <= total


@pytest.mark.parametrize("mixture", [QUICK, ALL])
def test_sizes_have_a_long_tail(mixture: Mixture) -> None:
    """One is the largest, most are small, and the order is always the same."""
    sizes = mixture.sizes
    assert sizes == mixture.sizes
    assert len(sizes) == mixture.items
    assert max(sizes) == mixture.largest
    assert min(sizes) >= 10_000
    assert sum(size > mixture.largest / 100 for size in sizes) < 30


def test_speed_is_judged_beside_the_plain_way_and_the_servers() -> None:
    """CPU beside whoever does the same work, which the servers alone do not."""
    found = {
        OURS: [Cost(100, 1.0, 0.1, 200, 0.2, 0.1, 0.0)],
        PLAIN: [Cost(100, 6.0, 0.5, None, 3.0, 0.3, 0.0)],
        LIMIT: [Cost(100, 0.9, 0.01, 200, servers=0.1, idle=0.0)],
    }
    figures = list(compared(Source("origin", 0.02), 100, found))
    assert figures[0].topic.endswith("from the origin, 20 ms to the first byte")
    judged = {
        (each.what, each.reference.name if each.reference else ""): each.met for each in figures
    }
    assert judged["speed", PLAIN] is True
    assert judged["speed", LIMIT] is True
    assert judged["CPU for an item", PLAIN] is True
    assert judged["CPU for an item", LIMIT] is None
    assert judged["billed", PLAIN] is True
    assert ("billed", LIMIT) not in judged


def test_each_source_is_told_by_its_name() -> None:
    """So that the table can be read."""
    assert len({str(source) for source in SOURCES}) == len(SOURCES)


@pytest.fixture(scope="module")
def sink() -> Iterator[str]:
    with endpoints.running() as running:
        yield running.sink("http")


@pytest.fixture
def ground(cloud: LocalCloud, sink: str, tidy: None) -> Iterator[Ground]:
    ground = Ground(cloud, sink, ITEMS)
    yield ground
    remove(cloud.bucket, "bench/")
    if "far" in vars(ground):
        ground.far.delete_bucket()


@pytest.mark.parametrize("source", SOURCES[1:], ids=str)
def test_every_way_copies_from_every_source(ground: Ground, source: Source) -> None:
    """Or ends the bench."""
    ground.prepare(source)
    try:
        for way in (
            ways.many_in_one_job,
            ways.one_by_one,
            ways.batches(2, 2),
            ways.pool_of_threads,
            ways.servers_alone,
        ):
            cost = way(ground, source, ITEMS)
            assert cost.items == ITEMS
            assert cost.seconds > source.latency
    finally:
        ground.tidy(source)


@pytest.mark.skipif(not shutil.which("rclone"), reason="rclone is not installed")
def test_rclone_copies_from_the_origin(ground: Ground) -> None:
    """With its HEAD and GET delayed, and no delay left behind."""
    requests.delete(f"{ground.cloud.origin}/-/requests", timeout=10)
    assert ways.by_rclone(ground, Source("origin", 0.05), ITEMS).seconds > 0.1
    assert not ground.cloud.fault_counts("origin")
    for number in range(ITEMS):
        url = ground.url(Source("origin"), number)
        asked = ground.cloud.origin_requests(url)["requests"]
        assert [each["method"] for each in asked] == ["HEAD", "GET"]


def test_bare_client_moves_items_of_all_sizes(ground: Ground) -> None:
    """Small ones through memory and large ones through a pipe, all of their bytes."""
    sizes = [0, 1, 10_000, 511 * 1024, 3_000_000]
    bucket, prefix = ground.cloud.bucket, ground.prefix()
    bare.run(
        [
            (
                ("GET", ground.cloud.generated("bare", size), {}),
                ("PUT", bucket.sign_url("PUT", f"{prefix}{size}", 600, slash_safe=True), {}),
            )
            for size in sizes
        ],
        connections=4,
    )
    for size in sizes:
        assert bucket.head_object(f"{prefix}{size}").content_length == size
    ground.forget(prefix)


def test_mixture_is_measured_beside_the_servers(ground: Ground) -> None:
    """A job of all its items, and the same by the bare client."""
    (figure,) = mixed.figures(ground, Mixture(4, 2_000_000), lambda step: None)
    assert figure.reference
    assert figure.ours.median > 0 < figure.reference.median


def test_long_lists_are_stopped(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    """As soon as enough is known of them."""
    monkeypatch.setattr(coordinators, "_ROWS", (20,))
    first, peak = coordinators.figures(ground, lambda step: None, to_the_end=False, stop_after=0.1)
    assert 0 < first.ours.median < 60
    assert peak.ours.median > 1
