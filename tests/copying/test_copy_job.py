"""What coordinator and child tell each other survives JSON, and nothing else is understood."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ossferry.byte_range import ByteRange
from ossferry.checksums import BESIDE_CRC64
from ossferry.copying.copy_job import (
    COPY_VERSION,
    CopiedPart,
    CopyJob,
    CopyResult,
    PartJob,
    Pin,
    SourceRef,
    Timed,
    Warrant,
    copied_parts,
    seal,
)
from ossferry.errors import ERROR_TYPES, InvalidEvent, SourceBusy, error_of
from ossferry.urls import Url
from tests.copying.told import PARTS

SECRET = "C4n4ry"

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
URLS = TEXTS.map(lambda text: Url(f"https://u:{SECRET}@h.example/x?{text}"))
# Rounded as a result is when it travels.
SECONDS = st.floats(0, 86_400).map(lambda seconds: round(seconds, 4))
PINS = st.builds(
    Pin,
    size=st.none() | st.integers(0, 2**46),
    etag=st.none() | TEXTS,
    last_modified=st.none() | TEXTS,
)
JOBS = st.builds(
    CopyJob,
    source=st.builds(
        SourceRef,
        url=URLS,
        headers=st.dictionaries(TEXTS, TEXTS),
        pin=PINS,
        unpaid=st.booleans(),
        checksum=st.sampled_from(["", *BESIDE_CRC64]),
    ),
    parts=st.lists(
        st.builds(
            PartJob,
            number=st.integers(1, 10_000),
            range=st.builds(ByteRange, start=st.integers(0), stop=st.integers(1)),
            url=URLS,
        ),
        max_size=4,
    ).map(tuple),
    streams=st.integers(1, 64),
    seconds=st.floats(0, 86_400),
    transfer_id=TEXTS,
    warrant=st.builds(
        Warrant, region=TEXTS, bucket=TEXTS, record=TEXTS, secret=TEXTS.map(lambda text: SECRET)
    ),
    receipt=st.none() | URLS,
)
RESULTS = st.builds(
    CopyResult,
    parts=st.lists(PARTS, max_size=4).map(tuple),
    retried=st.integers(0, 99),
    hedged=st.integers(0, 99),
    times=st.lists(
        st.builds(
            Timed,
            number=st.integers(1, 10_000),
            stream=st.integers(1, 64),
            began=SECONDS,
            seconds=SECONDS,
            attempts=st.integers(1, 9),
        ),
        max_size=4,
    ).map(tuple),
    stepped_down=st.integers(0, 99),
    seconds=SECONDS,
    delayed=SECONDS,
    error=st.none(),
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)


def job() -> CopyJob:
    url = Url(f"https://u:{SECRET}@h/x?sig={SECRET}")
    return CopyJob(
        source=SourceRef(url, {"Authorization": SECRET}, Pin(5, "e", "then")),
        parts=(PartJob(1, ByteRange(0, 5), url),),
        streams=1,
        seconds=9.5,
    )


@given(JOBS)
def test_a_job_survives_json(job: CopyJob) -> None:
    """The child is asked exactly what the coordinator meant; the secret is not in it."""
    text = job.encode()
    without = job.warrant._replace(secret="")
    assert CopyJob.decode(json.loads(text)) == job._replace(warrant=without)
    assert json.loads(text)["seal"] == seal(json.loads(text), SECRET)
    assert json.dumps(json.loads(text)["warrant"]).count(SECRET) == 0


@given(RESULTS)
def test_a_result_survives_json(result: CopyResult) -> None:
    """The coordinator learns exactly what the child did, checksums of 64 bits included."""
    assert CopyResult.decode(json.dumps(result.to_json()).encode()) == result


def test_a_part_without_a_second_checksum_is_told_of_as_before() -> None:
    """Records and receipts of an earlier version are read, and read by it."""
    row = [1, 5, "e", 7, True]
    assert copied_parts([row]) == (CopiedPart(1, 5, "e", 7, confirmed=True),)
    assert copied_parts([row])[0].row == row
    assert copied_parts([[*row, 9, "crc32c"]])[0].row == [*row, 9, "crc32c"]


@pytest.mark.parametrize("more", [["x", "crc32c"], [None, "crc32c"], [1, "crc32c", 2]], ids=str)
def test_a_part_with_another_second_checksum_is_none(more: list[object]) -> None:
    """Neither half a part nor a crash of another kind."""
    with pytest.raises((TypeError, ValueError)):
        copied_parts([[1, 5, "e", 7, True, *more]])


@pytest.mark.parametrize("kind", ERROR_TYPES)
def test_an_error_survives_in_a_result(kind: str) -> None:
    """Beside the parts that were done before it."""
    part = CopiedPart(1, 5, "e", 7, confirmed=True)
    result = CopyResult((part,), retried=2, error=error_of(kind, "told"))
    found = CopyResult.decode(json.dumps(result.to_json()).encode())
    assert found.parts == (part,)
    assert type(found.error) is ERROR_TYPES[kind]
    assert str(found.error) == "told"


def test_how_long_a_source_asked_to_be_left_alone_survives() -> None:
    """Who starts children obeys what a child was told."""
    result = CopyResult((), error=SourceBusy("told", 7.5))
    found = CopyResult.decode(json.dumps(result.to_json()).encode())
    assert found.error is not None
    assert found.error.retry_after == 7.5


@given(JOBS)
def test_no_repr_of_a_job_shows_a_secret(job: CopyJob) -> None:
    """Neither the queries of URLs, nor what stands before their hosts."""
    assert SECRET not in repr(job)


def test_no_repr_of_a_job_shows_its_headers() -> None:
    """An Authorization header is as secret as a signature."""
    assert SECRET not in f"{job()!r} {job()} {job().source} {job().parts[0]}"
    assert SECRET in job().encode().decode()


@given(document=st.dictionaries(st.sampled_from([*json.loads(job().encode())]), JSON))
def test_a_damaged_job_is_an_invalid_event(document: Mapping[str, Any]) -> None:
    """Whatever is wrong in it, it is never a crash and never half understood."""
    with pytest.raises(InvalidEvent):
        CopyJob.decode({"version": COPY_VERSION, **document, "source": document.get("source")})


@pytest.mark.parametrize(
    "name", ["source", "parts", "streams", "seconds", "transfer_id", "version", "receipt"]
)
def test_a_job_without_one_of_its_fields_is_an_invalid_event(name: str) -> None:
    """Nothing in it is optional."""
    document = json.loads(job().encode())
    del document[name]
    with pytest.raises(InvalidEvent):
        CopyJob.decode(document)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("source", "url"), 5),
        (("source", "url"), f"ftp://{SECRET}"),
        (("source", "url"), f"http://{SECRET}:{SECRET}/"),
        (("source", "pin"), 5),
        (("source", "checksum"), "crc64"),
        (("source", "checksum"), 5),
        (("source", "checksum"), None),
        (("source", "pin"), [1, 2, 3, 4, 5]),
        (("parts",), [5]),
        (("parts",), [[1, 0, 5]]),
        (("parts",), [[1, 0, 5, f"{SECRET}"]]),
        (("parts",), [[1, 0, 5, None]]),
        (("receipt",), 5),
        (("receipt",), f"ftp://{SECRET}"),
    ],
)
def test_a_broken_job_is_refused_without_quoting_it(path: tuple[str, ...], value: object) -> None:
    """The error of a library that reads a URL may quote it; ours does not, nor its cause."""
    document = json.loads(job().encode())
    holder = document
    for name in path[:-1]:
        holder = holder[name]
    holder[path[-1]] = value
    with pytest.raises(InvalidEvent, match="coordinator") as refused:
        CopyJob.decode(document)
    assert SECRET not in str(refused.value)
    assert refused.value.__cause__ is None
    assert refused.value.__suppress_context__


def test_a_job_of_another_version_asks_for_a_deployment() -> None:
    """While a deployment is under way, coordinator and child may differ; the message says so."""
    with pytest.raises(InvalidEvent, match="another version"):
        CopyJob.decode({**json.loads(job().encode()), "version": 1})


@given(st.binary(max_size=40) | JSON.map(lambda document: json.dumps(document).encode()))
def test_garbage_is_no_result(text: bytes) -> None:
    """What is not a child's answer is a ValueError, which its caller expects."""
    with contextlib.suppress(ValueError):
        assert not CopyResult.decode(text).parts


@pytest.mark.parametrize("name", ["retried", "seconds", "delayed"])
@pytest.mark.parametrize("number", ["Infinity", "NaN", "[]", "null", '"x"'])
def test_a_result_with_absurd_numbers_is_no_result(name: str, number: str) -> None:
    """JSON as Python reads it has numbers that are none."""
    document = CopyResult(()).to_json() | {name: "HERE"}
    with pytest.raises(ValueError):  # noqa: PT011 - which text does not matter
        CopyResult.decode(json.dumps(document).replace('"HERE"', number).encode())
