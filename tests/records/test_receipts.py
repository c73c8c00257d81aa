"""Receipts of children in a real local OSS: what is believed of them, and when they go."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest

from ossferry.copying.copy_job import CopiedPart, CopyResult
from ossferry.copying.receipt import Receipt
from ossferry.errors import (
    ChecksumMismatch,
    ChildFailed,
    ChildThrottled,
    FerryError,
    OutOfTime,
    SourceRefused,
    Stopped,
    TargetRefused,
    Unfinished,
)
from ossferry.records.receipts import Receipts
from ossferry.records.record import receipts_of, record_of
from tests.localcloud.patience import eventually
from tests.peers.oss_service import OssService, running
from tests.records.recorded import (
    KEY,
    PART_SIZE,
    Setting,
    ended,
    interrupted,
    left_by_child,
    put,
    sent,
    settled,
)

DENIED = {"status": 403, "code": "AccessDenied"}


@pytest.fixture(scope="module")
def oss() -> Iterator[OssService]:
    """An OSS for the module, in a thread."""
    with running() as service:
        yield service


@pytest.fixture
def setting(oss: OssService) -> Iterator[Setting]:
    """A transfer of which nothing is recorded yet."""
    with settled(oss) as setting:
        yield setting


def receipts(setting: Setting) -> list[str]:
    return [name for name in setting.names() if name.endswith(".receipt")]


def test_names_tell_receipts_from_records() -> None:
    """One listing finds both, and each receipt is of one record."""
    record = ".ossferry/0a/1b-2c.json"
    receipt = f"{receipts_of(record)}3d.receipt"
    assert receipt.startswith(".ossferry/0a/1b-")
    assert record_of(receipt) == record
    assert not record.startswith(receipts_of(record))
    assert [record_of(name) for name in (record, f"{record}x", "a.receipt", "")] == [None] * 4


def test_what_only_a_receipt_tells_of_is_gone_on_with(setting: Setting) -> None:
    """The coordinator was killed before it heard of it."""
    checkpoint, upload = setting.begun()
    part = put(upload, 2)
    left_by_child(checkpoint, part)
    assert setting.found().done == {2: part}


def test_receipts_and_the_record_are_put_together(setting: Setting) -> None:
    """Each knows of something else, and two may know of the same."""
    checkpoint, upload = setting.begun()
    first, second, third = (put(upload, number) for number in (1, 2, 3))
    left_by_child(checkpoint, second)
    left_by_child(checkpoint, third, first)
    interrupted(checkpoint, first)
    assert setting.found().done == {1: first, 2: second, 3: third}


def test_of_a_receipt_only_is_believed_what_oss_has(setting: Setting) -> None:
    """As of a record: it may be overtaken, or wrong."""
    checkpoint, upload = setting.begun()
    good, other = put(upload, 1), put(upload, 2)
    never = CopiedPart(3, PART_SIZE, "E", 1, confirmed=True)
    left_by_child(checkpoint, good, other._replace(crc64=1), never)
    assert setting.found().done == {1: good}


def test_a_receipt_of_a_part_that_was_cut_otherwise_since_does_not_count(setting: Setting) -> None:
    """A child that nobody knew of any more was late; the record knows what fits together."""
    checkpoint, upload = setting.begun()
    late, part = put(upload, 1, cells=2), put(upload, 2)
    left_by_child(checkpoint, late)
    interrupted(checkpoint, part)
    assert setting.found().done == {2: part}


Damage = Callable[[bytes], bytes]


def resealed(text: bytes) -> bytes:
    """With a seal of somebody who does not know the secret."""
    receipt = json.loads(text)
    parts = tuple(CopiedPart(*part) for part in receipt["parts"])
    return Receipt(parts).encode("0" * 32)


DAMAGE: dict[str, Damage] = {
    "nothing": lambda text: b"",
    "cut off": lambda text: text[:-9],
    "one bit": lambda text: text.replace(b"true", b"trug"),
    "another part": lambda text: text.replace(b"[[1,", b"[[2,"),
    "another seal": resealed,
    "no seal": lambda text: text.replace(b'"seal"', b'"leas"'),
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_a_damaged_or_forged_receipt_is_not_believed(setting: Setting, damage: Damage) -> None:
    """Even if OSS has exactly those parts; nor does it spoil what others say."""
    checkpoint, upload = setting.begun()
    parts = [put(upload, number) for number in (1, 2)]
    text = Receipt((parts[0],)).encode(checkpoint.warrant.secret)
    assert damage(text) != text
    sent(checkpoint.receipts.issue(), damage(text))
    left_by_child(checkpoint, parts[1])
    assert setting.found().done == {2: parts[1]}


def test_a_receipt_of_another_upload_is_not_believed(setting: Setting) -> None:
    """Not under its own name, nor copied beside a record that it is not of."""
    first, upload = setting.begun()
    part = put(upload, 1)
    left_by_child(first, part)
    [name] = receipts(setting)
    text = setting.text_of(name)
    second, other = setting.begun()
    assert put(other, 1) == part
    setting.bucket.delete_all([first.warrant.record, name])
    upload.abort()
    sent(second.receipts.issue(), text)
    assert setting.found().upload.id == other.id
    assert setting.found().done == {}


def test_receipts_of_an_upload_that_is_gone_are_removed_with_its_record(setting: Setting) -> None:
    """Somebody aborted it; a new one is opened."""
    checkpoint, upload = setting.begun()
    left_by_child(checkpoint, put(upload, 1))
    upload.abort()
    assert setting.checkpoint().find() is None
    assert setting.names() == []


def test_a_transfer_that_is_done_leaves_no_receipt(setting: Setting) -> None:
    """Neither of children that were heard, nor of those that were not, nor of an earlier run."""
    checkpoint, upload = setting.begun()
    part = put(upload, 1)
    left_by_child(checkpoint, part)
    again = setting.checkpoint()
    assert again.find() is not None
    heard = left_by_child(again)
    again.receipts.heard(heard, [2], CopyResult((), seconds=9.0))
    left_by_child(again)
    left_by_child(checkpoint, part)  # by a child of the first that is late
    with again.guarding():
        upload.complete([part], part.crc64, {})
    assert setting.names() == []


@pytest.mark.parametrize("error", [ChecksumMismatch("no"), KeyboardInterrupt()], ids=repr)
def test_a_transfer_that_failed_leaves_no_receipt(setting: Setting, error: BaseException) -> None:
    """By an error after which the same event would fare no better."""
    checkpoint, upload = setting.begun()
    left_by_child(checkpoint, put(upload, 1))
    with pytest.raises(type(error)):
        ended(checkpoint, error)
    assert setting.names() == []
    assert not setting.is_open(upload)


@pytest.mark.parametrize(
    "error", [SourceRefused("expired"), Stopped("stopped"), TargetRefused("no")], ids=repr
)
def test_what_is_kept_includes_what_receipts_say(setting: Setting, error: FerryError) -> None:
    """Also where the coordinator itself has nothing to record."""
    checkpoint, upload = setting.begun()
    part = put(upload, 3)
    left_by_child(checkpoint, part)
    with pytest.raises(type(error), match="0 parts and 1 receipts of children are kept"):
        ended(checkpoint, error)
    assert setting.found().done == {3: part}


def test_receipts_are_progress_once(setting: Setting) -> None:
    """Whoever goes on finds something; what they found at the start is none of their own."""
    checkpoint, upload = setting.begun()
    left_by_child(checkpoint, put(upload, 1))
    progress = []
    for _ in range(2):
        with pytest.raises(Unfinished) as raised:
            ended(checkpoint, OutOfTime("up"))
        progress.append(raised.value.progress)
        checkpoint = setting.checkpoint()
        assert checkpoint.find() is not None
    assert progress == [True, False]


def test_where_no_receipt_was_left_nothing_is_kept(setting: Setting) -> None:
    """A child that was asked, and has got nothing done."""
    checkpoint, upload = setting.begun()
    checkpoint.receipts.issue()
    with pytest.raises(SourceRefused, match=r"^expired$"):
        ended(checkpoint, SourceRefused("expired"))
    assert setting.names() == []
    assert not setting.is_open(upload)


def begun(setting: Setting) -> Receipts:
    """Receipts of a record that is not written here."""
    found = Receipts(setting.bucket)
    found.begin(".ossferry/0/1-2.json")
    return found


def answered(*numbers: int) -> CopyResult:
    parts = tuple(CopiedPart(number, 1, "E", 1, confirmed=True) for number in numbers)
    return CopyResult(parts, seconds=2.5)


def test_a_receipt_goes_when_a_record_says_as_much(setting: Setting, oss: OssService) -> None:
    """Not before; and of those that can go, a thousand with one request."""
    kept = begun(setting)
    for numbers in ((1, 2), (3,), ()):
        url = kept.issue()
        sent(url, b"{}")
        kept.heard(url, numbers, answered(*numbers))
    sent(kept.issue(), b"{}")  # not heard
    left = []
    for recorded in ({9}, {1, 9}, {1, 2}, {1, 2, 3}):
        kept.settle(recorded)
        left.append(len(receipts(setting)))
    assert left == [3, 3, 2, 1]
    before = oss.counts().get("DeleteMultipleObjects", 0)
    for number in range(1001):
        kept.heard(kept.issue(), [number], answered(number))
    kept.settle(range(1001))
    assert oss.counts()["DeleteMultipleObjects"] - before == 2
    kept.clear()
    assert receipts(setting) == []


def test_what_a_failed_child_was_asked_for_has_to_be_recorded(setting: Setting) -> None:
    """It may have got far before it failed, and nobody else knows."""
    kept = begun(setting)
    url = kept.issue()
    sent(url, b"{}")
    kept.heard(url, [1, 2], CopyResult((), error=ChildFailed("gone")))
    kept.settle({1})
    assert kept.untold({1}) == len(receipts(setting)) == 1
    assert kept.untold({1, 2}) == 0
    kept.settle({1, 2})
    assert receipts(setting) == []


@pytest.mark.parametrize(
    "result", [answered(1)._replace(seconds=1.9), CopyResult((), error=ChildThrottled("full"))]
)
def test_a_child_that_cannot_have_left_one_costs_no_request(
    setting: Setting, oss: OssService, result: CopyResult
) -> None:
    """It was done within two seconds, or did not begin."""
    before = oss.counts()
    kept = begun(setting)
    kept.heard(kept.issue(), [1], result)
    kept.settle({1})
    kept.clear()
    assert kept.untold(()) == 0
    assert oss.counts() == before


def test_receipts_are_deleted_beside_the_copying(setting: Setting) -> None:
    """Once the record that has their parts is written: found ones, too, at once."""
    checkpoint, upload = setting.begun()
    part = put(upload, 1)
    left_by_child(checkpoint, part)
    again = setting.checkpoint()
    assert again.find() is not None
    again.keep_alive()
    eventually(lambda: receipts(setting) == [])
    assert setting.found().done == {1: part}
    with again.guarding():
        upload.abort()
    assert setting.names() == []


def test_receipts_that_cannot_be_deleted_stop_nobody(
    setting: Setting, capsys: pytest.CaptureFixture[str]
) -> None:
    """The log tells; the end, or a sweep, tries again."""
    checkpoint, upload = setting.begun()
    left_by_child(checkpoint, put(upload, 1))
    setting.service.set_faults({"operation": "DeleteMultipleObjects", **DENIED})
    again = setting.checkpoint()
    assert again.find() is not None
    again.keep_alive()
    eventually(lambda: "checkpoint.not_deleted" in capsys.readouterr().out)
    assert len(receipts(setting)) == 1
    setting.service.set_faults()
    with again.guarding():
        upload.abort()
    assert setting.names() == []


def test_a_url_of_a_receipt_is_a_secret(setting: Setting) -> None:
    """As that of a part is."""
    checkpoint, upload = setting.begun()
    url = checkpoint.receipts.issue()
    assert "ignature" in url.reveal()
    assert "ignature" not in f"{url!r} {url} {checkpoint.receipts!r}"
    upload.abort()


def test_a_receipt_says_nothing_secret(setting: Setting) -> None:
    """Neither the secret that it is sealed with nor whose it is."""
    checkpoint, upload = setting.begun()
    left_by_child(checkpoint, put(upload, 1))
    [name] = receipts(setting)
    text = setting.text_of(name).decode()
    assert checkpoint.warrant.secret not in text
    assert KEY not in text
