"""OSS through oss2, in answers that a well-behaved server rarely gives: lost, doubled, half."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator

import pytest
import requests
import responses

from ossferry.byte_range import ByteRange
from ossferry.context import Credentials
from ossferry.copying.copy_job import CopiedPart
from ossferry.errors import (
    ChecksumMismatch,
    FerryError,
    NoSuchUpload,
    ObjectExists,
    TargetRefused,
    TargetUnavailable,
)
from ossferry.names import ObjectName
from ossferry.oss.bucket import Bucket
from ossferry.oss.multipart import Upload
from ossferry.parts import Part

ENDPOINT = "http://my-bucket.oss.example"
KEY = "folder/ü +%.bin"
OBJECT = f"{ENDPOINT}/folder%2F%C3%BC%20%2B%25.bin"
UPLOAD_ID = "U1"
MARK = "the-mark-of-this-upload"
CANARY = "C4n4ry"
PARTS = [CopiedPart(1, 5, "E1", 7, confirmed=True), CopiedPart(2, 3, "E2", 8, confirmed=True)]
SOURCE = ObjectName("cn-hangzhou", "my-bucket", "source")
PART = Part(1, ByteRange(0, 5))
ANY_KEY = bool
SIZE, CRC64 = 8, 2**64 - 1


def error(code: str, message: str = "no") -> str:
    return f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>{message}</Message></Error>"


NO_UPLOAD = error("NoSuchUpload")
DONE = "<CompleteMultipartUploadResult><ETag>E</ETag></CompleteMultipartUploadResult>"
FOUND = {
    "Content-Length": str(SIZE),
    "ETag": '"E-2"',
    "x-oss-hash-crc64ecma": str(CRC64),
    "x-oss-meta-Owner": "me",
    "x-oss-meta-ossferry-upload": MARK,
}
OLD = {**FOUND, "x-oss-meta-ossferry-upload": "another's"}
UNMARKED = {name: value for name, value in FOUND.items() if not name.endswith("-upload")}
NO_PARTS = """<ListPartsResult><Bucket>b</Bucket><Key>k</Key><UploadId>U1</UploadId>
<NextPartNumberMarker>0</NextPartNumberMarker><MaxParts>1</MaxParts>
<IsTruncated>false</IsTruncated></ListPartsResult>"""
ONE_PART = NO_PARTS.replace(
    "</ListPartsResult>",
    "<Part><PartNumber>1</PartNumber><LastModified>2024-01-01T00:00:00.000Z</LastModified>"
    "<ETag>E</ETag><Size>5</Size></Part></ListPartsResult>",
)
BROKEN = requests.ConnectionError(CANARY)


@pytest.fixture
def oss() -> Iterator[responses.RequestsMock]:
    """OSS; answers to one kind of request are given in turn, and each has to be asked for."""
    with responses.RequestsMock() as prepared:
        yield prepared


def bucket(
    seconds: float = 60,
    judge: Callable[[str], object] = ANY_KEY,
    sleep: Callable[[float], object] = time.sleep,
) -> Bucket:
    """With no seconds left, nothing is tried again: the wait would end after the deadline."""
    credentials = Credentials("STS.id", f"{CANARY}-secret", f"{CANARY}-token")
    deadline = time.monotonic() + seconds
    return Bucket(
        "my-bucket",
        "cn-hangzhou",
        "http://oss.example",
        lambda: credentials,
        deadline,
        judge=judge,
        sleep=sleep,
    )


def without_crc64(found: dict[str, str]) -> dict[str, str]:
    return {name: text for name, text in found.items() if name != "x-oss-hash-crc64ecma"}


def upload(seconds: float = 60) -> Upload:
    return bucket(seconds).upload(KEY, UPLOAD_ID, MARK)


def complete(seconds: float = 60) -> object:
    return upload(seconds).complete(PARTS, CRC64, {})


def test_an_object_is_described(oss: responses.RequestsMock) -> None:
    """Size, ETag, checksum of 64 bits, and metadata under its lower-case name."""
    oss.head(OBJECT, headers=UNMARKED)
    found = bucket().head(KEY)
    assert found is not None
    assert (found.size, found.etag, found.crc64) == (SIZE, "E-2", CRC64)
    assert found.metadata == {"owner": "me"}


def test_an_object_without_checksum_has_none(oss: responses.RequestsMock) -> None:
    """Older objects have none; that is not zero."""
    oss.head(OBJECT, headers={"Content-Length": "0", "ETag": '"E"'})
    found = bucket().head(KEY)
    assert found is not None
    assert found.crc64 is None


def test_no_object_is_none_and_no_bucket_is_an_error(oss: responses.RequestsMock) -> None:
    """A HEAD has no body: what it means is in ``x-oss-err``."""
    # Error documents for NoSuchKey and NoSuchBucket, in base64.
    no_key = "PEVycm9yPjxDb2RlPk5vU3VjaEtleTwvQ29kZT48L0Vycm9yPg=="
    no_bucket = "PEVycm9yPjxDb2RlPk5vU3VjaEJ1Y2tldDwvQ29kZT48L0Vycm9yPg=="
    oss.head(OBJECT, status=404, headers={"x-oss-err": no_key})
    oss.head(OBJECT, status=404)
    oss.head(OBJECT, status=404, headers={"x-oss-err": no_bucket})
    assert bucket().head(KEY) is None
    assert bucket().head(KEY) is None
    with pytest.raises(TargetRefused, match="NoSuchBucket"):
        bucket().head(KEY)


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (400, "InvalidArgument", TargetRefused),
        (403, "AccessDenied", TargetRefused),
        (404, "NoSuchBucket", TargetRefused),
        (409, "FileAlreadyExists", ObjectExists),
        (429, "QpsLimitExceeded", TargetUnavailable),
        (500, "InternalError", TargetUnavailable),
        (503, "ServiceUnavailable", TargetUnavailable),
        (503, "SlowDown", TargetUnavailable),
        (503, "DownloadTrafficRateLimitExceeded", TargetUnavailable),
    ],
)
def test_errors_of_oss_are_translated(
    oss: responses.RequestsMock, status: int, code: str, kind: type[FerryError]
) -> None:
    """By status and code, with what OSS said, and without any of its credentials."""
    oss.post(OBJECT, status=status, body=error(code, "in\n  words"))
    with pytest.raises(kind, match=f"{status} .*my-bucket: {code} in words") as raised:
        bucket(seconds=0).create(KEY, {})
    assert type(raised.value) is kind
    assert CANARY not in str(raised.value)


@pytest.mark.parametrize("body", ["<html>Bad Gateway</html>", "", "<Error>"])
def test_an_error_page_of_something_between_is_a_hiccup(
    oss: responses.RequestsMock, body: str
) -> None:
    """A 502 is not OSS's own."""
    oss.post(OBJECT, status=502, body=body)
    with pytest.raises(TargetUnavailable, match="502"):
        bucket(seconds=0).create(KEY, {})


def test_hiccups_of_oss_are_got_over(oss: responses.RequestsMock) -> None:
    """A busy answer and a broken connection cost a moment, not the transfer."""
    oss.head(OBJECT, status=503)
    oss.head(OBJECT, body=BROKEN)
    oss.head(OBJECT, headers=FOUND)
    assert bucket().head(KEY) is not None


def test_a_broken_connection_is_told_without_its_details(oss: responses.RequestsMock) -> None:
    """The library's error may quote the request."""
    oss.head(OBJECT, body=BROKEN)
    with pytest.raises(TargetUnavailable, match="could not be reached") as raised:
        bucket(seconds=0).head(KEY)
    assert CANARY not in str(raised.value)


def test_an_upload_is_opened_and_its_parts_are_signed(oss: responses.RequestsMock) -> None:
    """With the headers of the object; each URL names upload and part, and shows no signature."""
    oss.post(
        OBJECT,
        body="<InitiateMultipartUploadResult><Bucket>b</Bucket><Key>k</Key>"
        "<UploadId>U1</UploadId></InitiateMultipartUploadResult>",
    )
    opened = bucket().create(KEY, {"Content-Type": "a/b", "x-oss-meta-a": "b"})
    request = oss.calls[0].request
    assert request.headers["Content-Type"] == "a/b"
    assert request.headers["x-oss-meta-a"] == "b"
    assert request.headers["x-oss-meta-ossferry-upload"] == opened.mark != ""
    url = opened.part_url(7)
    assert opened.id == UPLOAD_ID
    assert "partNumber=7" in url.reveal()
    assert "uploadId=U1" in url.reveal()
    assert "?" not in repr(url)


@pytest.mark.parametrize("seconds", [0, 600])
def test_a_signed_url_holds_a_quarter_of_an_hour_longer_than_needed(seconds: int) -> None:
    """OSS's clock may be ahead of the function's; an abort is later than the deadline."""
    of = bucket(seconds)
    part_url = of.upload(KEY, UPLOAD_ID, MARK).part_url
    for url in (of.get_url(KEY), of.put_url(KEY, {}), part_url(1)):
        lifetime = int(url.reveal().partition("x-oss-expires=")[2].partition("&")[0])
        left = max(0, of.deadline - time.monotonic())
        assert lifetime > left + 15 * 60 - 1


def test_a_completion_is_told_with_its_checksum(oss: responses.RequestsMock) -> None:
    """And lists the parts by number and ETag."""
    oss.post(OBJECT, body=DONE, headers={"ETag": '"E-2"', "x-oss-hash-crc64ecma": str(CRC64)})
    info = upload().complete(PARTS, CRC64, {"x-oss-forbid-overwrite": "true"})
    assert (info.size, info.etag, info.crc64) == (SIZE, "E-2", CRC64)
    request = oss.calls[0].request
    assert request.headers["x-oss-forbid-overwrite"] == "true"
    for text in ("<PartNumber>1<", "E1", "<PartNumber>2<", "E2"):
        assert text in str(request.body)


def test_another_checksum_of_the_object_is_a_mismatch(oss: responses.RequestsMock) -> None:
    """The parts made up something else; the completion is not tried again."""
    oss.post(OBJECT, body=DONE, headers={"x-oss-hash-crc64ecma": "1"})
    with pytest.raises(ChecksumMismatch, match=str(CRC64)):
        complete()


@pytest.mark.parametrize(
    "answer",
    [
        {"status": 503, "body": error("ServiceUnavailable")},
        {"status": 500, "body": error("InternalError")},
        {"status": 200, "body": error("InternalError")},
        {"status": 502, "body": "<html>"},
        {"body": BROKEN},
        {"body": requests.ReadTimeout(CANARY)},
        {"status": 404, "body": NO_UPLOAD},
        {"status": 409, "body": error("FileAlreadyExists")},
    ],
)
def test_a_completion_that_happened_is_believed_whatever_the_answer(
    oss: responses.RequestsMock, answer: dict[str, object]
) -> None:
    """The answer was lost, or came twice: the object is looked at, and it is the right one."""
    oss.post(OBJECT, **answer)
    oss.head(OBJECT, headers=FOUND)
    info = complete()
    assert (info.size, info.crc64) == (SIZE, CRC64)  # type: ignore[attr-defined]


@pytest.mark.parametrize("crc64", [CRC64, None])
@pytest.mark.parametrize("found", [OLD, UNMARKED, None])
def test_an_upload_that_is_gone_with_another_object_in_place_is_an_error(
    oss: responses.RequestsMock, found: dict[str, str] | None, crc64: int | None
) -> None:
    """It was aborted, not completed: an old object, even of equal bytes, or none is there."""
    if found and crc64 is None:
        found = without_crc64(found)
    oss.post(OBJECT, status=404, body=NO_UPLOAD)
    oss.head(OBJECT, status=200 if found else 404, headers=found)
    with pytest.raises(NoSuchUpload):
        upload().complete(PARTS, crc64, {})


def test_a_completion_without_any_checksum_is_believed_by_its_mark(
    oss: responses.RequestsMock,
) -> None:
    """Parts that OSS copied may have none; nothing equals nothing is no proof, a mark is."""
    oss.post(OBJECT, body=BROKEN)
    oss.head(OBJECT, headers=without_crc64(FOUND))
    info = upload().complete(PARTS, None, {})
    assert (info.size, info.crc64) == (SIZE, None)


@pytest.mark.parametrize("wrong", [{"Content-Length": "9"}, {"x-oss-hash-crc64ecma": "1"}])
def test_a_completion_of_something_else_is_a_mismatch(
    oss: responses.RequestsMock, wrong: dict[str, str]
) -> None:
    """This upload became an object that its parts do not make up; that is not tried again."""
    oss.post(OBJECT, body=BROKEN)
    oss.head(OBJECT, headers={**FOUND, **wrong})
    with pytest.raises(ChecksumMismatch):
        complete()


def test_a_completion_that_did_not_happen_is_tried_again(oss: responses.RequestsMock) -> None:
    """200 with an error in the body is a failure like any other."""
    oss.post(OBJECT, body=error("InternalError"))
    oss.head(OBJECT, status=404)
    oss.post(OBJECT, body=DONE, headers={"ETag": '"E"', "x-oss-hash-crc64ecma": str(CRC64)})
    assert complete()


def test_a_completion_that_comes_to_be_on_the_second_try_is_believed(
    oss: responses.RequestsMock,
) -> None:
    """The first answer was lost before OSS was done; the second finds no upload, but the object."""
    oss.post(OBJECT, body=BROKEN)
    oss.head(OBJECT, status=404)
    oss.post(OBJECT, status=404, body=NO_UPLOAD)
    oss.head(OBJECT, headers=FOUND)
    assert complete()


def test_a_refused_completion_is_final(oss: responses.RequestsMock) -> None:
    """Asked once, and the object is not looked at."""
    oss.post(OBJECT, status=400, body=error("InvalidPart"))
    with pytest.raises(TargetRefused, match="InvalidPart"):
        complete()


def test_somebody_who_was_faster_is_told_as_such(oss: responses.RequestsMock) -> None:
    """With ``never``, OSS itself refuses to overwrite what another upload made."""
    oss.post(OBJECT, status=409, body=error("FileAlreadyExists"))
    oss.head(OBJECT, headers=OLD)
    with pytest.raises(ObjectExists):
        complete()


def methods(oss: responses.RequestsMock) -> list[str | None]:
    """What OSS was asked for, in order."""
    return [call.request.method for call in oss.calls]


def test_an_abort_is_done_when_oss_knows_the_upload_no_more(oss: responses.RequestsMock) -> None:
    """Asked once to abort and once whether anything is left."""
    oss.delete(OBJECT, status=204)
    oss.get(OBJECT, status=404, body=NO_UPLOAD)
    bucket().abort(KEY, UPLOAD_ID)
    assert methods(oss) == ["DELETE", "GET"]


def test_an_abort_is_repeated_while_parts_arrive(oss: responses.RequestsMock) -> None:
    """A part in flight survives an abort, and would be billed for ever."""
    oss.delete(OBJECT, status=204)
    oss.get(OBJECT, body=ONE_PART)
    oss.delete(OBJECT, status=204)
    oss.get(OBJECT, body=NO_PARTS)
    oss.delete(OBJECT, status=404, body=NO_UPLOAD)
    bucket().abort(KEY, UPLOAD_ID)
    assert methods(oss) == ["DELETE", "GET", "DELETE", "GET", "DELETE"]


def test_an_abort_is_done_even_when_time_is_up(oss: responses.RequestsMock) -> None:
    """Hiccups included: what stays behind is billed."""
    oss.delete(OBJECT, status=503)
    oss.delete(OBJECT, body=BROKEN)
    oss.delete(OBJECT, status=204)
    oss.get(OBJECT, status=404, body=NO_UPLOAD)
    bucket(seconds=-100).abort(KEY, UPLOAD_ID)
    assert methods(oss) == ["DELETE", "DELETE", "DELETE", "GET"]


@pytest.mark.parametrize(("status", "gone"), [(404, True), (403, False)])
def test_an_abort_says_whether_the_upload_is_gone(
    oss: responses.RequestsMock, capsys: pytest.CaptureFixture[str], status: int, gone: bool
) -> None:
    """Whoever keeps a record keeps it as long as the upload is there; a failure is logged."""
    oss.delete(OBJECT, status=status, body=NO_UPLOAD if gone else error("AccessDenied"))
    assert upload().abort() is gone
    logged = capsys.readouterr().out
    assert ("upload.abort_failed" in logged and UPLOAD_ID in logged) is not gone


def test_no_log_of_the_sdk_shows_credentials(
    oss: responses.RequestsMock, caplog: pytest.LogCaptureFixture
) -> None:
    """At the level at which functions log."""
    oss.head(OBJECT, status=403)
    with caplog.at_level(logging.INFO), pytest.raises(TargetRefused):
        bucket().head(KEY)
    assert CANARY not in caplog.text


class Refusing:
    """A judge who lets nothing be written, and remembers what was to be."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def __call__(self, key: str) -> None:
        self.asked.append(key)
        raise TargetRefused("choose another")


@pytest.mark.parametrize(
    "write",
    [
        lambda bucket: bucket.create(KEY, {}),
        lambda bucket: bucket.upload(KEY, UPLOAD_ID, "mark"),
        lambda bucket: bucket.write(KEY, b"x"),
        lambda bucket: bucket.delete(KEY),
        lambda bucket: bucket.put_url(KEY, {}),
        lambda bucket: bucket.copy_object(SOURCE, None, KEY, {}),
        lambda bucket: bucket.copy_part(SOURCE, None, KEY, UPLOAD_ID, PART),
        lambda bucket: bucket.complete(KEY, UPLOAD_ID, PARTS, {}),
        lambda bucket: bucket.abort(KEY, UPLOAD_ID),
    ],
)
def test_whatever_writes_or_lets_others_write_is_judged(
    oss: responses.RequestsMock, write: Callable[[Bucket], object]
) -> None:
    """By the key that it is about; OSS is not asked, and no URL is signed."""
    judge = Refusing()
    with pytest.raises(TargetRefused, match="choose another"):
        write(bucket(judge=judge))
    assert judge.asked == [KEY]
    assert methods(oss) == []


def test_reading_needs_no_judgement(oss: responses.RequestsMock) -> None:
    """What a source's bucket is opened for."""
    oss.head(OBJECT, headers=FOUND)
    judge = Refusing()
    assert bucket(judge=judge).head(KEY)
    assert "x-oss-signature" in bucket(judge=judge).get_url(KEY).reveal()
    assert judge.asked == []


def test_between_attempts_passes_what_the_coordinator_gave(oss: responses.RequestsMock) -> None:
    """A sleep that a stop ends: OSS may ask for a long one."""
    slept: list[float] = []
    oss.head(OBJECT, status=503)
    oss.head(OBJECT, headers=FOUND)
    assert bucket(sleep=slept.append).head(KEY)
    assert len(slept) == 1
