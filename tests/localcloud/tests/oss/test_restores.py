"""Frozen objects: refused until they are restored, for as long as they are restored."""

from __future__ import annotations

from collections.abc import Iterator
from email.utils import parsedate_to_datetime

import oss2
import pytest
from oss2.models import RestoreConfiguration, RestoreJobParameters

from tests.peers.oss_service import OssService, refusal, running

HOUR = 3600
DAY = 24 * HOUR
FROZEN = ["Archive", "ColdArchive", "DeepColdArchive"]


@pytest.fixture(scope="module")
def oss() -> Iterator[OssService]:
    with running() as service:
        yield service


def put(oss: OssService, storage_class: str, key: str = "frozen") -> None:
    oss.bucket().put_object(key, b"frozen", headers={"x-oss-storage-class": storage_class})


def restore(oss: OssService, days: int = 1, tier: str | None = None) -> int:
    job = RestoreJobParameters(tier) if tier is not None else None
    config = RestoreConfiguration(days, job)
    return int(oss.bucket().restore_object("frozen", input=config).status)


def is_readable(oss: OssService) -> bool:
    try:
        return bool(oss.bucket().get_object("frozen").read() == b"frozen")
    except oss2.exceptions.ServerError as error:
        if error.code != "InvalidObjectState":
            raise
        return False


@pytest.mark.parametrize("storage_class", FROZEN)
def test_a_frozen_object_tells_of_itself_but_not_its_bytes(
    oss: OssService, storage_class: str
) -> None:
    """HEAD, list and delete work; GET and being copied do not."""
    put(oss, storage_class)
    bucket = oss.bucket()
    head = bucket.head_object("frozen")
    assert head.headers["x-oss-storage-class"] == storage_class
    assert "x-oss-restore" not in head.headers
    assert not is_readable(oss)
    with pytest.raises(oss2.exceptions.ServerError) as error:
        bucket.copy_object(bucket.bucket_name, "frozen", "thawed")
    assert refusal(error) == (403, "InvalidObjectState")
    assert error.value.ec == "0016-00000330"
    bucket.delete_object("frozen")


@pytest.mark.parametrize(
    ("storage_class", "tier", "seconds"),
    [
        ("Archive", None, 60),
        ("ColdArchive", "Expedited", HOUR),
        ("ColdArchive", "Standard", 5 * HOUR),
        ("ColdArchive", None, 5 * HOUR),
        ("ColdArchive", "Bulk", 12 * HOUR),
        ("DeepColdArchive", "Expedited", 12 * HOUR),
        ("DeepColdArchive", "Standard", 48 * HOUR),
    ],
)
def test_a_restore_takes_its_time_and_lasts_its_days(
    oss: OssService, storage_class: str, tier: str | None, seconds: int
) -> None:
    """202, then 409 while it runs, then 200, which adds a day; and frozen again at the end."""
    put(oss, storage_class)
    bucket = oss.bucket()
    assert restore(oss, 2, tier) == 202
    assert bucket.head_object("frozen").headers["x-oss-restore"] == 'ongoing-request="true"'
    (listed,) = bucket.list_objects(prefix="frozen").object_list
    assert listed.restore_info == 'ongoing-request="true"'
    with pytest.raises(oss2.exceptions.RestoreAlreadyInProgress):
        restore(oss, 2, tier)
    oss.advance(seconds - 30)
    assert not is_readable(oss)
    oss.advance(60)
    assert is_readable(oss)
    assert 'ongoing-request="false"' in bucket.head_object("frozen").headers["x-oss-restore"]
    assert restore(oss, 1, tier) == 200
    oss.advance(3 * DAY - 60)
    assert is_readable(oss)
    oss.advance(120)
    assert not is_readable(oss)
    assert "x-oss-restore" not in bucket.head_object("frozen").headers


def test_a_restore_can_only_be_made_faster(oss: OssService) -> None:
    """A higher tier replaces the one under way; a lower one is refused."""
    put(oss, "ColdArchive")
    reply = oss.bucket().restore_object(
        "frozen", input=RestoreConfiguration(1, RestoreJobParameters("Bulk"))
    )
    assert reply.headers["x-oss-object-restore-priority"] == "Bulk"
    assert restore(oss, 1, "Expedited") == 202
    with pytest.raises(oss2.exceptions.RestoreAlreadyInProgress) as error:
        restore(oss, 1, "Standard")
    assert error.value.ec == "0016-00000715"
    oss.advance(HOUR + 1)
    assert is_readable(oss)


@pytest.mark.parametrize(
    ("storage_class", "days", "tier", "expected"),
    [
        ("Archive", 8, None, (400, "InvalidArgument")),
        ("Archive", 0, None, (400, "InvalidArgument")),
        ("Archive", 1, "Standard", (400, "MalformedXML")),
        ("ColdArchive", 366, None, (400, "InvalidArgument")),
        ("ColdArchive", 1, "Fast", (400, "InvalidArgument")),
        ("DeepColdArchive", 1, "Bulk", (400, "InvalidArgument")),
        ("Standard", 1, None, (400, "OperationNotSupported")),
        ("IA", 1, None, (400, "OperationNotSupported")),
    ],
)
def test_restores_that_make_no_sense_are_refused(
    oss: OssService, storage_class: str, days: int, tier: str | None, expected: tuple[int, str]
) -> None:
    """Days and tiers have limits by class, and what is not frozen cannot be restored."""
    put(oss, storage_class)
    with pytest.raises(oss2.exceptions.ServerError) as error:
        restore(oss, days, tier)
    assert refusal(error) == expected
    with pytest.raises(oss2.exceptions.NoSuchKey):
        oss.bucket().restore_object("missing")


def test_a_body_is_not_needed(oss: OssService) -> None:
    """Without one it is a day."""
    put(oss, "Archive")
    assert oss.bucket().restore_object("frozen").status == 202
    oss.advance(61)
    assert is_readable(oss)


def test_a_restored_copy_can_be_given_up(oss: OssService) -> None:
    """CleanRestoredObject freezes at once; there has to be something to clean."""
    put(oss, "ColdArchive")
    bucket = oss.bucket()

    def clean() -> None:
        bucket._do("POST", bucket.bucket_name, "frozen", params={"cleanRestoredObject": ""})

    def refused_clean() -> tuple[int, str]:
        with pytest.raises(oss2.exceptions.ServerError) as error:
            clean()
        return refusal(error)

    assert refused_clean() == (409, "ArchiveRestoreFileStale")
    restore(oss, 5, "Expedited")
    assert refused_clean() == (409, "ArchiveRestoreNotFinished")
    oss.advance(HOUR + 1)
    assert is_readable(oss)
    clean()
    assert not is_readable(oss)
    assert refused_clean() == (409, "ArchiveRestoreFileStale")


def test_archive_can_be_read_directly_where_the_bucket_allows_it(oss: OssService) -> None:
    """Archive only, and only while the setting is on."""
    bucket = oss.bucket()
    assert bucket.get_bucket_archive_direct_read().enabled is False
    bucket.put_bucket_archive_direct_read(True)
    assert bucket.get_bucket_archive_direct_read().enabled is True
    put(oss, "Archive")
    assert is_readable(oss)
    put(oss, "ColdArchive")
    assert not is_readable(oss)
    bucket.put_bucket_archive_direct_read(False)
    put(oss, "Archive")
    assert not is_readable(oss)


@pytest.mark.parametrize("body", ["", "{}", '{"advance": "soon"}', '{"advance": -1}'])
def test_the_clock_only_goes_forward(oss: OssService, body: str) -> None:
    """Anything else is refused, and nothing moves."""
    assert oss.http("PUT", "/-/clock", data=body).status_code == 400


def test_replies_are_dated_by_the_clock_that_restores_follow(oss: OssService) -> None:
    """So that a reader can tell by one reply whether a restore has ended."""
    before = _date(oss)
    oss.advance(40 * DAY)
    assert _date(oss) - before == pytest.approx(40 * DAY, abs=60)


def _date(oss: OssService) -> float:
    put(oss, "Standard")
    date = oss.bucket().head_object("frozen").headers["Date"]
    return parsedate_to_datetime(date).timestamp()
