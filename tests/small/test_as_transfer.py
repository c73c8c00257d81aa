"""One item that is to become what a transfer would make of it, and nothing that it would not."""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import closing
from typing import Any

import pytest

from ossferry.errors import ChecksumMismatch, SourceChanged, SourceGone
from ossferry.events.request import transfer_of
from ossferry.names import SOURCE_MARK, UPLOAD_MARK
from ossferry.small.done import Done
from ossferry.small.held import Memory
from ossferry.small.item import Item
from ossferry.small.one import Hands
from tests.items.staged import BUCKET, TARGET, Oss, Stage, copying, marks, stage
from tests.peers.loopback import GUARD, soon
from tests.peers.scripted import Reply, Request, Then, answer, in_turn

BODY = b"what is to be copied"
DATE = "Mon, 01 Jan 2024 10:00:00 GMT"
MARK = f"x-oss-meta-{SOURCE_MARK}"


def copied(ours: Stage, source: str, **fields: Any) -> Done | None:
    """What came of one item."""
    hands = Hands(
        ours.context, ours.settings, GUARD, Memory(), soon(), time.sleep, as_transfer=True
    )
    with closing(hands):
        event = {**TARGET, "source_url": source, "target_object_name": "out", **fields}
        return hands.copy(Item(0, {}), transfer_of(event, "cn-hangzhou"))


def outcome(done: Done | None) -> str | None:
    return done and done.outcome


def kept(oss: Oss, key: str = "out") -> Mapping[str, str]:
    return oss.objects[key][1]


def test_a_copy_is_told_with_its_proof_and_its_source() -> None:
    """As its one reply told of it; the phases are those that there were."""
    raw = answer(200, BODY, ETag='"v1"', Last_Modified=DATE, **marks(BODY))
    with copying(lambda _: Reply(raw)) as (ours, server):
        done = copied(ours, f"{server.url}/x?secret=1", expected_size=len(BODY))
        assert len(server.requests) == 1
    assert done
    assert done.info
    assert done.source
    assert done.proof == ("object", "source_crc64", "expected_size")
    assert (done.info.size, done.source.known_by) == (len(BODY), ["etag", "size"])
    assert [*done.seconds] == ["probe", "read", "copy"]


def test_what_has_to_stay_is_left_to_a_transfer_unless_it_is_the_source() -> None:
    """A transfer looks again, and tells the one from the other by its error."""
    with copying(lambda _: Reply(answer(200, BODY, ETag='"v1"'))) as (ours, server):
        url = f"{server.url}/x"
        assert outcome(copied(ours, url, overwrite="never")) == "copied"
        assert outcome(copied(ours, url, overwrite="never")) == "unchanged"
        ours.oss.objects["out"] = (b"another", {})
        assert copied(ours, url, overwrite="never") is None
    assert ours.bodies == {"out": b"another"}


def test_what_somebody_else_made_meanwhile_is_told_as_skipped() -> None:
    """Which is no word of whether it is the source."""

    def first(request: Request, key: str) -> Reply | None:
        return Reply(answer(404)) if request.method == "HEAD" else None

    with copying(lambda _: Reply(answer(200, BODY)), Oss(first)) as (ours, server):
        ours.oss.objects["out"] = (b"another", {})
        done = copied(ours, f"{server.url}/x", overwrite="never")
    assert done
    assert (done.outcome, done.info, done.source) == ("skipped", None, None)


def test_a_source_that_only_its_nodes_may_tell_apart_is_left_to_a_transfer() -> None:
    """Of the same size and date, with another ETag."""
    one, other = (
        Reply(answer(200, BODY, ETag=f'"{tag}"', Last_Modified=DATE)) for tag in ("one", "other")
    )
    with copying(in_turn(one, other)) as (ours, server):
        assert outcome(copied(ours, f"{server.url}/x")) == "copied"
        assert copied(ours, f"{server.url}/x") is None
        assert len(ours.oss.asked("PUT")) == 1


def test_what_comes_in_pieces_is_known_again() -> None:
    """By the mark that an answer to a range would give it; its server did not say its size."""
    pieces = b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nETag: "v1"\r\n\r\n14\r\n'
    pieces += BODY + b"\r\n0\r\n\r\n"
    with copying(in_turn(Reply(answer(200, BODY, ETag='"v1"')), rest=Reply(pieces))) as (
        ours,
        server,
    ):
        url = f"{server.url}/x"
        assert outcome(copied(ours, url)) == "copied"
        whole = kept(ours.oss)[MARK]
        done = copied(ours, url, overwrite="always")
        assert done
        assert done.source
        assert done.source.size is None
        assert kept(ours.oss)[MARK] == whole
        puts = len(ours.oss.asked("PUT"))
        assert outcome(copied(ours, url)) == "unchanged"
        assert len(ours.oss.asked("PUT")) == puts


# Inside OSS.

SOURCE = f"oss://{BUCKET}/in"


def held(oss: Oss, body: bytes = BODY, **headers: str) -> None:
    oss.objects["in"] = (body, {name.replace("_", "-"): text for name, text in headers.items()})


def test_oss_makes_the_copy_with_what_the_event_wants_and_its_marks() -> None:
    """Replacing the source's own headers, of which those that stay are sent again."""
    with stage() as ours:
        held(ours.oss, x_oss_meta_mine="kept")
        done = copied(ours, SOURCE, content_type="text/x", metadata={"a": "b"})
        assert not [each for each in ours.oss.asked("PUT") if each.body]
    asked = kept(ours.oss)
    assert asked["x-oss-metadata-directive"] == "REPLACE"
    assert asked["content-type"] == "text/x"
    assert (asked["x-oss-meta-mine"], asked["x-oss-meta-a"]) == ("kept", "b")
    assert asked[MARK]
    assert done
    assert done.info
    assert done.proof == ("copied_by_oss", "object", "source_crc64")
    assert (done.info.size, done.info.etag) == (len(BODY), "E" + marks(BODY)[CRC])
    assert [*done.seconds] == ["probe", "copy"]


CRC = "x-oss-hash-crc64ecma"


def test_an_object_that_is_there_is_not_copied_again() -> None:
    """By the CRC64 of both; another one that has to stay is a transfer's to judge."""
    with stage() as ours:
        held(ours.oss)
        ours.oss.objects["out"] = (BODY, {})
        assert outcome(copied(ours, SOURCE)) == "unchanged"
        ours.oss.objects["out"] = (b"another", {})
        assert copied(ours, SOURCE, overwrite="never") is None
        assert ours.oss.asked("PUT") == []


@pytest.mark.parametrize(
    "fields", [{}, {"expected_md5": "eb0a9a6ae7ff4a6a3ac18e5d2a2ee0c6"[:32]}], ids=["empty", "md5"]
)
def test_what_only_the_bytes_can_tell_goes_through_the_function(fields: dict[str, Any]) -> None:
    """And so does nothing at all, which OSS has no proof of."""
    with stage() as ours:
        held(ours.oss, BODY if fields else b"")
        if fields:
            with pytest.raises(ChecksumMismatch, match="MD5"):
                copied(ours, SOURCE, **fields)
        else:
            assert outcome(copied(ours, SOURCE)) == "copied"
            assert ours.bodies["out"] == b""
        assert not [each for each in ours.oss.asked("PUT") if "x-oss-copy-source" in each.headers]


def answering(reply: Reply) -> Oss:
    """An OSS that answers this to a copy."""

    def first(request: Request, key: str) -> Reply | None:
        return reply if "x-oss-copy-source" in request.headers else None

    return Oss(first)


def test_a_copy_that_is_another_is_a_mismatch() -> None:
    """By OSS's own word of both."""
    said = answer(200, b'<CopyObjectResult><ETag>"e"</ETag></CopyObjectResult>', **marks(b"other"))
    with stage(answering(Reply(said))) as ours:
        held(ours.oss)
        with pytest.raises(ChecksumMismatch, match="for the copy"):
            copied(ours, SOURCE)


def test_without_a_checksum_of_the_copy_no_more_is_claimed() -> None:
    """Than that OSS made it."""
    said = answer(200, b'<CopyObjectResult><ETag>"e"</ETag></CopyObjectResult>')
    with stage(answering(Reply(said))) as ours:
        held(ours.oss)
        done = copied(ours, SOURCE)
    assert done
    assert done.proof == ("copied_by_oss",)


@pytest.mark.parametrize(
    ("status", "code"), [(412, "PreconditionFailed"), (404, "NoSuchKey")], ids=["other", "gone"]
)
def test_a_source_that_changes_meanwhile_has_changed(status: int, code: str) -> None:
    """Somebody may look again; it is no refusal of the target."""
    refusal = answer(status, f"<Error><Code>{code}</Code></Error>".encode())
    with stage(answering(Reply(refusal))) as ours:
        held(ours.oss)
        with pytest.raises(SourceChanged):
            copied(ours, SOURCE)


def test_an_object_that_is_not_there_is_gone() -> None:
    """Certainly: OSS says so."""
    with stage() as ours, pytest.raises(SourceGone):
        copied(ours, SOURCE)


@pytest.mark.parametrize("ours_is_there", [True, False])
def test_a_lost_answer_is_looked_up_by_its_mark(ours_is_there: bool) -> None:
    """With ``never`` a second try is refused, by our own copy or by somebody else's object."""
    lost = [Reply(b"", Then.CLOSE)]

    def first(request: Request, key: str) -> Reply | None:
        if "x-oss-copy-source" not in request.headers or not lost:
            return None
        if ours_is_there:
            oss.done(request, key)
        else:
            oss.objects["out"] = (BODY, {f"x-oss-meta-{UPLOAD_MARK}": "another"})
        return lost.pop()

    oss = Oss(first)
    with stage(oss) as ours:
        held(oss)
        done = copied(ours, SOURCE, overwrite="never")
    assert outcome(done) == ("copied" if ours_is_there else "skipped")


def test_tags_are_left_as_a_transfer_leaves_them() -> None:
    """Nobody asks for them: the role may not be allowed to."""
    with stage() as ours:
        held(ours.oss, b"", x_oss_tagging_count="2")
        copied(ours, SOURCE)
        assert not [each for each in ours.oss.served.requests if "tagging" in each.target]
