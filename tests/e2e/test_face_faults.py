"""Each fault of the fault language at a store of another cloud, and what comes of a transfer."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any, Literal

import pytest

from tests.e2e.canary import secrets_in
from tests.e2e.contents import bytes_of
from tests.e2e.interrupted import assert_nothing_left, leaving_nothing, swept
from tests.e2e.other_clouds import FILMS, PART, SIZE, OtherClouds, other_clouds
from tests.e2e.spotless import staying_spotless
from tests.e2e.transfers import event_for, stored
from tests.localcloud.client import FunctionError
from tests.localcloud.faces.face import Face
from tests.localcloud.faults import Fault

OLD = b"what was there before"
CHILDREN = {"part_size": PART, "streams": 3, "max_children": 2, "credentials": "temporary"}
MOST_REQUESTS, MOST_INVOCATIONS = 24 * 4, 12
STORES = {"s3": "s3://media/large", "cos": f"cos://{FILMS}/large"}


@dataclass(frozen=True)
class Harm:
    """One fault of requests to the store, of which the first is the probe.

    ``then`` is the status of the reply or the type of the error, ``says`` a word of its sentence;
    ``noticed`` is whatever of the two comes, as long as no checksum of the source is claimed to be
    that of a wrong object. ``again`` is whether parts were asked for again or by a second stream.
    """

    name: str
    what: Mapping[str, Any]
    then: Literal["copied", "SourceRefused", "SourceGone", "SourceUnavailable", "noticed"] = (
        "copied"
    )
    says: str = ""
    again: bool | None = None
    stores: tuple[str, ...] = ("s3", "cos")

    def at(self, store: str) -> str:
        return f"{self.name} at {store}"


_HEADS: Mapping[str, Mapping[str, Any]] = {
    "403": {"status": 403},
    "405": {"status": 405},
    "503": {"status": 503},
    "late": {"delay": 0.5},
    "slow": {"trickle_head": 0.5},
    "lost": {"drop_reply": True},
    "of another": {"headers": {"ETag": '"another"'}},
    "without checksum": {"headers": {"x-amz-checksum-crc64nvme": None}},
}
HARMS = (
    Harm("500 at the probe once", {"status": 500, "times": 1}),
    Harm("500 always", {"status": 500}, "SourceUnavailable", "500"),
    Harm("503 of some key", {"status": 503, "key": "larg?", "times": 2}),
    Harm("503 at a range", {"status": 503, "nth": 5}),
    Harm("another key", {"status": 404, "code": "NoSuchKey"}, "SourceGone", "is not there"),
    Harm("ended", {"status": 400, "code": "ExpiredToken"}, "SourceRefused", "have ended"),
    Harm(
        "another time",
        {"status": 403, "code": "AccessDenied", "message": "Request has expired"},
        "SourceRefused",
        "clock",
    ),
    # A child that is refused is given up, and its parts are asked for again; a transfer of one's
    # own ends, and the same event goes on with it.
    Harm("403 half way, once", {"status": 403, "nth": 6}, "noticed", "403"),
    Harm("no ETag", {"headers": {"ETag": None}}),
    Harm("no date", {"headers": {"Last-Modified": None}}),
    Harm("a cookie", {"headers": {"Set-Cookie": "a=b", "Retry-After": "9000"}}, again=False),
    Harm("late", {"delay": 0.3, "times": 2}),
    Harm("a slow head", {"trickle_head": 0.3, "probability": 0.3}),
    Harm("cut once", {"cut_after": 60_000, "nth": 4}, again=True),
    Harm("cut each time", {"cut_after": 60_000, "probability": 0.5}, again=True),
    Harm("silent once", {"stall_after": 10_000, "nth": 4}, again=True),
    Harm("slow once", {"bytes_per_second": 30_000, "nth": 4}),
    Harm("damaged once", {"corrupt_at": 9, "nth": 6}, "noticed", "CRC"),
    Harm("answer lost at the probe", {"drop_reply": True, "times": 1}),
    Harm("answer lost", {"drop_reply": True, "nth": 5}),
    *(
        Harm(f"HEAD {name}", {"operation": "HeadObject", **what}, again=False, stores=("s3",))
        for name, what in _HEADS.items()
    ),
)
ROWS = [(harm, store) for harm in HARMS for store in harm.stores]


@pytest.fixture(scope="module")
def running() -> Iterator[OtherClouds]:
    with other_clouds() as running:
        yield running


@pytest.fixture
def clouds(running: OtherClouds) -> Iterator[OtherClouds]:
    with staying_spotless(running.cloud), leaving_nothing(running.cloud):
        try:
            yield running
        finally:
            running.s3.faults()
            running.cos.faults()


@pytest.mark.parametrize(("harm", "store"), ROWS, ids=[harm.at(store) for harm, store in ROWS])
def test_fault_at_a_store(clouds: OtherClouds, key: str, harm: Harm, store: str) -> None:
    """The object is whole or untouched, no upload stays, and nobody is asked for ever."""
    cloud, began = clouds.cloud, time.time()
    face: Face = clouds.s3 if store == "s3" else clouds.cos
    cloud.bucket.put_object(key, OLD)
    before = len(face.requests()["requests"])
    face.faults({"operation": "GetObject", **harm.what}, seed=1)
    reply, error = _outcome(clouds, STORES[store], key)
    assert all(each["taken"] for each in face.table.to_json()), "it never struck"
    face.faults()
    if error is None:
        assert harm.then in ("copied", "noticed")
        _is_copied(clouds, key, harm, reply)
    else:
        assert (harm.then in ("noticed", error.error_type), error.message) == (True, error.message)
        assert harm.says in error.message
        assert stored(cloud, key) == OLD
        assert swept(cloud)["failed"] == 0
    assert_nothing_left(cloud)
    assert len(face.requests()["requests"]) - before <= MOST_REQUESTS
    assert len(cloud.invocations(since=began)) <= MOST_INVOCATIONS


def test_all_that_can_go_wrong_is_tried() -> None:
    """But what only Function Compute can do, and numbers of parts, which a source has none of."""
    tried = {name for harm in HARMS for name in harm.what}
    assert tried == {each.name for each in fields(Fault)} - {"server", "part", "kill"}


def _outcome(
    clouds: OtherClouds, url: str, key: str
) -> tuple[dict[str, Any], FunctionError | None]:
    reply, error = {}, None
    try:
        reply = clouds.cloud.invoke(event_for(clouds.cloud, url, key, **CHILDREN))
    except FunctionError as raised:
        error = raised
    assert error is None or error.status == 200, f"Function Compute itself: {error}"
    assert not secrets_in(f"{error} {json.dumps(reply)}", clouds.cloud)
    return reply, error


def _is_copied(clouds: OtherClouds, key: str, harm: Harm, reply: dict[str, Any]) -> None:
    assert reply["status"] == "copied"
    right = stored(clouds.cloud, key) == bytes_of("large", SIZE)
    if harm.then == "noticed":
        # What nothing tells of cannot be noticed: then it must not be claimed.
        assert right or not any(each.startswith("source_") for each in reply["proof"])
        return
    assert right
    hedged = reply["parts"]["hedged"] + reply["children"]["hedged"]
    if harm.again is True:
        assert reply["parts"]["retried"] + hedged > 0, reply
    elif harm.again is False:  # what a slow machine is late with may be copied twice all the same
        assert reply["parts"]["retried"] == 0, reply
