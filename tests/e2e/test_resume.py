"""A transfer that broke off goes on where it was, and only if it is the same transfer."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.e2e.contents import bytes_of
from tests.e2e.interrupted import (
    asked_of_oss,
    killed_after,
    killed_when_recorded,
    leaving_nothing,
    record_names,
    records,
    swept,
)
from tests.e2e.spotless import abort_uploads
from tests.e2e.transfers import (
    Reply,
    event_for,
    exists,
    headers_of,
    refused,
    replied,
    stored,
    transferred,
)
from tests.localcloud.client import LocalCloud
from tests.localcloud.origin.contents import changed, generated
from tests.localcloud.patience import eventually
from tests.localcloud.tidiness import open_uploads

PART = 100 * 1024
COUNT = 24
SIZE = COUNT * PART - 1
RATE = 100_000  # bytes per second of each stream
STREAMS = 3
ALONE = {"part_size": PART, "streams": STREAMS, "max_children": 0}
CHILDREN = {"part_size": PART, "streams": STREAMS, "max_children": 2}
# A record is written every two seconds, and so are the receipts of children.
PER_RECORD = 2 * RATE * STREAMS // PART + 1
MOST_AGAIN = {"alone": STREAMS + PER_RECORD, "children": 3 * (STREAMS + PER_RECORD)}
GARBAGE = (b"", b"\xff\xfe", b'{"version": 1}', b"[" * 5000)
WAYS = {"alone": ALONE, "children": CHILDREN}


@pytest.fixture
def cloud(eager_cloud: LocalCloud) -> Iterator[LocalCloud]:
    """A cloud whose function uses children for small sources, and where nothing stays."""
    with leaving_nothing(eager_cloud):
        yield eager_cloud


def slow_url(cloud: LocalCloud, seed: str, way: str = "alone") -> str:
    """Return a source that gives time to break off, also where many copy at once."""
    rate = RATE if way == "alone" else RATE // 3
    return cloud.generated(seed, SIZE, f"rate:{rate}")


def fast_url(cloud: LocalCloud, seed: str) -> str:
    """Return the same source: with another query, as if it were signed anew."""
    return cloud.generated(seed, SIZE)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("way", WAYS)
def test_coordinator_killed_at_any_moment(cloud: LocalCloud, key: str, way: str, seed: int) -> None:
    """The re-run ends well and copies no more again than was in flight or not yet recorded."""
    chance = random.Random(f"{way} {seed}")
    before = asked_of_oss(cloud, "UploadPart")
    killed_after(cloud, chance.randint(1, COUNT - 4), slow_url(cloud, key), key, **WAYS[way])
    middle = asked_of_oss(cloud, "UploadPart")
    reply = transferred(cloud, fast_url(cloud, key), key, **WAYS[way])
    after = asked_of_oss(cloud, "UploadPart")
    parts = reply["parts"]
    assert stored(cloud, key) == bytes_of(key, SIZE)
    assert (parts["count"], reply["proof"]) == (COUNT, ["parts", "object"])
    assert after - middle == COUNT - parts["reused"]
    assert after - before <= COUNT + MOST_AGAIN[way]


@pytest.mark.parametrize("way", WAYS)
def test_url_that_was_signed_anew_goes_on(cloud: LocalCloud, key: str, way: str) -> None:
    """The old URL may have expired: that is what the query is for."""
    parts = killed_when_recorded(cloud, slow_url(cloud, key, way), key, **WAYS[way])
    reply = transferred(cloud, fast_url(cloud, key), key, **WAYS[way])
    assert reply["parts"]["reused"] == len(parts) > 0
    assert stored(cloud, key) == bytes_of(key, SIZE)


def test_event_that_comes_twice_at_once_makes_one_object(cloud: LocalCloud, key: str) -> None:
    """Both replies are good, whoever was faster."""
    event = event_for(cloud, cloud.generated(key, SIZE, "rate:800000"), key, **CHILDREN)
    with ThreadPoolExecutor(2) as callers:
        replies: list[Reply] = [*callers.map(lambda _: replied(cloud, event), range(2))]
    assert {reply["status"] for reply in replies} <= {"copied", "unchanged"}
    assert replies[0]["object"]["crc64"] == replies[1]["object"]["crc64"]
    assert stored(cloud, key) == bytes_of(key, SIZE)


def test_event_that_comes_again_while_it_is_under_way(cloud: LocalCloud, key: str) -> None:
    """The second goes on with the upload of the first, and one of both completes it."""
    slow = event_for(cloud, cloud.generated(key, SIZE, "rate:300000"), key, **ALONE)
    before = asked_of_oss(cloud, "UploadPart")
    with ThreadPoolExecutor(1) as caller:
        first = caller.submit(replied, cloud, slow)
        eventually(lambda: asked_of_oss(cloud, "UploadPart") - before >= STREAMS)
        second = transferred(cloud, fast_url(cloud, key), key, **ALONE)
        assert first.result()["status"] in ("copied", "unchanged")
    assert second["status"] in ("copied", "unchanged")
    assert stored(cloud, key) == bytes_of(key, SIZE)


@pytest.mark.parametrize(
    ("overwrite", "status"),
    [("different", "unchanged"), ("never", "unchanged"), ("always", "copied")],
)
@pytest.mark.parametrize("way", ["by parts", "front to back"])
def test_object_that_becomes_the_source_meanwhile_is_made_once(
    cloud: LocalCloud, key: str, way: str, overwrite: str, status: str
) -> None:
    """Of two who know nothing of each other the slower one gives way, unless told otherwise."""
    # Four seconds either way: by three streams, or by one.
    how = f"rate:{RATE * 2}" if way == "by parts" else f"rate:{RATE * 6},range:ignored"
    url = cloud.generated(key, SIZE, how)
    slow = event_for(cloud, url, key, **ALONE, overwrite=overwrite)
    before = asked_of_oss(cloud, "UploadPart")
    with ThreadPoolExecutor(1) as caller:
        slower = caller.submit(replied, cloud, slow)
        eventually(lambda: asked_of_oss(cloud, "UploadPart") > before)
        faster = transferred(cloud, fast_url(cloud, key), key, metadata={"who": "faster"})
        reply = slower.result()
    assert (faster["status"], reply["status"]) == ("copied", status)
    made_by_faster = "x-oss-meta-who" in headers_of(cloud, key)
    assert made_by_faster == (status == "unchanged")
    assert stored(cloud, key) == bytes_of(key, SIZE)


def test_source_that_has_changed_is_begun_anew(cloud: LocalCloud, key: str) -> None:
    """Not a byte of the old version gets into the object."""
    killed_when_recorded(cloud, slow_url(cloud, key), key, **ALONE)
    reply = transferred(cloud, cloud.generated(key, SIZE, "version:2"), key, **ALONE)
    assert reply["parts"]["reused"] == 0
    second = changed(generated(key.replace("[", "%5B").replace("]", "%5D"), SIZE), 2)
    assert stored(cloud, key) == b"".join(second.read(0, SIZE))
    swept(cloud)


@pytest.mark.parametrize(
    "fields", [{"metadata": {"a": "b"}}, {"content_type": "a/b"}, {"storage_class": "IA"}], ids=str
)
def test_event_that_wants_another_object_is_begun_anew(
    cloud: LocalCloud, key: str, fields: dict[str, object]
) -> None:
    """What an upload was opened with stays, so another has to be opened."""
    killed_when_recorded(cloud, slow_url(cloud, key), key, **ALONE)
    reply = transferred(cloud, fast_url(cloud, key), key, **ALONE, **fields)
    assert reply["parts"]["reused"] == 0
    swept(cloud)


def test_other_target_is_begun_anew(cloud: LocalCloud, key: str) -> None:
    """And the first goes on later, undisturbed."""
    killed_when_recorded(cloud, slow_url(cloud, key), key, **ALONE)
    other = transferred(cloud, fast_url(cloud, key), f"{key}-other", **ALONE)
    assert other["parts"]["reused"] == 0
    assert transferred(cloud, fast_url(cloud, key), key, **ALONE)["parts"]["reused"] > 0


@pytest.mark.parametrize("number", range(len(GARBAGE)))
def test_record_that_makes_no_sense_is_ignored(cloud: LocalCloud, key: str, number: int) -> None:
    """It is as good as none; the upload that it named is for the lifecycle rule."""
    killed_after(cloud, 1, slow_url(cloud, key), key, **ALONE)
    [name] = record_names(cloud)
    cloud.bucket.put_object(name, GARBAGE[number])
    reply = transferred(cloud, fast_url(cloud, key), key, **ALONE)
    assert reply["parts"]["reused"] == 0
    assert stored(cloud, key) == bytes_of(key, SIZE)
    swept(cloud)
    abort_uploads(cloud)


def test_record_that_was_altered_is_ignored(cloud: LocalCloud, key: str) -> None:
    """One digit of a checksum, and nothing in it is believed any more."""
    killed_when_recorded(cloud, slow_url(cloud, key), key, **ALONE)
    [name], [record] = record_names(cloud), records(cloud)
    crc64 = record["parts"][0][3]
    text = stored(cloud, name).replace(str(crc64).encode(), str(crc64 ^ 1).encode())
    cloud.bucket.put_object(name, text)
    reply = transferred(cloud, fast_url(cloud, key), key, **ALONE)
    assert reply["parts"]["reused"] == 0
    assert stored(cloud, key) == bytes_of(key, SIZE)
    swept(cloud)
    abort_uploads(cloud)


def test_record_whose_upload_is_gone_is_ignored(cloud: LocalCloud, key: str) -> None:
    """A lifecycle rule may have been faster."""
    killed_when_recorded(cloud, slow_url(cloud, key), key, **ALONE)
    abort_uploads(cloud)
    reply = transferred(cloud, fast_url(cloud, key), key, **ALONE)
    assert reply["parts"]["reused"] == 0
    assert stored(cloud, key) == bytes_of(key, SIZE)


@pytest.mark.parametrize("recorded", [True, False])
def test_part_that_is_not_the_recorded_one_is_copied_again(
    cloud: LocalCloud, key: str, recorded: bool
) -> None:
    """A wrong part of the right size, planted in the upload, does not get into the object."""
    known = killed_when_recorded(cloud, slow_url(cloud, key), key, **ALONE)
    [record] = records(cloud)
    number = min(known if recorded else {*range(1, COUNT)} - known)
    cloud.bucket.upload_part(key, record["upload_id"], number, b"x" * PART)
    reply = transferred(cloud, fast_url(cloud, key), key, **ALONE)
    assert reply["parts"]["reused"] == len(known) - recorded
    assert stored(cloud, key) == bytes_of(key, SIZE)


def test_abort_that_fails_is_made_up_for_by_the_next_run(cloud: LocalCloud, key: str) -> None:
    """The record stays as long as the upload does, so that it is not forgotten."""
    denied = {"status": 403, "code": "AccessDenied"}
    part_2 = {"operation": "UploadPart", "part": 2, "corrupt_at": 9}
    cloud.faults("oss", [part_2, {"operation": "AbortMultipartUpload", **denied}])
    error = refused(cloud, fast_url(cloud, key), key, **ALONE)
    assert error.error_type == "ChecksumMismatch"
    assert (open_uploads(cloud), len(record_names(cloud))) == ([key], 1)
    assert not exists(cloud, key)
    cloud.faults("oss")
    assert transferred(cloud, fast_url(cloud, key), key, **ALONE)["status"] == "copied"


@pytest.mark.parametrize("way", WAYS)
def test_record_that_cannot_be_written_leaves_no_upload(
    cloud: LocalCloud, key: str, way: str
) -> None:
    """An upload that nobody would find again is not kept."""
    denied = {"status": 403, "code": "AccessDenied"}
    cloud.faults("oss", [{"operation": "PutObject", "key": ".ossferry/*", **denied}])
    error = refused(cloud, fast_url(cloud, key), key, **WAYS[way])
    assert error.error_type == "TargetRefused"
    assert not open_uploads(cloud)


def test_url_that_expires_under_way_goes_on_when_signed_anew(cloud: LocalCloud, key: str) -> None:
    """What was copied until then is kept, and the error says so."""
    expires = time.time() + 4
    url = cloud.generated(key, SIZE, f"rate:{RATE},expires:{expires:.2f}")
    error = refused(cloud, url, key, **ALONE)
    assert error.error_type == "SourceRefused"
    assert "parts are kept" in error.message
    reply = transferred(cloud, fast_url(cloud, key), key, **ALONE)
    assert reply["parts"]["reused"] > 0
    assert stored(cloud, key) == bytes_of(key, SIZE)


def test_duplicate_that_expects_other_bytes_does_not_end_what_is_good(
    cloud: LocalCloud, key: str
) -> None:
    """It fails by itself, and what was kept is still there for the event that is right."""
    parts = killed_when_recorded(cloud, slow_url(cloud, key), key, **ALONE)
    error = refused(cloud, fast_url(cloud, key), key, **ALONE, expected_crc64=1)
    assert error.error_type == "ChecksumMismatch"
    reply = transferred(cloud, fast_url(cloud, key), key, **ALONE)
    assert reply["parts"]["reused"] == len(parts) > 0


def nodes(cloud: LocalCloud, key: str, *turns: int) -> str:
    """Return a source whose ETag turns to another, and back, after so many requests."""
    kinds = ("other", "strong")
    manners = [f"etag:{kinds[n % 2]},after:{turn}" for n, turn in enumerate(turns)]
    return cloud.generated(key, SIZE, *manners)


def test_nodes_that_are_found_to_disagree_only_later_on(cloud: LocalCloud, key: str) -> None:
    """Two looks met the same node; the other one answers when all is under way."""
    reply = transferred(cloud, nodes(cloud, key, 2, 8, 12), key, **ALONE)
    assert reply["source"]["known_by"] == ["last_modified", "size"]
    assert stored(cloud, key) == bytes_of(key, SIZE)


def test_etag_that_does_not_come_back_is_a_change(cloud: LocalCloud, key: str) -> None:
    """Date and size may be the same all the same."""
    error = refused(cloud, nodes(cloud, key, 2), key, **ALONE)
    assert error.error_type == "SourceChanged"
    assert not exists(cloud, key)


@pytest.mark.parametrize("before", ["agreed", "disagreed"])
def test_transfer_from_nodes_that_disagree_goes_on(
    cloud: LocalCloud, key: str, before: str
) -> None:
    """Whether they did so before it broke off, or all that it saw of them was one ETag."""
    url = cloud.generated(key, SIZE, *(["nodes:2"] if before == "disagreed" else []))
    slow = {"operation": "GET", "bytes_per_second": RATE}
    other = {"operation": "GET", "headers": {"ETag": '"other"'}}
    cloud.faults("origin", [slow])
    told = killed_when_recorded(cloud, url, key, **ALONE)
    # The other node, the first one, the other one again, and from then on the first.
    cloud.faults("origin", [{**other, "nth": nth} for nth in (1, 3) if before == "agreed"])
    reply = transferred(cloud, url, key, **ALONE)
    cloud.faults("origin")
    assert reply["source"]["known_by"] == ["last_modified", "size"]
    assert reply["parts"]["reused"] >= len(told) > 0
    assert stored(cloud, key) == bytes_of(key, SIZE)


@pytest.mark.parametrize("overwrite", ["never", "different"])
def test_source_whose_nodes_disagree_is_known_again(
    cloud: LocalCloud, key: str, overwrite: str
) -> None:
    """By size and date, as it was when it was copied."""
    url = cloud.generated(key, SIZE, "nodes:3")
    assert transferred(cloud, url, key, **ALONE)["source"]["known_by"] == ["last_modified", "size"]
    again = replied(cloud, event_for(cloud, url, key, overwrite=overwrite, **ALONE))
    assert again["status"] == "unchanged"
