"""Buckets of another account, from end to end, by a role whose keys are shown nowhere."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.e2e.canary import secrets_in
from tests.e2e.contents import bytes_of
from tests.e2e.interrupted import leaving_nothing
from tests.e2e.other_accounts import (
    BARRED,
    CLOSED,
    NONE,
    OURS,
    ROLE,
    THEIRS,
    OtherAccounts,
    other_accounts,
)
from tests.e2e.spotless import staying_spotless
from tests.e2e.transfers import (
    Reply,
    event_for,
    exists,
    failed,
    refused,
    replied,
    stored,
    transferred,
)
from tests.localcloud.client import LocalCloud
from tests.localcloud.patience import eventually

PART = 100 * 1024
SIZE = 24 * PART - 1
CHILDREN = {"part_size": PART, "streams": 2, "max_children": 2}
ALONE = {"part_size": PART, "streams": 3, "max_children": 0}
SLOW = 100_000  # bytes per second of each stream
SMALL = b"small" * 100


@pytest.fixture(scope="module")
def running() -> Iterator[OtherAccounts]:
    with other_accounts() as running:
        running.bucket.put_object("small", SMALL)
        running.bucket.put_object("large", bytes_of("large", SIZE))
        yield running


@pytest.fixture
def accounts(running: OtherAccounts) -> Iterator[OtherAccounts]:
    running.lifetime(None)
    running.sts.asked.clear()
    with staying_spotless(running.cloud):
        yield running
        running.cloud.faults("oss")


@pytest.fixture
def cloud(accounts: OtherAccounts) -> Iterator[LocalCloud]:
    with leaving_nothing(accounts.cloud):
        yield accounts.cloud


def to_them(cloud: LocalCloud, url: str, key: str, **fields: object) -> Reply:
    """Return the reply of a transfer into their bucket."""
    return replied(cloud, event_for(cloud, url, key, target_bucket_name=THEIRS, **fields))


def content(accounts: OtherAccounts, key: str) -> bytes:
    """Return the bytes of an object of theirs; nothing but objects is left there."""
    names = [each.key for each in accounts.bucket.list_objects_v2(".ossferry/").object_list]
    assert names == []
    assert not accounts.bucket.list_multipart_uploads().upload_list
    found: bytes = accounts.bucket.get_object(key).read()
    return found


@pytest.mark.parametrize(("name", "size"), [("small", 500), ("large", SIZE)])
def test_an_object_of_theirs_is_copied(
    accounts: OtherAccounts, cloud: LocalCloud, key: str, name: str, size: int
) -> None:
    """By its name; the children of a transfer have signed URLs, and ask for no keys."""
    reply = transferred(cloud, f"oss://{THEIRS}/{name}", key, **CHILDREN, report=True)
    assert reply["object"]["size"] == size
    assert stored(cloud, key) == accounts.bucket.get_object(name).read()
    assert "copied_by_oss" not in reply["proof"]
    assert (reply["children"]["invocations"] > 0) == (name == "large")
    assert len(accounts.sts.asked) == 1
    assert accounts.sts.asked[0].session.startswith("ossferry-")
    assert not secrets_in(stored(cloud, reply["report"]["key"]).decode(), cloud)
    cloud.bucket.delete_object(reply["report"]["key"])
    assert transferred(cloud, f"oss://{THEIRS}/{name}", key)["status"] == "unchanged"


@pytest.mark.parametrize("fields", [{}, CHILDREN, ALONE], ids=["default", "children", "alone"])
def test_an_object_becomes_theirs(
    accounts: OtherAccounts, cloud: LocalCloud, key: str, fields: dict[str, int]
) -> None:
    """Each child that is asked finds the record of it with the role, and the record is theirs."""
    url = cloud.generated("becomes", SIZE)
    reply = to_them(cloud, url, key, **fields)
    assert reply["status"] == "copied"
    assert content(accounts, key) == bytes_of("becomes", SIZE)
    assert not exists(cloud, key)
    assert {each.role for each in accounts.sts.asked} == {ROLE}


def test_oss_copies_only_where_one_may_do_both(
    accounts: OtherAccounts, cloud: LocalCloud, key: str
) -> None:
    """Within their account; between two accounts the bytes go through the function."""
    within = to_them(cloud, f"oss://{THEIRS}/large", key)
    assert "copied_by_oss" in within["proof"]
    assert content(accounts, key) == bytes_of("large", SIZE)
    cloud.bucket.put_object(f"{key}-ours", bytes_of("ours", SIZE))
    between = to_them(cloud, f"oss://{OURS}/{key}-ours", f"{key}-2", **CHILDREN)
    assert "copied_by_oss" not in between["proof"]
    assert content(accounts, f"{key}-2") == bytes_of("ours", SIZE)


# Shorter than the copying, and than what a child is given before anybody knows how slow it is.
ENDING = pytest.mark.parametrize(
    ("fields", "lifetime", "size"),
    [(CHILDREN, 5, 30 * PART), (ALONE, 4, 18 * PART)],
    ids=["children", "alone"],
)


@ENDING
def test_keys_of_the_source_end_in_the_middle(
    accounts: OtherAccounts,
    cloud: LocalCloud,
    key: str,
    fields: dict[str, int],
    lifetime: int,
    size: int,
) -> None:
    """And others are there before that: nothing fails for it."""
    accounts.lifetime(lifetime)
    accounts.bucket.put_object("slow", bytes_of(key, size))
    cloud.faults("oss", [{"operation": "GetObject", "key": "slow", "bytes_per_second": SLOW}])
    reply = transferred(cloud, f"oss://{THEIRS}/slow", key, **fields)
    cloud.faults("oss")
    assert reply["seconds"]["copy"] > lifetime
    assert len(accounts.sts.asked) >= 2
    assert reply["parts"]["reused"] == 0
    assert stored(cloud, key) == bytes_of(key, size)


@ENDING
def test_keys_of_the_target_end_in_the_middle(
    accounts: OtherAccounts,
    cloud: LocalCloud,
    key: str,
    fields: dict[str, int],
    lifetime: int,
    size: int,
) -> None:
    """Parts, records and the completion are asked for with those that are good then."""
    accounts.lifetime(lifetime)
    reply = to_them(cloud, cloud.generated(key, size, f"rate:{SLOW}"), key, **fields)
    assert reply["seconds"]["copy"] > lifetime
    assert len(accounts.sts.asked) >= 2
    assert content(accounts, key) == bytes_of(key, size)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("closed", f"{CLOSED} does not trust the function's role: let the trust policy"),
        ("barred", f"allow the function's role sts:AssumeRole on {BARRED}"),
        ("none", f"there is no role {NONE}: create it"),
    ],
)
def test_a_role_that_cannot_be_assumed_is_named(
    cloud: LocalCloud, key: str, name: str, said: str
) -> None:
    """For a source as for a target, with what is to be done about it."""
    error = refused(cloud, f"oss://{THEIRS}/small", key, credentials=name)
    assert error.error_type == "SourceRefused"
    assert said in error.message
    url = cloud.generated("small", 100)
    error = failed(cloud, event_for(cloud, url, key, target_bucket_name=f"{name}-films"))
    assert error.error_type == "TargetRefused"
    assert said in error.message


def test_a_role_opens_nothing_but_its_buckets(
    accounts: OtherAccounts, cloud: LocalCloud, key: str
) -> None:
    """Whoever asks for another one is refused: by the settings, or by OSS."""
    cloud.bucket.put_object(key, SMALL)
    error = refused(cloud, f"oss://{OURS}/{key}", f"{key}-2", credentials="them")
    assert error.error_type == "InvalidEvent"
    assert f"'them' are not for oss://{OURS} in cn-hangzhou" in error.message
    assert accounts.sts.asked == []
    error = refused(cloud, f"oss://{THEIRS}/small", f"{key}-2", credentials="idle")
    assert error.error_type == "SourceRefused"
    error = refused(cloud, "oss://their-music/small", f"{key}-2")
    assert error.error_type in ("SourceRefused", "SourceGone")
    url = cloud.generated("small", 100)
    error = failed(cloud, event_for(cloud, url, key, target_bucket_name="their-music"))
    assert error.error_type == "TargetRefused"


def test_small_messages_are_copied_at_once(
    accounts: OtherAccounts, cloud: LocalCloud, key: str
) -> None:
    """Both ways; all streams of the instance share the keys."""
    cloud.bucket.put_object(f"{key}-ours", SMALL)
    messages = [
        event_for(cloud, f"oss://{THEIRS}/small", f"{key}0"),
        event_for(cloud, f"oss://{THEIRS}/small", f"{key}1", credentials="them"),
        event_for(cloud, f"oss://{OURS}/{key}-ours", f"{key}2", target_bucket_name=THEIRS),
        event_for(cloud, f"oss://{THEIRS}/small", f"{key}3", target_bucket_name=THEIRS),
    ]
    reply = replied(cloud, {"messages": messages})
    assert [each["status"] for each in reply["messages"]] == ["copied"] * 4
    assert [stored(cloud, f"{key}{n}") for n in (0, 1)] == [SMALL] * 2
    assert [content(accounts, f"{key}{n}") for n in (2, 3)] == [SMALL] * 2
    assert len(accounts.sts.asked) == 1


@pytest.mark.parametrize("both", [False, True], ids=["to ours", "within theirs"])
def test_a_prefix_of_theirs_is_copied(accounts: OtherAccounts, key: str, both: bool) -> None:
    """Children open its bucket themselves; what is listed, copied and on record is right."""
    cloud = accounts.cloud
    for n in range(8):
        accounts.bucket.put_object(f"{key}/in/{n}", f"{n}".encode())
    event: dict[str, Any] = {
        "kind": "bulk",
        "source": f"oss://{THEIRS}/{key}/in/",
        "target_region": cloud.region,
        "target_bucket_name": THEIRS if both else OURS,
        "target_prefix": f"{key}/out/",
    }
    reply = replied(cloud, event)
    assert (reply["status"], reply["copied"]) == ("completed", 8)
    bucket = accounts.bucket if both else cloud.bucket
    assert [bucket.get_object(f"{key}/out/{n}").read() for n in range(8)] == [
        f"{n}".encode() for n in range(8)
    ]
    shown = "".join(
        bucket.get_object(each.key).read().decode()
        for each in bucket.list_objects_v2(".ossferry/").object_list
    )
    assert not secrets_in(shown, cloud)
    for each in bucket.list_objects_v2(".ossferry/").object_list:
        bucket.delete_object(each.key)


def test_a_hand_over_assumes_the_role_anew(key: str) -> None:
    """Each invocation for itself; what is handed over holds no keys."""
    with other_accounts(timeout=6) as accounts, staying_spotless(accounts.cloud):
        cloud = accounts.cloud
        accounts.bucket.put_object("slow", bytes_of("slow", SIZE))
        rule = {"operation": "GetObject", "key": "slow", "bytes_per_second": 150_000}
        cloud.faults("oss", [rule])
        fields = {**ALONE, "streams": 2, "credentials": "them"}
        reply = transferred(cloud, f"oss://{THEIRS}/slow", key, **fields)
        assert reply["status"] == "handed_over"
        eventually(lambda: exists(cloud, reply["outcome"]), within=60)
        told_last = stored(cloud, reply["outcome"]).decode()
        assert json.loads(told_last)["status"] == "copied", told_last
        assert not secrets_in(told_last, cloud)
        assert stored(cloud, key) == bytes_of("slow", SIZE)
        assert len({each.session for each in accounts.sts.asked}) > 1


def test_what_may_be_written_is_judged_as_ever(key: str) -> None:
    """A role of another account opens no target that the operator has not named."""
    env = {"OSSFERRY_ALLOW_TARGETS": f"{OURS}, {THEIRS}/in/"}
    with other_accounts(env) as accounts, staying_spotless(accounts.cloud):
        cloud = accounts.cloud
        url = cloud.generated("a", 100)
        error = failed(cloud, event_for(cloud, url, key, target_bucket_name=THEIRS))
        assert "OSSFERRY_ALLOW_TARGETS" in error.message
        assert accounts.sts.asked == []
        to_them(cloud, url, f"in/{key}")
        assert content(accounts, f"in/{key}") == bytes_of("a", 100)
