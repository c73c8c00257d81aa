"""Runs the fault table: whatever goes wrong, the outcome is the row's, and nothing is left over."""

from __future__ import annotations

import glob
import time
from collections.abc import Iterator, Mapping

import pytest

from tests.e2e.canary import CANARY
from tests.e2e.contents import bytes_of
from tests.e2e.fault_rows import ROWS
from tests.e2e.fault_table import PART, Row, Way
from tests.e2e.interrupted import (
    assert_nothing_left,
    leaving_nothing,
    record_names,
    records,
    swept,
)
from tests.e2e.transfers import Reply, refused, stored, transferred
from tests.localcloud.client import LocalCloud
from tests.localcloud.faults import SERVERS
from tests.localcloud.tidiness import open_uploads

OLD = b"what was there before"
SIZES: Mapping[Way, int] = {
    "children": 8 * PART,
    "alone": 8 * PART,
    "front-to-back": 8 * PART,
    "one-request": PART // 2,
}
FIELDS: Mapping[Way, Mapping[str, object]] = {
    "children": {"part_size": PART, "streams": 4},
    "alone": {"part_size": PART, "streams": 4, "max_children": 0},
    "front-to-back": {"part_size": PART},
    "one-request": {},
}


@pytest.fixture
def eager_cloud(eager_cloud: LocalCloud) -> Iterator[LocalCloud]:
    """A cloud where nothing stays of one row that the next would find."""
    with leaving_nothing(eager_cloud):
        yield eager_cloud


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_fault(eager_cloud: LocalCloud, key: str, row: Row) -> None:
    """Copied means identical, an error leaves the old object as it was, and both say the truth."""
    eager_cloud.bucket.put_object(key, OLD)
    seed, size = key.replace(" ", "-"), SIZES[row.way]
    url = _url(eager_cloud, seed, size, row)
    fields = {
        **FIELDS[row.way],
        "source_headers": {"Authorization": f"Bearer {CANARY}"},
        **row.fields,
    }
    _arm(eager_cloud, key, row)
    started = time.time()
    if row.then != "copied":
        error = refused(eager_cloud, url, key, **fields)
        assert error.error_type == row.then, error.message
        assert row.says in error.message
        _disarm(eager_cloud)
        if row.untouched:
            assert stored(eager_cloud, key) == OLD
        kept = "parts are kept" in error.message
        assert (len(open_uploads(eager_cloud)), len(records(eager_cloud))) == (kept, kept)
        assert kept or not record_names(eager_cloud)
        assert swept(eager_cloud)["failed"] == 0
        return
    reply = transferred(eager_cloud, url, key, **fields)
    refusals = _disarm(eager_cloud)
    assert stored(eager_cloud, key) == bytes_of(seed, size)
    assert_nothing_left(eager_cloud)
    _check_counts(reply, row)
    _check_invocations(eager_cloud, reply, started, refusals)


def test_names_of_rows_are_unique() -> None:
    """A row is found by its name."""
    names = [row.name for row in ROWS]
    assert len(names) == len(set(names))


def _url(cloud: LocalCloud, seed: str, size: int, row: Row) -> str:
    behaviours = row.source
    if row.way == "front-to-back":
        behaviours = ("range:ignored", *behaviours)
    url = cloud.generated(seed, size, *behaviours)
    return f"{url}{'&' if '?' in url else '?'}token={CANARY}"


def _arm(cloud: LocalCloud, key: str, row: Row) -> None:
    """Put the faults in force; those of OSS only for the object of the row."""
    for server in SERVERS:
        rules = [dict(rule) for rule in row.faults if rule["server"] == server]
        if server == "oss":
            rules = [{"key": glob.escape(key), **rule} for rule in rules]
        cloud.faults(server, rules)


def _disarm(cloud: LocalCloud) -> int:
    """Take the faults back; each must have struck. Return how often FC refused a call."""
    counts = [count for server in SERVERS for count in cloud.fault_counts(server)]
    for server in SERVERS:
        cloud.faults(server)
    idle = [count for count in counts if not count["taken"]]
    assert not idle, "a fault that never struck proves nothing"
    refusals = [count["taken"] for count in counts if count["server"] == "fc" and "status" in count]
    return sum(refusals)


def _check_counts(reply: Reply, row: Row) -> None:
    """Compare what the reply counts with what the row says."""
    children = reply["children"]
    if row.sent_again is not None:
        assert (reply["parts"]["retried"] > 0) == row.sent_again
    if row.hedged is not None:
        assert (reply["parts"]["hedged"] > 0) == row.hedged
    if row.invocations is not None:
        assert children["invocations"] == row.invocations
    if row.child_failed is not None:
        assert (children["retried"] > 0) == row.child_failed


def _check_invocations(cloud: LocalCloud, reply: Reply, started: float, refusals: int) -> None:
    """Compare what the reply counts with what Function Compute saw and refused."""
    calls = [call for call in cloud.invocations(since=started) if call["role"] == "copy"]
    children = reply["children"]
    counted = children["invocations"] + children["throttled"]
    if "pace" in reply:
        assert counted == len(calls) + refusals
    else:  # given up for another way: what was just about to be sent never was
        assert counted >= len(calls) + refusals
