"""What new users get wrong in an event, and what they are told."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ossferry.errors import InvalidEvent
from ossferry.events.parse import parse
from ossferry.events.request import transfer_of
from ossferry.names import ObjectName
from ossferry.settings import Settings
from ossferry.triggers.slip import slip

CONSOLE = {
    "source_url": "https://example.com/a?sig=C4n4ry",
    "target_object_name": "folder/a.bin",
    "target_region": "cn-hangzhou",
    "target_bucket_name": "my-bucket",
}


def refusal(event: object) -> str:
    """Return the sentence that refuses an event."""
    with pytest.raises(InvalidEvent) as refused:
        parse(event, Settings())
    assert "C4n4ry" not in refused.value.message
    return refused.value.message


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("target_objectname", "target_object_name"),
        ("sourceUrl", "source_url"),
        ("SOURCE-URL", "source_url"),
        ("targetBucketName", "target_bucket_name"),
        ("target_regoin", "target_region"),
        ("part_sise", "part_size"),
        ("content-type", "content_type"),
        ("Metadata", "metadata"),
    ],
)
def test_a_misspelt_field_names_the_near_one(written: str, meant: str) -> None:
    """Before it is said that the right one is missing."""
    event = {name: value for name, value in CONSOLE.items() if name != meant}
    assert refusal(event | {written: "x"}) == f"{written} is not a field: did you mean {meant}?"


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("target_bucket", "target_bucket_name"),
        ("target_regoin", "target_region"),
        ("targetPrefix", "target_prefix"),
    ],
)
def test_a_slip_in_a_job_of_many_is_found_before_what_it_left_out(written: str, meant: str) -> None:
    """Although a field is missing then."""
    event = {"kind": "bulk", "list": "https://e.example/list.txt", written: "x"}
    assert refusal(event) == f"{written} is not a field: did you mean {meant}?"


def test_what_is_near_is_told_before_what_is_not() -> None:
    """And what is like nothing is at least named."""
    assert "did you mean part_size" in refusal({**CONSOLE, "aaa": 1, "part_sise": 1})
    assert refusal({**CONSOLE, "aaa": 1}) == "aaa is not a field: see docs/events.md"
    signed = "https://user:s3cr3t@host/a?Signature=s3cr3t"
    assert refusal({**CONSOLE, signed: 1}) == "a URL is not a field: see docs/events.md"
    assert "C4n4ry" not in refusal({**CONSOLE, "https://h/?C4n4ry": 1})


@given(st.text(max_size=100))
def test_any_other_name_is_refused_in_one_short_sentence(name: str) -> None:
    """However long or strange it is."""
    with pytest.raises(InvalidEvent) as refused:
        transfer_of({**CONSOLE, f"?{name}": 1})
    assert len(refused.value.message) < 500
    assert name not in refused.value.message or len(name) < 30


@given(st.sets(st.sampled_from(sorted(CONSOLE)), min_size=1))
def test_all_missing_fields_are_named_at_once(missing: set[str]) -> None:
    """In one sentence, with what to give."""
    event = {name: value for name, value in CONSOLE.items() if name not in missing}
    said = refusal({**event, "part_size": None})
    named, _, what = said.partition(" missing: give ")
    assert {name for name in CONSOLE if name in named} == missing
    assert what
    assert ("target_region" in missing) == ("a region id like cn-hangzhou" in what)


def test_regions_and_buckets_are_shown() -> None:
    """What one looks like, not only that this is none."""
    assert "like cn-hangzhou" in refusal({**CONSOLE, "target_region": "Hangzhou"})
    assert "like my-bucket" in refusal({**CONSOLE, "target_bucket_name": "My_Bucket"})


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("{'source_url': 'C4n4ry'}", "line 1 column 2: names and texts stand in double quotes"),
        ('{\n  "a": "C4n4ry",\n}', "a comma that nothing follows has to go"),
        ('{"a": [1,]}', "a comma that nothing follows has to go"),
        ('{"a": True}', "line 1 column 7: it has true, false and null"),
        ('{a: "C4n4ry"}', "names and texts stand in double quotes"),
        ("https://example.com/?C4n4ry", "line 1 column 1: names and texts"),
        ('{"a": "C4n4ry"', "its end is missing"),
        ('{"a": "b"\n "c": 1}', "line 2 column 2: something is missing before it, such as a comma"),
        ('{"a": "line\nC4n4ry"}', "line 1 column 12: a text has no line breaks"),
        ('{"a": 1} // C4n4ry', "it has no comments"),
        ("[" * 100_000, "it is too deep"),
    ],
)
def test_broken_json_is_told_by_place_and_slip(text: str, advice: str) -> None:
    """Without a piece of it, which may be a signed URL."""
    assert advice in refusal(text)


@given(st.text("{}[]\"',: \n\\aT1\ufeff/#"))
def test_any_broken_json_has_a_sentence(text: str) -> None:
    """Which names a line and a column of the text."""
    try:
        json.loads(text)
    except ValueError as error:
        found = re.match(r" in line (\d+) column (\d+)", slip(error))
        assert found
        assert 1 <= int(found[1]) <= text.count("\n") + 1


@pytest.mark.parametrize("url", ["https://h/a\n", "https://h/\tC4n4ry", "\r\nhttps://h/C4n4ry"])
def test_a_line_break_in_a_url_is_refused(url: str) -> None:
    """Instead of being dropped without a word, or of ending a header."""
    assert re.search(
        "source_url has a .*, at its character", refusal({**CONSOLE, "source_url": url})
    )


@pytest.mark.parametrize("key", ["a\n", "a\tb", "\x7f", "\x00"])
def test_a_control_character_in_a_new_key_is_refused(key: str) -> None:
    """Nobody means it; but an object that is called so keeps its name."""
    said = refusal({**CONSOLE, "target_object_name": key})
    assert re.search("target_object_name has a .*, at its character", said)
    copied = transfer_of(
        {**CONSOLE, "source_url": "oss://other/a", "target_object_name": key}, "x-y"
    )
    assert copied.target == ObjectName("cn-hangzhou", "my-bucket", key)


def test_the_beginning_of_metadata_headers_is_understood() -> None:
    """People copy names from where they are headers."""
    given_names = {"x-oss-meta-owner": "me", "X-Oss-Meta-Team": "us", "plain": "1"}
    job = transfer_of({**CONSOLE, "metadata": given_names})
    assert job.metadata == {"owner": "me", "Team": "us", "plain": "1"}
    twice = {"x-oss-meta-a": "1", "a": "2"}, {"a": "1", "A": "2"}, {"X-Oss-Meta-b": "1", "B": "1"}
    for wrong in ({"x-oss-meta-": "x"}, *twice):
        assert "metadata has a name twice" in refusal({**CONSOLE, "metadata": wrong})
    assert "not allowed" in refusal({**CONSOLE, "metadata": {"x-oss-meta-ossferry-source": "x"}})


@pytest.mark.parametrize(
    ("scheme", "instead"),
    [
        ("s3a", "s3://bucket/key"),
        ("S3N", "s3://bucket/key"),
        ("gs", "s3://bucket/key with its source_endpoint, or a presigned https URL"),
        ("cosn", "cos://bucket-appid/key"),
        ("ftp", "an http or https URL"),
        ("file", "the function has no files of yours"),
    ],
)
@pytest.mark.parametrize("field", ["source_url", "list"])
def test_other_schemes_are_told_what_works(scheme: str, instead: str, field: str) -> None:
    """Of a transfer and of a list alike."""
    event = {**CONSOLE}
    if field == "list":
        event = {"kind": "bulk", "target_region": "cn-x", "target_bucket_name": "my-bucket"}
    said = refusal({**event, field: f"{scheme}://C4n4ry/a"})
    assert said.startswith(f"{field} begins with {scheme.lower()}://")
    assert instead in said


def test_a_url_without_its_beginning_is_told_how_to_begin() -> None:
    """The most frequent slip of all."""
    assert "begin it with https://" in refusal({**CONSOLE, "source_url": "example.com/C4n4ry"})
