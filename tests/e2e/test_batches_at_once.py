"""The small messages of one event are copied many at once, and each is what a transfer makes."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.e2e.bulk_jobs import keys_below
from tests.e2e.canary import secrets_in
from tests.e2e.conftest import TRIGGER_PREFIX
from tests.e2e.contents import bytes_of
from tests.e2e.interrupted import asked_of_oss, kill_coordinator, record_names
from tests.e2e.spotless import staying_spotless
from tests.e2e.transfers import (
    Reply,
    bucket_named,
    event_for,
    exists,
    failed,
    headers_of,
    replied,
    stored,
    transferred,
)
from tests.e2e.watched import ARRIVALS, entry
from tests.localcloud.client import FunctionError, LocalCloud, started
from tests.localcloud.patience import eventually

MIB = 1024 * 1024
SMALL = 1000
SETTINGS = {
    "OSSFERRY_TARGET_BUCKET": "ossferry-local",
    "OSSFERRY_TARGET_PREFIX": TRIGGER_PREFIX,
}


@pytest.fixture(scope="module")
def shared_hasty_cloud() -> Iterator[LocalCloud]:
    """A cloud whose function has little time."""
    with started(timeout=6, env=SETTINGS) as running:
        yield running


@pytest.fixture
def hasty_cloud(shared_hasty_cloud: LocalCloud) -> Iterator[LocalCloud]:
    """The same, to be left spotless."""
    with staying_spotless(shared_hasty_cloud):
        yield shared_hasty_cloud


def source(cloud: LocalCloud, key: str, number: int, *behaviours: str, size: int = SMALL) -> str:
    return cloud.generated(key, size, *behaviours, name=str(number))


def below(cloud: LocalCloud, key: str) -> dict[str, Any]:
    """Return what the origin was asked for the sources of a test."""
    return cloud.origin_requests(f"{cloud.origin}/random/{key}/")


def times_asked(cloud: LocalCloud, key: str) -> Counter[int]:
    """Return how often each source of a test was asked for, by its number."""
    return Counter(int(each["path"].rpartition("/")[2]) for each in below(cloud, key)["requests"])


def sent(cloud: LocalCloud, *messages: object) -> Reply:
    """Return the reply to a list of messages; it shows no secret."""
    return replied(cloud, {"messages": list(messages)})


def statuses(reply: Reply) -> list[str]:
    return [each["status"] for each in reply["messages"]]


def test_many_small_sources_are_copied_at_once(cloud: LocalCloud, key: str) -> None:
    """From a source that thinks for 100 ms about each, which costs 20 s one by one. Each is asked
    for once, and each reply is as that of a transfer."""
    urls = [source(cloud, key, n, "delay:0.1") for n in range(200)]
    events = [event_for(cloud, url, f"{key}/{n}") for n, url in enumerate(urls)]
    reply = sent(cloud, *events)
    assert statuses(reply) == ["copied"] * 200
    assert [each["index"] for each in reply["messages"]] == [*range(200)]
    assert [each["object"]["key"] for each in reply["messages"]] == [
        f"{key}/{n}" for n in range(200)
    ]
    assert below(cloud, key)["peak"] >= 12
    assert times_asked(cloud, key) == Counter(range(200))
    assert {stored(cloud, f"{key}/{n}") for n in range(200)} == {bytes_of(key, SMALL)}

    alone = transferred(cloud, urls[0], f"{key}/alone")
    for name in ("index", "key"):
        alone[name] = None
    told = reply["messages"][0]
    assert told.keys() == alone.keys()
    for name in ("parts", "children", "proof", "source"):
        assert told[name] == alone[name]
    assert told["object"] == {**alone["object"], "key": f"{key}/0"}
    assert {"read", "copy", "total"} <= told["seconds"].keys() <= {*alone["seconds"], "probe"}
    same = {"Content-Length", "x-oss-hash-crc64ecma", "x-oss-meta-ossferry-source", "ETag"}
    one, other = (headers_of(cloud, f"{key}/{each}") for each in ("0", "alone"))
    assert [one[name] for name in same] == [other[name] for name in same]
    assert not [name for name in record_names(cloud) if "/outcomes/" not in name]

    assert statuses(sent(cloud, *events)) == ["unchanged"] * 200
    assert transferred(cloud, urls[0], f"{key}/0")["status"] == "unchanged"


def test_never_holds_and_is_told_as_by_a_transfer(cloud: LocalCloud, key: str) -> None:
    """What is there already and is the source is unchanged; what is another object stays."""
    urls = [source(cloud, key, n) for n in range(6)]
    events = [event_for(cloud, url, f"{key}/{n}", overwrite="never") for n, url in enumerate(urls)]
    cloud.bucket.put_object(f"{key}/5", b"another")
    first, again = sent(cloud, *events[:5]), replied(cloud, {"messages": events})
    assert (statuses(first), statuses(again)[:5]) == (["copied"] * 5, ["unchanged"] * 5)
    refused = again["messages"][5]
    assert (refused["error_type"], refused["index"]) == ("ObjectExists", 5)
    assert stored(cloud, f"{key}/5") == b"another"


def test_versioned_buckets_are_warned_of_as_by_a_transfer(cloud: LocalCloud, key: str) -> None:
    """OSS guards ``never`` less there."""
    events = [
        event_for(cloud, source(cloud, key, n), f"{key}/{n}", overwrite="never") for n in range(3)
    ]
    cloud.faults("oss", [{"operation": "GetBucketVersioning", "status": 403}])
    warnings = [each["warnings"] for each in sent(cloud, *events[:2])["messages"]]
    alone = replied(cloud, events[2])
    cloud.faults("oss")
    assert warnings == [alone["warnings"]] * 2


def test_those_that_fail_are_told_of_with_their_place_and_stop_no_other(
    cloud: LocalCloud, key: str
) -> None:
    """Whether it is certain at once, or a transfer has to try it."""
    bad = {3: "status:404", 5: "status:403", 8: "crc64:wrong"}
    events = [
        event_for(cloud, source(cloud, key, n, *([bad[n]] if n in bad else [])), f"{key}/{n}")
        for n in range(12)
    ]
    reply = sent(cloud, *events)
    told = [each for each in reply["messages"] if each["status"] == "failed"]
    assert [(each["index"], each["key"], each["error_type"]) for each in told] == [
        (3, f"{key}/3", "SourceGone"),
        (5, f"{key}/5", "SourceRefused"),
        (8, f"{key}/8", "SourceChanged"),
    ]
    assert all(each["resent"] for each in told)
    assert [exists(cloud, f"{key}/{n}") for n in range(12)] == [n not in bad for n in range(12)]
    eventually(lambda: not any(each["busy"] for each in cloud.instances()))


def test_messages_for_one_object_keep_their_order(cloud: LocalCloud, key: str) -> None:
    """The last one is what is there in the end; the others need not wait for it."""
    sizes = [SMALL + n for n in range(8)]
    same = [
        event_for(
            cloud, source(cloud, key, n, "delay:0.2", size=size), f"{key}/same", overwrite="always"
        )
        for n, size in enumerate(sizes)
    ]
    others = [event_for(cloud, source(cloud, key, n), f"{key}/{n}") for n in range(8, 16)]
    chain = event_for(cloud, f"oss://{cloud.bucket_name}/{key}/same", f"{key}/chained")
    reply = sent(cloud, *same, *others, chain)
    assert statuses(reply) == ["copied"] * 17
    assert len(stored(cloud, f"{key}/same")) == sizes[-1]
    assert len(stored(cloud, f"{key}/chained")) == sizes[-1]


def test_large_sources_among_small_ones_are_transfers(cloud: LocalCloud, key: str) -> None:
    """With parts; what is small is through before them."""
    events = [
        event_for(
            cloud, source(cloud, key, n, size=9 * MIB if n in (0, 7) else SMALL), f"{key}/{n}"
        )
        for n in range(10)
    ]
    reply = sent(cloud, *events)
    assert statuses(reply) == ["copied"] * 10
    counts = [each["parts"]["count"] for each in reply["messages"]]
    assert [n for n, count in enumerate(counts) if count] == [0, 7]
    assert stored(cloud, f"{key}/7") == bytes_of(key, 9 * MIB)
    assert not [name for name in record_names(cloud) if "/outcomes/" not in name]


def test_many_of_the_largest_that_are_small_fit_into_the_instance(
    cloud: LocalCloud, key: str
) -> None:
    """Of 8 MiB each, as many at once as there are: the cloud is looked at for what it needed."""
    size = 8 * MIB
    events = [event_for(cloud, source(cloud, key, n, size=size), f"{key}/{n}") for n in range(20)]
    assert statuses(sent(cloud, *events)) == ["copied"] * 20
    assert len(stored(cloud, f"{key}/19")) == size


def test_objects_that_arrive_together_are_copied_by_oss_itself(
    hasty_cloud: LocalCloud, key: str
) -> None:
    """Within a region, with their headers, metadata and proof; no byte passes the function."""
    cloud, names = hasty_cloud, [f"{key}/{n}" for n in range(60)]
    arrivals = bucket_named(cloud, ARRIVALS)
    arrivals.create_bucket()
    for name in names:
        headers = {"Content-Type": "text/x-arrived", "x-oss-meta-mine": "kept"}
        arrivals.put_object(name, name.encode(), headers=headers)
    before = asked_of_oss(cloud, "CopyObject"), asked_of_oss(cloud, "PutObject")
    reply = replied(cloud, {"events": [*map(entry, names)]})
    assert statuses(reply) == ["copied"] * 60
    assert asked_of_oss(cloud, "CopyObject") - before[0] == 60
    assert asked_of_oss(cloud, "PutObject") == before[1]
    for name in names:
        assert stored(cloud, TRIGGER_PREFIX + name) == name.encode()
    headers = dict(headers_of(cloud, TRIGGER_PREFIX + names[0]))
    assert (headers["Content-Type"], headers["x-oss-meta-mine"]) == ("text/x-arrived", "kept")
    assert headers["x-oss-meta-ossferry-source"]

    arrivals.put_object(f"{key}/alone", b"alone")
    alone = replied(cloud, {"events": [entry(f"{key}/alone")]})["messages"][0]
    told = reply["messages"][0]
    assert told.keys() == alone.keys()
    assert told["proof"] == alone["proof"] == ["copied_by_oss", "object", "source_crc64"]
    assert told["source"].keys() == alone["source"].keys()
    assert told["source"]["known_by"] == alone["source"]["known_by"]
    assert told["source"]["url"] == alone["source"]["url"].replace("alone", "0")
    again = replied(cloud, {"events": [*map(entry, names)]})
    assert statuses(again) == ["unchanged"] * 60
    arrivals.batch_delete_objects([*names, f"{key}/alone"])
    arrivals.delete_bucket()


# Time.


def test_a_source_that_stalls_does_not_hold_up_the_others(
    hasty_cloud: LocalCloud, key: str
) -> None:
    """They are done in the first invocation; it goes on alone, and no other is done again."""
    cloud = hasty_cloud
    events = [
        event_for(
            cloud, source(cloud, key, n, *(["stall:500"] if n in (0, 20) else [])), f"{key}/{n}"
        )
        for n in range(40)
    ]
    reply = sent(cloud, *events)
    assert reply["status"] == "handed_over"
    assert [each["index"] for each in reply["messages"]] == [n for n in range(40) if n % 20]
    assert {*statuses(reply)} == {"copied"}
    eventually(lambda: exists(cloud, reply["outcome"]), within=60)
    asked = times_asked(cloud, key)
    assert {n for n, times in asked.items() if times > 1} <= {0, 20}
    eventually(lambda: not any(each["busy"] for each in cloud.instances()), within=60)


def test_what_is_left_when_time_is_up_goes_on_in_as_many_events_as_it_takes(
    hasty_cloud: LocalCloud, key: str
) -> None:
    """Nothing that is done is done again, and nothing is lost; each event has an outcome."""
    cloud = hasty_cloud
    pad = "x" * 3000
    urls = [f"{source(cloud, key, n, 'delay:1.0')}&pad={pad}" for n in range(240)]
    events = [event_for(cloud, url, f"{key}/{n}") for n, url in enumerate(urls)]
    reply = replied(cloud, {"messages": events})
    assert reply["status"] == "handed_over"
    done = {each["index"] for each in reply["messages"]}
    assert 12 <= len(done) < 200
    assert len(reply["outcomes"]) == len({*reply["outcomes"]}) >= 2
    names: list[str] = reply["outcomes"]
    eventually(lambda: all(exists(cloud, name) for name in names), within=60)
    outcomes = [json.loads(stored(cloud, name)) for name in names]
    told = [each for outcome in outcomes for each in outcome["messages"]]
    assert {each["status"] for each in told} <= {"copied", "unchanged"}
    assert all(exists(cloud, f"{key}/{n}") for n in range(240))
    asked = times_asked(cloud, key)
    assert {asked[n] for n in done} == {1}
    assert max(asked.values()) <= 3


def test_a_batch_that_is_killed_copies_only_the_rest_when_it_comes_again(
    cloud: LocalCloud, key: str
) -> None:
    """What is there is found, and not written again."""
    slow = [source(cloud, key, n, "delay:1" if n < 20 else "delay:4") for n in range(60)]
    events = [event_for(cloud, url, f"{key}/{n}") for n, url in enumerate(slow)]
    with ThreadPoolExecutor(1) as caller:
        call = caller.submit(cloud.invoke, {"messages": events})
        eventually(lambda: exists(cloud, f"{key}/0"), within=30)
        there = set(map(int, keys_below(cloud, f"{key}/")))
        assert kill_coordinator(cloud)
        with pytest.raises(FunctionError, match="exited unexpectedly"):
            call.result()
    assert 0 < len(there) < 60
    eventually(lambda: not any(each["busy"] for each in cloud.instances()))
    reply = sent(cloud, *events)
    unchanged = {n for n, status in enumerate(statuses(reply)) if status == "unchanged"}
    assert there <= unchanged
    assert {*statuses(reply)} == {"copied", "unchanged"}
    assert not [name for name in record_names(cloud) if "/outcomes/" not in name]


def test_a_message_that_is_too_large_to_be_sent_on_says_what_to_do(
    cloud: LocalCloud, key: str
) -> None:
    """It is of no use to try again what can never be sent; the other one is done."""
    events = [
        event_for(cloud, source(cloud, key, 1), f"{key}/1", unknown="x" * 200_000),
        event_for(cloud, source(cloud, key, 2), f"{key}/2"),
    ]
    error = failed(cloud, {"messages": events})
    assert error.error_type == "BatchFailed"
    assert "131,072 bytes" in error.message
    assert "put what it asks for in a list in OSS (kind bulk)" in error.message
    assert not secrets_in(error.message, cloud)
    assert exists(cloud, f"{key}/2")
