"""Range, as OSS does it: an invalid one gets everything, unless the standard is asked for."""

from __future__ import annotations

from collections.abc import Iterator

import oss2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.localcloud.oss.rules.ranges import chosen
from tests.localcloud.oss.rules.refusals import Refusal
from tests.peers.oss_service import OssService, running

WHOLE = None
REFUSED = "refused"
CASES = [
    ("bytes=0-499", (0, 500), (0, 500)),
    ("bytes=0-0", (0, 1), (0, 1)),
    ("bytes=500-", (500, 1000), (500, 1000)),
    ("bytes=-500", (500, 1000), (500, 1000)),
    ("bytes=0-999", (0, 1000), (0, 1000)),
    ("bytes=0-1000", WHOLE, (0, 1000)),
    ("bytes=500-2000", WHOLE, (500, 1000)),
    ("bytes=999-", (999, 1000), (999, 1000)),
    ("bytes=1000-", WHOLE, REFUSED),
    ("bytes=1000-2000", WHOLE, REFUSED),
    ("bytes=-2000", WHOLE, (0, 1000)),
    ("bytes=-0", WHOLE, REFUSED),
    ("bytes=0-1,5-6", WHOLE, REFUSED),
    ("bytes=5-4", WHOLE, WHOLE),
    ("bytes=-", WHOLE, WHOLE),
    ("lines=0-1", WHOLE, WHOLE),
    (None, WHOLE, WHOLE),
]


@pytest.fixture(scope="module")
def oss() -> Iterator[OssService]:
    with running() as service:
        yield service


@pytest.mark.parametrize(("header", "native", "standard"), CASES)
def test_ranges_of_a_thousand_bytes(
    header: str | None, native: tuple[int, int] | None, standard: tuple[int, int] | str | None
) -> None:
    """Both behaviours, at and past every edge."""
    assert chosen(header, 1000, standard=False) == native
    if standard == REFUSED:
        with pytest.raises(Refusal) as error:
            chosen(header, 1000, standard=True)
        assert (error.value.status, error.value.code) == (416, "InvalidRange")
    else:
        assert chosen(header, 1000, standard=True) == standard


@given(size=st.integers(0, 2000), first=st.integers(0, 3000), length=st.integers(1, 3000))
def test_a_native_range_is_all_that_was_asked_for_or_nothing(
    size: int, first: int, length: int
) -> None:
    """OSS never clips a range: a client gets what it asked for, or the whole object."""
    got = chosen(f"bytes={first}-{first + length - 1}", size, standard=False)
    assert got == ((first, first + length) if first + length <= size else None)


def test_range_replies_name_what_they_hold(oss: OssService) -> None:
    """206 has Content-Range and the CRC64 of the whole object; 200 has no Content-Range."""
    bucket = oss.bucket()
    data = bytes(range(250)) * 4
    put = bucket.put_object("ranged", data)
    part = bucket.get_object("ranged", byte_range=(10, 19))
    assert (part.status, part.read()) == (206, data[10:20])
    assert part.headers["Content-Range"] == "bytes 10-19/1000"
    assert part.server_crc == put.crc
    past = bucket.get_object("ranged", byte_range=(10, 1000))
    assert (past.status, past.read()) == (200, data)
    assert "Content-Range" not in past.headers


def test_the_standard_behaviour_is_asked_for_by_a_header(oss: OssService) -> None:
    """It clips, and refuses with 416 and the size."""
    bucket = oss.bucket()
    bucket.put_object("standard", bytes(1000))
    headers = {"x-oss-range-behavior": "standard"}
    clipped = bucket.get_object("standard", byte_range=(990, 2000), headers=dict(headers))
    assert (clipped.status, len(clipped.read())) == (206, 10)
    with pytest.raises(oss2.exceptions.ServerError) as error:
        bucket.get_object("standard", byte_range=(1000, 2000), headers=dict(headers))
    assert (error.value.status, error.value.code) == (416, "InvalidRange")
    assert error.value.headers["Content-Range"] == "bytes */1000"


def test_an_empty_object_has_no_ranges(oss: OssService) -> None:
    """A range of nothing is answered with nothing, and 200."""
    oss.bucket().put_object("empty", b"")
    got = oss.bucket().get_object("empty", byte_range=(0, 0))
    assert (got.status, got.read()) == (200, b"")
