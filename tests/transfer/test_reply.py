"""The reply says what happened, in JSON, and shows no secret."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any, cast

import pytest

from ossferry.pace.limits import Measured
from ossferry.source.expectations import Expectations
from ossferry.spread.tally import Tally
from ossferry.transfer.reply import copied_reply, there_reply
from ossferry.transfer.transfer import Copied, Phases, Transfer
from tests.source.sources import info, job, source

BIG = 2**64 - 1


def transfer(tally: Tally | None = None) -> Transfer:
    probed = source()
    nobody = cast(Any, None)  # neither bucket nor cloud has a say in the reply
    expected = Expectations.of(job(), probed)
    return Transfer(job(), probed, nobody, nobody, expected, Phases(), tally or Tally())


def test_a_copy_is_told_with_its_proof_its_parts_and_its_children() -> None:
    """Every number where the README says it is; checksums as text, because JSON loses digits."""
    tally = Tally(3, peak=2, throttled=1, retried=1, hedged=6, parts_retried=4, parts_hedged=5)
    copied = Copied(
        info(crc64=BIG),
        ["object"],
        count=9,
        reused=3,
        part_size=8,
    )
    reply = json.loads(json.dumps(copied_reply(transfer(tally), copied, [])))
    assert reply.pop("seconds")["total"] >= 0
    assert reply.pop("bytes_per_second") >= 0
    assert reply == {
        "status": "copied",
        "object": {
            "bucket": "my-bucket",
            "key": "a.bin",
            "size": 5,
            "etag": "ABC",
            "crc64": str(BIG),
        },
        "source": {
            "url": "https://example.com/a",
            "size": 5,
            "etag": "tag",
            "known_by": ["etag", "size"],
        },
        "proof": ["object"],
        "parts": {"count": 9, "size": 8, "reused": 3, "retried": 4, "hedged": 5},
        "children": {
            "invocations": 3,
            "peak": 2,
            "throttled": 1,
            "retried": 1,
            "hedged": 6,
        },
    }


def test_what_was_measured_is_told_of_a_source_that_was_split() -> None:
    """In whole bytes per second, with why there was no more; nothing of one that was not."""
    tally = Tally(streams=7, measured=Measured(1234.56, 8641.5, "source"))
    reply = json.loads(json.dumps(copied_reply(transfer(tally), Copied(info(), []), [])))
    assert reply["pace"] == {
        "connections": 7,
        "connection_bytes_per_second": 1235,
        "instance_bytes_per_second": 8642,
        "limit": "source",
    }
    given_up = Tally(streams=7)  # it turned out that the source cannot be split
    for nothing in (Tally(), given_up):
        assert "pace" not in copied_reply(transfer(nothing), Copied(info(), []), [])


@pytest.mark.parametrize("warnings", [[], ["beware"]])
def test_what_oss_cannot_promise_is_told_with_a_copy(warnings: list[str]) -> None:
    """Each as a sentence; a reply without any does not have the field."""
    reply = copied_reply(transfer(), Copied(info(), []), warnings)
    assert reply.get("warnings", []) == warnings
    assert ("warnings" in reply) == bool(warnings)


@pytest.mark.parametrize(
    ("etag", "last_modified", "size", "known_by"),
    [
        ("tag", "then", 5, ["etag", "size"]),
        (None, "then", 5, ["last_modified", "size"]),
        (None, None, 5, ["size"]),
        (None, None, None, []),
    ],
)
def test_the_reply_tells_what_the_source_was_known_by(
    etag: str | None, last_modified: str | None, size: int | None, known_by: list[str]
) -> None:
    """The strongest mark that it has, and its size."""
    probed = source(size, etag, last_modified)
    reply = json.loads(
        json.dumps(there_reply("unchanged", job(), probed, info(), Phases().with_total))
    )
    assert reply["source"]["known_by"] == known_by


def test_an_object_that_was_there_already_is_told_as_unchanged() -> None:
    """Nothing was copied, so there is nothing to tell of parts and children."""
    reply = json.loads(
        json.dumps(there_reply("unchanged", job(), source(), info(), Phases().with_total))
    )
    assert reply["status"] == "unchanged"
    assert reply["object"]["crc64"] is None
    assert set(reply) == {"status", "object", "source", "seconds"}


def test_no_reply_shows_the_secrets_of_the_source() -> None:
    """Neither its query nor its credentials."""
    copied = copied_reply(transfer(), Copied(info(), []), [])
    unchanged = there_reply("unchanged", job(), source(), info(), Phases().with_total)
    assert "C4n4ry" not in json.dumps([copied, unchanged])


def test_phases_are_told_in_order_and_add_up_when_they_recur() -> None:
    """Also when one ends by an error: the time was spent all the same."""
    phases = Phases()
    for name in ("probe", "copy", "probe"):
        with phases(name):
            pass
    assert list(phases.seconds) == ["probe", "copy"]
    assert sum(phases.seconds.values()) <= phases.total() + 0.001


@pytest.mark.parametrize(
    ("key", "type_", "warned"),
    [
        ("a.iso", "text/html; charset=utf-8", True),
        ("folder.d/a.ZIP", "TEXT/HTML", True),
        ("a.html", "text/html", False),
        ("a.HTM", "text/html", False),
        ("folder.d/a", "text/html", False),
        ("a.iso", "application/x-iso9660-image", False),
    ],
)
def test_a_page_that_is_stored_as_something_else_is_a_warning(
    key: str, type_: str, warned: bool
) -> None:
    """It is what many servers give in place of a file."""
    asked = replace(job(), target=job().target._replace(key=key))
    under_way = replace(transfer(), job=asked, source=source(content_type=type_))
    reply = copied_reply(under_way, Copied(info(), []), [])
    assert ("was stored as" in str(reply.get("warnings"))) == warned
