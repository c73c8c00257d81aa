"""Objects of S3 and COS as sources, from end to end; their keys are shown nowhere."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import oss2
import pytest

from tests.e2e.canary import secrets_in
from tests.e2e.contents import bytes_of
from tests.e2e.interrupted import killed_when_recorded, leaving_nothing, records, told
from tests.e2e.other_clouds import (
    FAR,
    FILMS,
    MIRROR,
    ODD,
    PART,
    REGION,
    SIZE,
    SMALL,
    TRAP,
    OtherClouds,
    other_clouds,
)
from tests.e2e.spotless import staying_spotless
from tests.e2e.transfers import event_for, exists, refused, replied, stored, transferred
from tests.localcloud.client import LocalCloud
from tests.localcloud.faces.face import Face
from tests.localcloud.patience import eventually

CHILDREN = {"part_size": PART, "streams": 3, "max_children": 2}
S3, COS = "s3://media", f"cos://{FILMS}"
AWS = {"credentials": "aws"}
both = pytest.mark.parametrize("store", [S3, COS], ids=["s3", "cos"])


@pytest.fixture(scope="module")
def running() -> Iterator[OtherClouds]:
    with other_clouds() as running:
        yield running


@pytest.fixture
def clouds(running: OtherClouds) -> Iterator[OtherClouds]:
    for face in (running.s3, running.cos, running.late):
        face.faults()
    with staying_spotless(running.cloud):
        yield running


@pytest.fixture
def cloud(clouds: OtherClouds) -> Iterator[LocalCloud]:
    with leaving_nothing(clouds.cloud):
        yield clouds.cloud


def face_of(clouds: OtherClouds, store: str) -> Face:
    return clouds.s3 if store == S3 else clouds.cos


def shown_in_oss(cloud: LocalCloud) -> str:
    """Return all that lies in ossferry's own folder of the bucket."""
    found = oss2.ObjectIterator(cloud.bucket, prefix=".ossferry/")
    return "\n".join(stored(cloud, each.key).decode("utf-8", "replace") for each in found)


@both
@pytest.mark.parametrize(
    ("name", "content"), [("small", SMALL), (ODD, b"odd"), ("empty", b"")], ids=["a", "odd", "0"]
)
def test_an_object_is_copied(
    cloud: LocalCloud, key: str, store: str, name: str, content: bytes
) -> None:
    """By its name alone: the settings know its place and its keys. Sent again, it is there."""
    reply = transferred(cloud, f"{store}/{name}", key)
    assert (reply["status"], stored(cloud, key)) == ("copied", content)
    assert "?" not in reply["source"]["url"]
    assert ("source_crc64" if store == COS else "source_crc64nvme") in reply["proof"]
    assert transferred(cloud, f"{store}/{name}", key)["status"] == "unchanged"


@both
@pytest.mark.parametrize("name", ["large", "parts"])
def test_children_copy_by_urls_that_are_signed_for_them(
    cloud: LocalCloud, key: str, store: str, name: str
) -> None:
    """They need no keys; the report of it all has none."""
    reply = transferred(cloud, f"{store}/{name}", key, **CHILDREN, report=True)
    assert reply["children"]["invocations"] > 0
    assert reply["parts"]["count"] == 24
    assert ("source_crc64" if store == COS else "source_crc64nvme") in reply["proof"]
    assert stored(cloud, key) == bytes_of(name, SIZE)
    shown = stored(cloud, reply["report"]["key"]).decode()
    assert f"/{name}" in shown
    assert not secrets_in(shown, cloud)
    assert "X-Amz" not in shown
    cloud.bucket.delete_object(reply["report"]["key"])


@both
def test_a_transfer_that_was_killed_goes_on_with_a_new_signature(
    clouds: OtherClouds, cloud: LocalCloud, key: str, store: str
) -> None:
    """The same event; what is kept between holds nothing that signs."""
    face = face_of(clouds, store)
    face.behave(f"{store.partition('://')[2]}/slow", "rate:100000")
    parts = killed_when_recorded(cloud, f"{store}/slow", key, **CHILDREN, **AWS)
    kept = shown_in_oss(cloud)
    assert records(cloud)
    assert not secrets_in(kept, cloud)
    assert "X-Amz" not in kept
    assert "q-ak" not in kept
    first = {*clouds.sign_times(face)}
    face.behave(f"{store.partition('://')[2]}/slow")
    reply = transferred(cloud, f"{store}/slow", key, **CHILDREN, **AWS)
    assert reply["parts"]["reused"] == len(parts) > 0
    assert stored(cloud, key) == bytes_of("slow", SIZE)
    assert {*clouds.sign_times(face)} - first


@both
def test_temporary_keys_sign_with_their_token(cloud: LocalCloud, key: str, store: str) -> None:
    """As long as they are good."""
    transferred(cloud, f"{store}/large", key, credentials="Temporary", **CHILDREN)
    assert stored(cloud, key) == bytes_of("large", SIZE)


def test_a_public_bucket_needs_no_keys(clouds: OtherClouds, cloud: LocalCloud, key: str) -> None:
    """What no setting speaks of is asked for as anybody may."""
    transferred(cloud, "s3://open/small", key, source_endpoint=clouds.s3.url)
    assert stored(cloud, key) == SMALL
    error = refused(cloud, "s3://secret/x", f"{key}2", source_endpoint=clouds.s3.url)
    assert error.error_type == "SourceGone"
    assert "no bucket s3://secret" in error.message


@both
@pytest.mark.parametrize(
    ("credentials", "said"),
    [
        ("late", "OSSFERRY_CREDENTIALS_LATE have ended: set new ones"),
        ("ended", "OSSFERRY_CREDENTIALS_ENDED end at 2020-01-01T00:00:00Z: set new ones"),
        ("unknown", "access key of OSSFERRY_CREDENTIALS_UNKNOWN is not known"),
        ("wrong", "secret of OSSFERRY_CREDENTIALS_WRONG is not that of its access key"),
        ("astray", "token of OSSFERRY_CREDENTIALS_ASTRAY does not belong to its keys"),
        ("barred", "keys of OSSFERRY_CREDENTIALS_BARRED may not read"),
    ],
)
def test_keys_that_do_not_open_are_named(
    cloud: LocalCloud, key: str, store: str, credentials: str, said: str
) -> None:
    """By the setting, and what is to be done."""
    error = refused(cloud, f"{store}/small", key, credentials=credentials)
    assert error.error_type == "SourceRefused"
    assert said in error.message
    assert not exists(cloud, key)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"credentials": "unbound"}, "the credentials 'unbound' are not for s3://media"),
        ({"credentials": "nobody"}, "set OSSFERRY_CREDENTIALS_NOBODY"),
        ({"credentials": "aws", "source_endpoint": "http://127.0.0.1:1"}, "are not for s3://media"),
    ],
)
def test_keys_are_used_only_where_the_settings_say(
    clouds: OtherClouds, cloud: LocalCloud, key: str, fields: dict[str, str], said: str
) -> None:
    """Whatever an event asks for: nothing is signed, nobody is asked."""
    before = len(clouds.sign_times(clouds.s3))
    error = refused(cloud, "s3://media/small", key, **fields)
    assert error.error_type == "InvalidEvent"
    assert said in error.message
    assert len(clouds.sign_times(clouds.s3)) == before


@both
def test_keys_that_end_in_the_middle_keep_what_is_done(
    clouds: OtherClouds, cloud: LocalCloud, key: str, store: str
) -> None:
    """With new ones the same event goes on."""
    face, name = face_of(clouds, store), f"{store.partition('://')[2]}/slow"
    good = face.credentials["ASIDLOCAL"]
    face.behave(name, "rate:100000")
    fields = {"credentials": "temporary", **CHILDREN}
    with ThreadPoolExecutor(1) as caller:
        call = caller.submit(refused, cloud, f"{store}/slow", key, **fields)
        eventually(lambda: told(cloud), within=30)
        face.credentials["ASIDLOCAL"] = replace(good, expires=1.0)
        error = call.result()
    face.credentials["ASIDLOCAL"] = good
    face.behave(name)
    assert error.error_type == "SourceRefused"
    assert "OSSFERRY_CREDENTIALS_TEMPORARY have ended: set new ones" in error.message
    reply = transferred(cloud, f"{store}/slow", key, **fields)
    assert reply["parts"]["reused"] > 0
    assert stored(cloud, key) == bytes_of("slow", SIZE)


def test_messages_of_one_event_are_each_copied(cloud: LocalCloud, key: str) -> None:
    """As small as they are, and whoever does them."""
    messages = [
        event_for(cloud, f"{store}/small", f"{key}{n}") for n, store in enumerate((S3, COS))
    ]
    reply = replied(cloud, {"messages": messages})
    assert [each["status"] for each in reply["messages"]] == ["copied"] * 2
    assert [stored(cloud, f"{key}{n}") for n in range(2)] == [SMALL] * 2


@pytest.fixture(scope="module")
def shared_brief() -> Iterator[OtherClouds]:
    with other_clouds(timeout=6) as running:
        yield running


@both
def test_a_hand_over_signs_anew(shared_brief: OtherClouds, key: str, store: str) -> None:
    """The event that is sent on names the object and its keys; URLs are for one invocation."""
    cloud, face = shared_brief.cloud, face_of(shared_brief, store)
    face.behave(f"{store.partition('://')[2]}/slow", "rate:150000")
    with staying_spotless(cloud):
        fields = {"part_size": PART, "streams": 2, "max_children": 0, "credentials": "aws"}
        reply = transferred(cloud, f"{store}/slow", key, **fields)
        assert reply["status"] == "handed_over"
        eventually(lambda: exists(cloud, reply["outcome"]), within=60)
        told_last = stored(cloud, reply["outcome"]).decode()
    assert json.loads(told_last)["status"] == "copied", told_last
    assert not secrets_in(told_last, cloud)
    assert stored(cloud, key) == bytes_of("slow", SIZE)
    assert len({*shared_brief.sign_times(face)}) > 1


@both
def test_an_archived_object_is_restored_elsewhere(cloud: LocalCloud, key: str, store: str) -> None:
    """ossferry does not, and says so."""
    error = refused(cloud, f"{store}/cold", key)
    assert error.error_type == "SourceArchived"
    assert error.message.startswith(f"{store}/cold is archived")
    assert "restore it there" in error.message


def test_what_is_not_there_is_said(cloud: LocalCloud, key: str) -> None:
    """A key, or its bucket."""
    for name, said in (("media/none", "is not there"), ("nowhere/x", "no bucket s3://nowhere")):
        error = refused(cloud, f"s3://{name}", key)
        assert (error.error_type, said in error.message) == ("SourceGone", True)


def test_another_region_is_named(clouds: OtherClouds, cloud: LocalCloud, key: str) -> None:
    """Both where the bucket is elsewhere, and where the signature is for elsewhere."""
    error = refused(cloud, "s3://abroad/x", key)
    assert (error.error_type, f"in the region {FAR}" in error.message) == ("SourceRefused", True)
    error = refused(cloud, "s3://media/small", key, source_region="us-east-2")
    assert (error.error_type, f"in the region {REGION}" in error.message) == (
        "SourceRefused",
        True,
    )


def test_clocks_that_differ_are_named(clouds: OtherClouds, cloud: LocalCloud, key: str) -> None:
    """By minutes or more."""
    error = refused(cloud, "s3://media/small", key, source_endpoint=clouds.late.url)
    assert error.error_type == "SourceRefused"
    assert "its clock and the function's differ" in error.message


def test_s3_is_asked_once_for_what_proves_an_object(
    clouds: OtherClouds, cloud: LocalCloud, key: str
) -> None:
    """By a HEAD, which children do not need; COS tells it with each reply."""
    for store, heads in ((S3, 1), (COS, 0)):
        face = face_of(clouds, store)
        before = len(clouds.sign_times(face, "HEAD"))
        transferred(cloud, f"{store}/large", key, **CHILDREN, overwrite="always")
        assert len(clouds.sign_times(face, "HEAD")) - before == heads


def test_bytes_that_are_not_what_the_store_knows_are_no_object(
    clouds: OtherClouds, cloud: LocalCloud, key: str
) -> None:
    """COS tells the checksum that OSS computes too."""
    clouds.cos.behave(f"{FILMS}/small", "crc64:wrong")
    error = refused(cloud, f"{COS}/small", key)
    clouds.cos.behave(f"{FILMS}/small")
    assert error.error_type == "SourceChanged"
    assert "the source says its CRC64 is" in error.message
    assert not exists(cloud, key)


def test_a_bucket_that_sends_elsewhere_is_followed(
    clouds: OtherClouds, cloud: LocalCloud, key: str
) -> None:
    """As far as the rules of addresses let anybody."""
    transferred(cloud, f"cos://{MIRROR}/small", key, source_endpoint=clouds.mirror.url)
    assert stored(cloud, key) == SMALL
    error = refused(cloud, f"cos://{TRAP}/small", f"{key}2", source_endpoint=clouds.trap.url)
    assert error.error_type == "SourceRefused"
    assert "100.100.100.200" in error.message
