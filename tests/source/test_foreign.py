"""What a store of another cloud tells of an object besides its bytes."""

from __future__ import annotations

import math
from collections.abc import Iterator

import pytest

from ossferry.errors import FerryError, SourceGone, SourceRefused
from ossferry.origins.credentials import Credentials, Entry
from ossferry.origins.keys import Keys
from ossferry.origins.place import ForeignName
from ossferry.source.checks import Check
from ossferry.source.foreign import Foreign
from ossferry.source.probe import Source, probe
from tests.localcloud.faces.credential import Credential
from tests.localcloud.faces.stored import Data, Stored
from tests.localcloud.s3.face import S3
from tests.peers.loopback import GUARD

REGION = "eu-west-1"
BYTES = b"123456789"
XZ, NVME, CRC32C = 0x995DC9BBDF1939FA, 0xAE8B14860A799888, 0xE3069283
KEY = Credential("AKID", "C4n4ry")


@pytest.fixture(params=["aws"])
def s3(request: pytest.FixtureRequest) -> Iterator[S3]:
    objects: dict[str, Data | Stored] = {
        "media/a": BYTES,
        "media/crc32c": Stored(BYTES, checksum="crc32c"),
        "media/parts": Stored(BYTES, part_size=5, checksum="crc32c", composite=True),
        "media/none": Stored(BYTES, checksum=""),
    }
    with S3(objects, [KEY], REGION, mode=request.param) as face:
        yield face


def foreign(s3: S3, key: str = "a", secret: str = KEY.secret, **headers: str) -> Foreign:
    keys = {"own": Keys("own", KEY.id, secret)}
    entries = (Entry("own", "s3", "*", REGION, s3.url),)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Foreign(ForeignName("s3", "media", key), Credentials(keys, entries), None, named)


def seen(wanted: Foreign) -> Source:
    return probe(wanted.ref(60), GUARD)


def proven(wanted: Foreign) -> Source:
    return wanted.proven(seen(wanted), GUARD, math.inf)


def heads(s3: S3) -> int:
    return sum(each["method"] == "HEAD" for each in s3.requests()["requests"])


@pytest.mark.parametrize(
    ("key", "checks"),
    [
        ("a", (Check("crc64nvme", NVME),)),
        ("crc32c", (Check("crc32c", CRC32C),)),
        ("parts", ()),
        ("none", ()),
    ],
)
def test_s3_tells_a_checksum_to_who_asks(s3: S3, key: str, checks: tuple[Check, ...]) -> None:
    """Of the whole, not of parts; it is remembered, and is none that OSS computes."""
    found = proven(foreign(s3, key))
    assert (found.checks, found.crc64) == (checks, None)
    assert heads(s3) == 1


@pytest.mark.parametrize(
    ("s3", "checks", "asked"),
    [("obs", (Check("crc64", XZ),), 1), ("gcs", (Check("crc32c", CRC32C),), 0)],
    indirect=["s3"],
)
def test_others_tell_theirs(s3: S3, checks: tuple[Check, ...], asked: int) -> None:
    """OBS what OSS computes too; Google with each reply, so that it need not be asked."""
    found = proven(foreign(s3))
    assert found.checks == checks
    assert found.crc64 == (XZ if checks[0].algorithm == "crc64" else None)
    assert heads(s3) == asked


def test_a_checksum_of_another_object_is_none(s3: S3) -> None:
    """It was replaced in between."""
    wanted = foreign(s3)
    before = seen(wanted)
    s3.put("media/a", b"987654321")
    assert wanted.proven(before, GUARD, math.inf).checks == ()


def test_what_cannot_be_asked_proves_nothing_and_is_no_error(s3: S3) -> None:
    """Neither a refusal nor a store that is away."""
    wanted = foreign(s3)
    before = seen(wanted)
    s3.faults({"operation": "HeadObject", "status": 503})
    assert wanted.proven(before, GUARD, math.inf) == before
    entries = (Entry("own", "s3", "*", REGION, "http://127.0.0.1:1"),)
    away = wanted._replace(credentials=wanted.credentials._replace(entries=entries))
    assert away.proven(before, GUARD, math.inf) == before
    assert away.explained(error := SourceGone("gone"), GUARD, math.inf) is error


def test_headers_of_s3_are_signed_with_the_rest(s3: S3) -> None:
    """S3 refuses those that are not."""
    wanted = foreign(s3, x_amz_request_payer="requester", x_other="1")
    assert proven(wanted).checks
    [query, *_] = [each["query"] for each in s3.requests()["requests"]]
    assert "X-Amz-SignedHeaders=host%3Bx-amz-request-payer&" in query


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (SourceRefused("answered 403"), "set both anew"),
        (SourceRefused("answered 403; 3 parts are kept"), "set both anew; 3 parts are kept"),
    ],
)
def test_a_refusal_is_put_in_words(s3: S3, error: FerryError, said: str) -> None:
    """With what the error said of the transfer."""
    told = foreign(s3, secret="C4n4ry-wrong").explained(error, GUARD, math.inf)
    assert (told.type, told.message.endswith(said)) == ("SourceRefused", True)
    assert "C4n4ry" not in told.message


def test_an_error_of_something_else_is_left_as_it_is(s3: S3) -> None:
    """Where the store has nothing against it."""
    error = SourceRefused("of another cause")
    assert foreign(s3).explained(error, GUARD, math.inf) is error
