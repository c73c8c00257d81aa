"""What the bytes have to be, what proves it, and when an object already is the source."""

from __future__ import annotations

from typing import Any

import pytest

from ossferry.copying.copy_job import CopiedPart
from ossferry.entries import ObjectInfo
from ossferry.errors import ChecksumMismatch, FerryError, SourceChanged
from ossferry.names import MD5_MARK
from ossferry.source.checks import Check, value_of
from ossferry.source.expectations import Expectations, is_source
from tests.source.sources import info, job, source

SURE = CopiedPart(1, 5, "e", 7, confirmed=True)
UNSURE = CopiedPart(2, 5, "e", 7, confirmed=False)


def expecting(
    size: int | None = None,
    crc64: int | None = None,
    md5: str | None = None,
    source_crc64: int | None = None,
) -> Expectations:
    return Expectations(size, crc64, md5, source_crc64)


def test_they_come_from_the_event_and_from_the_source() -> None:
    """The event's own, and the checksum that the source's server gave."""
    asked = job(expected_size=5, expected_crc64=6, expected_md5="00")
    assert Expectations.of(asked, source(crc64=7)) == expecting(5, 6, "00", 7)


@pytest.mark.parametrize(
    "expected",
    [
        expecting(),
        expecting(size=5),
        expecting(crc64=7),
        expecting(md5="aa"),
        expecting(5, 7, "aa", 7),
    ],
)
def test_what_agrees_passes(expected: Expectations) -> None:
    """Each expectation by itself, none, and all of them."""
    expected.check(5, 7, "aa")


@pytest.mark.parametrize(
    ("expected", "error"),
    [
        (expecting(size=6), ChecksumMismatch),
        (expecting(crc64=8), ChecksumMismatch),
        (expecting(crc64=0), ChecksumMismatch),
        (expecting(md5="bb"), ChecksumMismatch),
        (expecting(source_crc64=8), SourceChanged),
    ],
)
def test_what_does_not_agree_is_an_error(expected: Expectations, error: type[FerryError]) -> None:
    """A zero is a checksum like any other; the source's own word is about the source."""
    with pytest.raises(error) as raised:
        expected.check(5, 7, "aa")
    assert not raised.value.retryable


def test_a_size_can_be_checked_before_anything_is_copied() -> None:
    """If the source tells it."""
    expecting(size=5).check_size(5)
    expecting(size=5).check_size(None)
    with pytest.raises(ChecksumMismatch, match="6 bytes, and expected_size is 5"):
        expecting(size=5).check_size(6)


def test_the_proof_names_what_was_really_compared() -> None:
    """Each word of it stands for one comparison that took place."""
    assert expecting().proof([], info(), None) == []
    assert expecting().proof([SURE], info(crc64=7), None) == ["parts", "object"]
    assert expecting().proof([SURE, UNSURE], info(crc64=7), None) == ["object"]
    assert expecting(5, 7, "aa", 7).proof([SURE], info(crc64=7), "aa") == [
        "parts",
        "object",
        "source_crc64",
        "expected_size",
        "expected_crc64",
        "expected_md5",
    ]
    assert "expected_md5" not in expecting(md5="aa").proof([SURE], info(), None)


NVME, CRC32C = Check("crc64nvme", 5), Check("crc32c", 6)


def telling(*checks: Check) -> Expectations:
    return Expectations.of(job(), source(crc64=value_of(checks, "crc64"), checks=checks))


@pytest.mark.parametrize("known", [NVME, CRC32C], ids=lambda check: check.algorithm)
def test_a_second_checksum_of_the_source_is_compared(known: Check) -> None:
    """It is the source's own word about its bytes, as its CRC64 is."""
    telling(NVME, CRC32C).check(5, 7, None, known)
    with pytest.raises(SourceChanged, match=f"its {known.name} is {known}, .* left as it was"):
        telling(NVME, CRC32C).check(5, 7, None, known._replace(value=9))


def test_a_zero_is_a_checksum_like_any_other() -> None:
    """Also the second one."""
    telling(Check("crc32c", 0)).check(5, 7, None, Check("crc32c", 0))
    with pytest.raises(SourceChanged):
        telling(Check("crc32c", 0)).check(5, 7, None, CRC32C)


def test_a_second_checksum_is_proof_only_where_both_are_known() -> None:
    """What was not computed, or not told, was not compared."""
    assert telling(NVME, CRC32C).proof([], info(), None, NVME) == ["source_crc64nvme"]
    assert telling(CRC32C).proof([], info(), None, CRC32C) == ["source_crc32c"]
    for expected, computed in ((telling(NVME), None), (telling(), NVME), (telling(NVME), CRC32C)):
        expected.check(5, 7, None, computed)
        assert expected.proof([], info(), None, computed) == []


def test_a_crc64_that_is_told_is_the_proof_by_itself() -> None:
    """Whatever the source tells besides."""
    expected = telling(Check("crc64", 7), NVME)
    expected.check(5, 7, None)
    assert expected.proof([], info(), None) == ["source_crc64"]
    with pytest.raises(SourceChanged):
        expected.check(5, 8, None)


def test_an_object_is_the_source_by_checksum() -> None:
    """The source's own or the event's; what the object remembers does not matter then."""
    assert is_source(info(crc64=7), job(), source(crc64=7))
    assert is_source(info(crc64=7), job(expected_crc64=7), source())
    assert not is_source(info(crc64=8, of=source()), job(), source(crc64=7))
    assert not is_source(info(crc64=7), job(expected_crc64=8), source(crc64=7))
    assert not is_source(info(crc64=7), job(expected_crc64=7), source(crc64=8))
    assert is_source(info(crc64=0), job(), source(crc64=0))


def test_an_object_is_the_source_by_what_it_remembers() -> None:
    """Where no checksum is known on one of the sides."""
    assert is_source(info(crc64=7, of=source()), job(), source())
    assert is_source(info(of=source()), job(), source(crc64=7))
    assert not is_source(info(crc64=7), job(), source())
    assert not is_source(info(crc64=7, of=source()), job(), source(etag="other"))


def test_an_object_of_another_size_is_never_the_source() -> None:
    """Nor can a source of unknown size be recognised."""
    assert not is_source(info(6, crc64=7, of=source()), job(), source(crc64=7))
    assert not is_source(info(crc64=7), job(expected_crc64=7), source(size=None))
    assert not is_source(info(), job(), source(etag=None, last_modified=None))


MD5 = "0123456789abcdef0123456789abcdef"


@pytest.mark.parametrize(
    ("there", "expected"),
    [
        (info(of=source()), {"expected_size": 6}),
        (info(of=source()), {"expected_crc64": 7}),
        (info(crc64=8, of=source()), {"expected_crc64": 7}),
        (info(of=source()), {"expected_md5": MD5}),
        (info(of=source(), etag=f"{MD5.upper()}-3"), {"expected_md5": MD5}),
        (info(of=source(), more={MD5_MARK: "0" * 32}), {"expected_md5": MD5}),
        (info(crc64=7, etag=MD5.upper()), {"expected_md5": MD5, "expected_crc64": 8}),
    ],
)
def test_what_an_object_cannot_confirm_is_not_answered_with_it(
    there: ObjectInfo, expected: dict[str, Any]
) -> None:
    """A wrong expectation, or one that nobody can check without the bytes, means to copy."""
    assert not is_source(there, job(**expected), source())


@pytest.mark.parametrize(
    ("there", "expected"),
    [
        (info(of=source()), {"expected_size": 5}),
        (info(crc64=7), {"expected_crc64": 7}),
        (info(etag=MD5.upper()), {"expected_md5": MD5}),
        (info(etag="ABC-3", more={MD5_MARK: MD5}), {"expected_md5": MD5}),
        (
            info(crc64=7, etag=MD5.upper()),
            {"expected_md5": MD5, "expected_crc64": 7, "expected_size": 5},
        ),
    ],
)
def test_what_an_object_confirms_need_not_be_copied_again(
    there: ObjectInfo, expected: dict[str, Any]
) -> None:
    """The ETag of what was PUT in one request is its MD5; another remembers what was checked."""
    assert is_source(there, job(**expected), source())


@pytest.mark.parametrize(
    ("said", "expected", "fits"),
    [
        ("image/png", "image/png", True),
        ("Image/PNG; q=1", "image/png", True),
        ("image/png", "IMAGE/*", True),
        ("images/png", "image/*", False),
        ("text/html", "application/zip", False),
        ("", "image/*", False),
    ],
)
def test_the_type_of_the_source_is_compared_before_anything_is_copied(
    said: str, expected: str, fits: bool
) -> None:
    """Exactly, or by its kind; parameters do not count."""
    looked_at = source(content_type=said) if said else source()
    expecting_it = Expectations.of(job(expected_content_type=expected), looked_at)
    if fits:
        return expecting_it.check_source(looked_at)
    with pytest.raises(ChecksumMismatch, match=r"expected_content_type is .*: nothing was copied"):
        expecting_it.check_source(looked_at)
    return None
