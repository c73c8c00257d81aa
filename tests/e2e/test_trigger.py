"""An object that arrives in a watched bucket becomes one in the target bucket."""

from __future__ import annotations

from collections.abc import Iterator

import oss2
import pytest

from tests.e2e.conftest import TRIGGER_PREFIX
from tests.e2e.contents import bytes_of
from tests.e2e.transfers import bucket_named, exists, failed, headers_of, replied, stored
from tests.e2e.watched import ARRIVALS, entry
from tests.localcloud.client import LocalCloud

SIZE = 9 * 1024 * 1024
AWKWARD = (
    "plain.bin",
    "with spaces  and a trailing one ",
    "ключ/鍵/🛶.bin",
    "plus+sign",
    "percent%sign",
    "percent%20escape%2Fin the name",
    "question?hash#ampersand&quote\"'",
    ".leading/dot\\backslash",
)


@pytest.fixture
def arrivals(eager_cloud: LocalCloud) -> Iterator[oss2.Bucket]:
    """A second bucket, which the trigger watches."""
    bucket = bucket_named(eager_cloud, ARRIVALS)
    bucket.create_bucket()
    yield bucket
    found = [each.key for each in oss2.ObjectIterator(bucket)]
    if found:
        bucket.batch_delete_objects(found)
    bucket.delete_bucket()


@pytest.mark.parametrize("key", AWKWARD)
def test_object_that_arrives_is_copied(
    eager_cloud: LocalCloud, arrivals: oss2.Bucket, key: str
) -> None:
    """Its key follows the prefix of the settings, whatever characters it has."""
    arrivals.put_object(key, key.encode(), headers={"Content-Type": "text/x-arrived"})
    reply = replied(eager_cloud, {"events": [entry(key)]})
    assert [each["status"] for each in reply["messages"]] == ["copied"]
    assert stored(eager_cloud, TRIGGER_PREFIX + key) == key.encode()
    assert headers_of(eager_cloud, TRIGGER_PREFIX + key)["Content-Type"] == "text/x-arrived"


@pytest.mark.parametrize(
    ("said", "key"), [("sp%20ace%2B%E9%8D%B5", "sp ace+鍵"), ("form+encoded", "form encoded")]
)
def test_key_that_comes_encoded_is_found(
    eager_cloud: LocalCloud, arrivals: oss2.Bucket, said: str, key: str
) -> None:
    """Where no object has the key as it came, the decoded key is meant."""
    arrivals.put_object(key, b"found")
    reply = replied(eager_cloud, {"events": [entry(said)]})
    assert reply["messages"][0]["object"]["key"] == TRIGGER_PREFIX + key
    assert stored(eager_cloud, TRIGGER_PREFIX + key) == b"found"


def test_key_as_it_came_goes_first(eager_cloud: LocalCloud, arrivals: oss2.Bucket) -> None:
    """An object that is really named so is not mistaken for the decoded one."""
    arrivals.put_object("first%20", b"literal")
    arrivals.put_object("first ", b"decoded")
    replied(eager_cloud, {"events": [entry("first%20")]})
    assert stored(eager_cloud, f"{TRIGGER_PREFIX}first%20") == b"literal"
    assert not exists(eager_cloud, f"{TRIGGER_PREFIX}first ")


def test_large_object_is_copied_and_proven(eager_cloud: LocalCloud, arrivals: oss2.Bucket) -> None:
    """Of more than one part as well; the CRC64 that OSS has of the source is a proof."""
    arrivals.put_object("large", bytes_of("large", SIZE))
    reply = replied(eager_cloud, {"events": [entry("large")]})["messages"][0]
    assert stored(eager_cloud, f"{TRIGGER_PREFIX}large") == bytes_of("large", SIZE)
    assert {"object", "source_crc64"} <= set(reply["proof"])


def test_event_that_is_delivered_twice_copies_once(
    eager_cloud: LocalCloud, arrivals: oss2.Bucket
) -> None:
    """Delivery is at least once; the second time finds the object."""
    arrivals.put_object("twice", b"twice")
    event = {"events": [entry("twice")]}
    replies = [replied(eager_cloud, event)["messages"][0] for _ in range(2)]
    assert [each["status"] for each in replies] == ["copied", "unchanged"]


def test_several_entries_are_all_done(eager_cloud: LocalCloud, arrivals: oss2.Bucket) -> None:
    """One event may tell of many objects; what says nothing of a new object is counted."""
    keys = [f"several/{number}" for number in range(5)]
    for key in keys:
        arrivals.put_object(key, key.encode())
    removed = entry("several/gone", name="ObjectRemoved:DeleteObject")
    reply = replied(eager_cloud, {"events": [*map(entry, keys), removed]})
    assert (reply["status"], reply["ignored"]) == ("done", 1)
    assert [stored(eager_cloud, TRIGGER_PREFIX + key) for key in keys] == [
        key.encode() for key in keys
    ]


@pytest.mark.parametrize("key", ["arrived/again", "arrived/", "arrived/arrived/x"])
def test_object_that_the_trigger_itself_wrote_is_refused(eager_cloud: LocalCloud, key: str) -> None:
    """Copying what was copied would loop, so it is InvalidEvent, and nothing is written."""
    eager_cloud.bucket.put_object(key, b"copied before")
    error = failed(eager_cloud, {"events": [entry(key, bucket=eager_cloud.bucket_name)]})
    assert error.error_type == "InvalidEvent"
    assert "loop" in error.message
    assert not exists(eager_cloud, TRIGGER_PREFIX + key)


def test_other_objects_of_the_target_bucket_are_copied(eager_cloud: LocalCloud) -> None:
    """Within one bucket, what is outside of the prefix cannot loop."""
    eager_cloud.bucket.put_object("outside", b"outside")
    replied(eager_cloud, {"events": [entry("outside", bucket=eager_cloud.bucket_name)]})
    assert stored(eager_cloud, f"{TRIGGER_PREFIX}outside") == b"outside"


@pytest.mark.parametrize("entries", [[], "text", {}, None, 7])
def test_event_without_entries_is_refused(eager_cloud: LocalCloud, entries: object) -> None:
    """``events`` has to be a list with something in it."""
    error = failed(eager_cloud, {"events": entries})
    assert error.error_type == "InvalidEvent"
    assert error.message.startswith("events")


def test_entry_that_names_no_object_is_refused(eager_cloud: LocalCloud) -> None:
    """An entry without its key says what is missing."""
    broken = {**entry("x"), "oss": {"bucket": {"name": ARRIVALS}}}
    error = failed(eager_cloud, {"events": [broken]})
    assert error.error_type == "InvalidEvent"
    assert "oss.object.key" in error.message
