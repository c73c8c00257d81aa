"""Objects of OSS as sources: copied by OSS itself, archived, or changed since they were listed."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from ossferry.entries import ObjectInfo
from ossferry.small.inside import is_same
from ossferry.small.item import Item
from tests.items.staged import Oss, etag, item, marks, stage
from tests.peers.scripted import Reply, Request, Then, answer
from tests.small.test_one import BODY


def held(oss: Oss, number: int, body: bytes = BODY, **headers: str) -> None:
    oss.objects[f"in/{number}"] = (body, {k.replace("_", "-"): v for k, v in headers.items()})


def described(number: int, size: int, **event: Any) -> Item:
    """An object as a listing describes it."""
    found = item(number, f"oss://my-bucket/in/{number}", listed=size, **event)
    return found._replace(etag=etag(BODY).strip('"'))


def test_oss_copies_inside_its_region_by_itself() -> None:
    """One request for each that a listing has described; one more for one that it has not."""
    with stage() as ours:
        held(ours.oss, 1)
        held(ours.oss, 2)
        _, rows = ours.run((described(1, len(BODY)), item(2, "oss://my-bucket/in/2")))
        assert Counter(request.method for request in ours.oss.served.requests) == {
            "PUT": 2,
            "HEAD": 1,
        }
    assert rows[1]["size"] == rows[2]["size"] == len(BODY)
    assert ours.bodies["out/1"] == ours.bodies["out/2"] == BODY


COLD: dict[str, Any] = {"x_oss_storage_class": "ColdArchive"}
FROZEN: dict[str, Any] = {"x_oss_storage_class": "Archive"}
THROUGH: dict[str, Any] = {"content_type": "text/plain"}  # which has the bytes pass the function


def methods(oss: Oss) -> list[str]:
    return [request.method for request in oss.served.requests]


@pytest.mark.parametrize("fields", [{}, THROUGH])
@pytest.mark.parametrize("headers", [COLD, FROZEN])
def test_an_archived_object_of_a_list_is_looked_at_alone(
    fields: dict[str, Any], headers: dict[str, Any]
) -> None:
    """And then neither copied nor read; its cause is the source."""
    with stage() as ours:
        held(ours.oss, 1, **headers)
        _, rows = ours.run((item(1, "oss://my-bucket/in/1", **fields),))
        assert methods(ours.oss) == ["HEAD"]
    assert (rows[1]["error_type"], rows[1]["cause"]) == ("SourceArchived", "source")
    kind = headers["x_oss_storage_class"]
    assert rows[1]["error"].startswith(f"oss://my-bucket/in/1 is in the class {kind}")


@pytest.mark.parametrize("fields", [{}, THROUGH])
def test_an_object_that_was_archived_since_it_was_listed_is_told_of(fields: dict[str, Any]) -> None:
    """OSS says only that it refuses: one look tells the rest."""
    refusal = answer(403, b"<Code>InvalidObjectState</Code>", Content_Type="application/xml")

    def first(request: Request, key: str) -> Reply | None:
        return None if request.method == "HEAD" else Reply(refusal)

    with stage(Oss(first)) as ours:
        held(ours.oss, 1, **COLD)
        _, rows = ours.run((described(1, len(BODY), **fields),))
        assert methods(ours.oss) == ["GET" if fields else "PUT", "HEAD"]
    assert rows[1]["error_type"] == "SourceArchived"
    assert "is in the class ColdArchive and is not restored" in rows[1]["error"]


@pytest.mark.parametrize("fields", [{}, THROUGH])
def test_an_archived_object_that_is_there_already_is_unchanged(fields: dict[str, Any]) -> None:
    """Nobody has to read it to know."""
    with stage() as ours:
        held(ours.oss, 1, **COLD)
        ours.oss.objects["out/1"] = (BODY, {})
        _, rows = ours.run((item(1, "oss://my-bucket/in/1", look=True, **fields),))
    assert rows[1]["outcome"] == "unchanged"


@pytest.mark.parametrize("fields", [{}, THROUGH])
def test_an_archived_object_is_read_for_its_price_if_the_event_says_so(
    fields: dict[str, Any],
) -> None:
    """Where its bucket does not allow that, OSS refuses."""
    with stage() as ours:
        held(ours.oss, 1, **FROZEN)
        _, rows = ours.run((item(1, "oss://my-bucket/in/1", direct_read=True, **fields),))
    assert rows[1]["outcome"] == "copied"


def test_an_object_that_vanished_is_gone() -> None:
    """Between the listing and the copy, or before it was looked at; its cause is the source."""
    with stage() as ours:
        _, rows = ours.run(
            (item(1, "oss://my-bucket/in/1", listed=5), item(2, "oss://my-bucket/in/2"))
        )
    assert {row["error_type"] for row in rows.values()} == {"SourceGone"}
    assert {row["cause"] for row in rows.values()} == {"source"}


def test_an_object_that_changed_since_it_was_listed_is_copied_as_it_is() -> None:
    """Looked at again, then copied with its new ETag; the size told is the new one."""
    with stage() as ours:
        held(ours.oss, 1)
        listed = item(1, "oss://my-bucket/in/1", listed=3)._replace(etag="old")
        _, rows = ours.run((listed,))
    assert rows[1]["outcome"] == "copied"
    assert rows[1]["size"] == len(BODY)


def test_an_object_that_vanishes_after_it_changed_is_gone() -> None:
    """Whichever of the two looks finds it missing."""

    def first(request: Request, key: str) -> Reply | None:
        refused = "x-oss-copy-source" in request.headers
        return Reply(answer(412, b"<Code>PreconditionFailed</Code>")) if refused else None

    with stage(Oss(first)) as ours:
        listed = item(1, "oss://my-bucket/in/1", listed=3)._replace(etag="old")
        _, rows = ours.run((listed,))
    assert rows[1]["error_type"] == "SourceGone"


def test_an_object_that_always_changes_fails() -> None:
    """After three looks; not as something that OSS refused."""

    def first(request: Request, key: str) -> Reply | None:
        refused = "x-oss-copy-source" in request.headers
        return Reply(answer(412, b"<Code>PreconditionFailed</Code>")) if refused else None

    with stage(Oss(first)) as ours:
        held(ours.oss, 1)
        _, rows = ours.run((item(1, "oss://my-bucket/in/1"),))
    assert rows[1]["error_type"] == "SourceChanged"


@pytest.mark.parametrize("there_before", [True, False])
def test_a_lost_answer_to_a_copy_makes_no_failure(there_before: bool) -> None:
    """With ``never`` the second try is refused: then the object is compared with its source."""
    lost = [Reply(b"", Then.CLOSE)]

    def first(request: Request, key: str) -> Reply | None:
        if "x-oss-copy-source" not in request.headers or not lost:
            return None
        if not there_before:
            oss.done(request, key)
        return lost.pop()

    oss = Oss(first)
    with stage(oss) as ours:
        held(oss, 1)
        if there_before:
            oss.objects["out/1"] = (b"another", {})
        _, rows = ours.run((item(1, "oss://my-bucket/in/1", listed=20, overwrite="never"),))
    assert rows[1]["outcome"] == ("skipped" if there_before else "copied")
    assert ours.bodies["out/1"] == (b"another" if there_before else BODY)


def test_what_is_expected_of_an_object_is_looked_at() -> None:
    """Lists often tell sizes: that costs a look, and not a whole transfer each."""
    with stage() as ours:
        for number in (1, 2, 3, 4):
            held(ours.oss, number)
        right = marks(BODY)["x-oss-hash-crc64ecma"]
        _, rows = ours.run(
            (
                item(1, "oss://my-bucket/in/1", listed=20, expected_size=20),
                item(2, "oss://my-bucket/in/2", listed=5, expected_size=5),
                item(3, "oss://my-bucket/in/3", expected_crc64=right),
                item(4, "oss://my-bucket/in/4", expected_crc64="5"),
            )
        )
    outcomes = [rows[n]["outcome"] for n in (1, 2, 3, 4)]
    assert outcomes == ["copied", "failed", "copied", "failed"]
    assert rows[2]["error_type"] == rows[4]["error_type"] == "ChecksumMismatch"
    assert ours.transferred == []


def test_what_oss_cannot_give_a_copy_goes_through_the_function() -> None:
    """Another media type, with the object's own metadata and tags, whatever letters they have."""
    tags = (
        "<Tagging><TagSet><Tag><Key>a b</Key><Value>c+d &amp; e/f</Value></Tag>"
        "<Tag><Key>\u00fc=</Key><Value/></Tag></TagSet></Tagging>"
    )
    with stage() as ours:
        held(ours.oss, 1, x_oss_meta_mine="kept", x_oss_tagging_count="2", tags=tags)
        _, rows = ours.run((item(1, "oss://my-bucket/in/1", content_type="text/x"),))
    assert rows[1]["outcome"] == "copied"
    body, headers = ours.oss.objects["out/1"]
    assert body == BODY
    assert headers["content-type"] == "text/x"
    assert headers["x-oss-meta-mine"] == "kept"
    assert headers["x-oss-tagging"] == "a%20b=c%2Bd%20%26%20e%2Ff&%C3%BC%3D="


def test_an_object_beyond_one_copy_is_left_to_a_transfer() -> None:
    """By the size that the listing gives; with its tags, which parts have none of."""
    tags = "<Tagging><TagSet><Tag><Key>a</Key><Value>1</Value></Tag></TagSet></Tagging>"
    with stage() as ours:
        held(ours.oss, 1, tags=tags)
        ours.run((described(1, 1_000_000_000),))
        [asked] = ours.oss.served.requests
        assert (asked.method, "tagging" in asked.target) == ("GET", True)
    [job] = ours.transferred
    assert job.tagging == "a=1"


def test_objects_of_which_nobody_knows_the_bytes_are_not_the_same() -> None:
    """OSS has no checksum for some."""
    one, other = ObjectInfo(5, "a", None), ObjectInfo(5, "b", None)
    assert not is_same(one, other)
    assert not is_same(one, ObjectInfo(5, "b", 7))
    assert is_same(ObjectInfo(5, "a", 7), ObjectInfo(5, "b", 7))
    assert not is_same(ObjectInfo(5, "a", 7), ObjectInfo(6, "b", 7))


@pytest.mark.parametrize("there", ["text/x", "text/y"])
def test_a_content_type_that_is_expected_is_looked_at(there: str) -> None:
    """OSS copies whatever there is, so such an object passes through the function."""

    def first(request: Request, key: str) -> Reply | None:
        if key != "in/1" or request.method != "GET":
            return None
        return Reply(answer(200, BODY, ETag=etag(BODY), Content_Type=there, **marks(BODY)))

    with stage(Oss(first)) as ours:
        held(ours.oss, 1)
        _, rows = ours.run((item(1, "oss://my-bucket/in/1", expected_content_type="text/x"),))
    assert rows[1]["outcome"] == ("copied" if there == "text/x" else "failed")
    assert ("out/1" in ours.bodies) is (there == "text/x")
