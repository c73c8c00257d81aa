"""What a record says, to its own version and to every other."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ossferry.records.record import Opened, Record
from tests.copying.told import COUNTS, PARTS
from tests.peers.oss_service import OssService, running
from tests.records.recorded import bucket_of

TEXTS = st.text(max_size=20)
RECORDS = st.builds(
    Record,
    key=TEXTS,
    size=st.none() | COUNTS,
    cell=COUNTS,
    upload_id=TEXTS,
    mark=TEXTS,
    source=TEXTS,
    parts=st.lists(PARTS, max_size=3).map(tuple),
)


@given(record=RECORDS)
def test_a_record_says_what_was_recorded(record: Record) -> None:
    """All of it to its own version, key and upload to any."""
    assert Record.decode(record.encode()) == record
    assert Opened.decode(record.encode()) == Opened(record.key, record.upload_id)


@given(record=RECORDS, position=st.integers(0, 10_000), bit=st.integers(0, 7))
def test_a_record_that_was_damaged_says_nothing_else(
    record: Record, position: int, bit: int
) -> None:
    """Any one bit of it: what is still read is what was written."""
    damaged = bytearray(record.encode())
    damaged[position % len(damaged)] ^= 1 << bit
    assert Record.decode(bytes(damaged)) in (None, record)
    assert Opened.decode(bytes(damaged)) in (None, Opened(record.key, record.upload_id))


@pytest.mark.parametrize("text", [None, b"", b"null", b"[]", b"{}", b'{"seal": ""}', b"[" * 5000])
def test_what_is_no_record_says_nothing(text: bytes | None) -> None:
    """Whoever wrote it."""
    assert Record.decode(text) is None
    assert Opened.decode(text) is None


@pytest.mark.parametrize("field", ["key", "size", "cell", "upload_id", "mark", "parts"])
def test_a_record_that_lacks_something_is_none(field: str) -> None:
    """Sealed as it may be."""
    document = json.loads(Record("k", 1, upload_id="u").encode())
    del document[field], document["seal"]
    assert Record.decode(sealed(document)) is None


@pytest.mark.parametrize("version", [1, 2, 4, None])
def test_a_record_of_another_version_is_swept_but_not_gone_on_with(version: int | None) -> None:
    """Its other fields may mean something else."""
    document = json.loads(Record("k", 1, upload_id="u").encode())
    del document["seal"]
    other = sealed({**document, "version": version})
    assert Record.decode(other) is None
    assert Opened.decode(other) == Opened("k", "u")


@pytest.mark.parametrize("change", [{"key": 1}, {"upload_id": None}, {"upload_id": ["u"]}])
def test_a_key_and_an_upload_are_texts(change: dict[str, object]) -> None:
    """Nothing is aborted by the name of something else."""
    document = json.loads(Record("k", 1, upload_id="u").encode())
    del document["seal"]
    assert Opened.decode(sealed({**document, **change})) is None


def sealed(document: dict[str, object]) -> bytes:
    """A document with the seal of its own content."""
    seal = hashlib.sha256(json.dumps(document).encode()).hexdigest()[:16]
    return json.dumps({**document, "seal": seal}).encode()


@pytest.fixture(scope="module")
def oss() -> Iterator[OssService]:
    """An OSS for the module, in a thread."""
    with running() as service:
        yield service


def test_a_record_that_is_damaged_on_its_way_is_not_stored(oss: OssService) -> None:
    """OSS is told its MD5, refuses what has another, and is sent it again."""
    bucket, name, text = bucket_of(oss), "record.json", Record("k", 1).encode()
    oss.set_faults({"operation": "PutObject", "corrupt_at": 9, "times": 1})
    bucket.write(name, text)
    found = bucket.read(name)
    assert found is not None
    assert found[0] == text
    assert oss.counts()["PutObject"] == 2


def test_a_record_does_not_show_its_secret() -> None:
    """Whoever knows it can have children copy anything."""
    assert "C4n4ry" not in repr(Record("k", 1, secret="C4n4ry"))
