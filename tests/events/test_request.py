"""The event that people write: every field, right and wrong, and always a clear answer."""

from __future__ import annotations

import contextlib
import string
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ossferry.errors import InvalidEvent
from ossferry.events.parse import parse
from ossferry.jobs import BatchJob, TransferJob
from ossferry.names import ObjectName
from ossferry.parts import MAX_OBJECT, MAX_PART, MIN_PART
from ossferry.settings import MOST_CHILDREN, MOST_STREAMS, Settings
from ossferry.urls import Url

CONSOLE = {
    "source_url": "https://example.com/a?sig=C4n4ry",
    "target_object_name": "folder/a.bin",
    "target_region": "cn-hangzhou",
    "target_bucket_name": "my-bucket",
}

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=12,
)


def request(**fields: object) -> TransferJob:
    """The job of the console's event with these fields changed; None takes one out."""
    document: Mapping[str, Any] = {
        name: value for name, value in {**CONSOLE, **fields}.items() if value is not None
    }
    job = parse(document, Settings())
    assert isinstance(job, TransferJob)
    return job


def test_the_four_fields_of_the_console_are_enough() -> None:
    """What users already send becomes a transfer with everything else left open."""
    assert request() == TransferJob(
        source=Url("https://example.com/a?sig=C4n4ry"),
        target=ObjectName("cn-hangzhou", "my-bucket", "folder/a.bin"),
    )


@pytest.mark.parametrize("name", CONSOLE)
@pytest.mark.parametrize("value", [None, 5, "", [], {"a": 1}, True])
def test_each_of_the_four_fields_is_required(name: str, value: object) -> None:
    """Missing, empty or of another type, the message says which field it is."""
    with pytest.raises(InvalidEvent, match=name):
        request(**{name: value})


@pytest.mark.parametrize("region", ["cn-hangzhou", "oss-cn-hangzhou"])
def test_a_region_is_known_by_both_of_its_names(region: str) -> None:
    """OSS's own name for a region, with its prefix, means the same."""
    assert request(target_region=region).target.region == "cn-hangzhou"


@pytest.mark.parametrize("key", ["a", "x" * 1023, "ü" * 511, "a//b", " ", "?", "日本/語 +%.txt"])
def test_keys_that_oss_takes_are_taken(key: str) -> None:
    """Up to 1023 bytes of UTF-8, whatever they mean elsewhere."""
    assert request(target_object_name=key).target.key == key


@pytest.mark.parametrize(
    ("name", "given", "found"),
    [
        ("part_size", MIN_PART, MIN_PART),
        ("part_size", MAX_PART, MAX_PART),
        ("part_size", str(MIN_PART), MIN_PART),
        ("max_children", 0, 0),
        ("max_children", MOST_CHILDREN, MOST_CHILDREN),
        ("streams", 1, 1),
        ("streams", MOST_STREAMS, MOST_STREAMS),
        ("expected_size", 0, 0),
        ("expected_size", MAX_OBJECT, MAX_OBJECT),
        ("expected_crc64", 0, 0),
        ("expected_crc64", 2**64 - 1, 2**64 - 1),
        ("expected_crc64", str(2**64 - 1), 2**64 - 1),
        ("expected_md5", "D41D8CD98F00B204E9800998ECF8427E", "d41d8cd98f00b204e9800998ecf8427e"),
        ("expected_md5", "1B2M2Y8AsgTpgAmY7PhCfg==", "d41d8cd98f00b204e9800998ecf8427e"),
        ("expected_content_type", "image/*", "image/*"),
        ("source_headers", {"Authorization": "Bearer x"}, {"Authorization": "Bearer x"}),
        ("source_headers", {"X-A": "ÿ"}, {"X-A": "ÿ"}),
        ("source_headers", {}, {}),
        ("content_type", "text/plain; charset=utf-8", "text/plain; charset=utf-8"),
        ("metadata", {"Owner": "me", "a-1": ""}, {"Owner": "me", "a-1": ""}),
        ("direct_read", True, True),
        ("direct_read", False, False),
        ("storage_class", "IA", "IA"),
        ("storage_class", "DeepColdArchive", "DeepColdArchive"),
        ("overwrite", "always", "always"),
        ("overwrite", "never", "never"),
        ("overwrite", "different", "different"),
    ],
)
def test_optional_fields_are_read(name: str, given: object, found: object) -> None:
    """Numbers also as text, because JSON loses what is beyond 53 bits in many a writer."""
    assert getattr(request(**{name: given}), name) == found


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("source_url", ["ftp://h/x", "example.com", "http://", "http://h:x/", "x" * 8193]),
        ("target_object_name", ["/a", "\\a", "x" * 1024, "ü" * 512, "\ud800"]),
        ("target_region", ["hangzhou", "cn hangzhou", "CN-HANGZHOU", "cn-x.evil.example/"]),
        ("target_bucket_name", ["ab", "a" * 64, "-ab", "ab-", "a_b", "A-B", "a.b"]),
        ("part_size", [MIN_PART - 1, MAX_PART + 1, 1.5, "8 MiB", True, "-1", [], "", "9" * 21]),
        ("max_children", [-1, MOST_CHILDREN + 1, "many", False]),
        ("streams", [0, MOST_STREAMS + 1]),
        ("expected_size", [-1, MAX_OBJECT + 1]),
        ("expected_crc64", [-1, 2**64, "0x1"]),
        ("expected_content_type", ["", "zip", "*/*", "a/b; c=d", "a/b\n", 5]),
        ("expected_md5", ["x", "0" * 31, "0" * 33, "A" * 24, 5]),
        ("source_headers", ["x", ["x"], {"a": 1}, {"a": "x\r\ny"}, {"": "x"}, {"a b": "x"}]),
        ("source_headers", [{name: "x"} for name in ("Host", "range", "Content-Length", "TE")]),
        ("source_headers", [{"a": "日"}, {"a": "x" * 17_000}, {"proxy-authorization": "x"}]),
        ("content_type", ["", "a\nb", "日", "x" * 256, 5]),
        ("metadata", [{"_a": "x"}, {"ossferry-source": "x"}, {"a": "x" * 9000}, {"a": None}, "x"]),
        ("storage_class", ["standard", "", 1, ["IA"]]),
        ("overwrite", ["sometimes", True, {}]),
    ],
)
def test_wrong_values_are_refused_by_the_name_of_their_field(
    name: str, values: list[object]
) -> None:
    """Whatever is wrong about a value, the message says where to look."""
    for value in values:
        with pytest.raises(InvalidEvent, match=name):
            request(**{name: value})


def test_unknown_fields_are_refused_by_name() -> None:
    """A misspelt option does not silently do nothing."""
    with pytest.raises(InvalidEvent, match="part_sise"):
        request(part_sise=MIN_PART)


@pytest.mark.parametrize("url", ["http://u:C4n4ry@h:x/?C4n4ry", "gopher://C4n4ry@h/?C4n4ry"])
def test_a_refused_url_is_not_quoted(url: str) -> None:
    """It may hold credentials, and errors end up in logs."""
    with pytest.raises(InvalidEvent, match="source_url") as refused:
        request(source_url=url)
    assert "C4n4ry" not in str(refused.value)


def test_secrets_of_an_event_are_not_in_its_repr() -> None:
    """A job may be logged; its signature and its headers are not."""
    job = request(source_headers={"Authorization": "C4n4ry"})
    assert "C4n4ry" not in repr(job)


@given(st.dictionaries(st.sampled_from([*CONSOLE, "events", "metadata", "x"]), JSON, max_size=8))
def test_any_document_is_a_job_or_an_invalid_event(document: Mapping[str, Any]) -> None:
    """Whatever JSON arrives, it is understood or refused; nothing else happens."""
    with contextlib.suppress(InvalidEvent):
        assert isinstance(parse(document, Settings(target_bucket="b-b")), TransferJob | BatchJob)


@given(
    name=st.sampled_from([*CONSOLE, *TransferJob.__dataclass_fields__]),
    value=JSON | st.text(string.printable),
)
def test_any_value_in_any_field_is_accepted_or_refused_by_name(name: str, value: object) -> None:
    """One field at a time over a good event, so that every reader meets every kind of value."""
    refusal = name
    try:
        request(**{name: value})
    except InvalidEvent as error:
        refusal = str(error)
    assert name in refusal
