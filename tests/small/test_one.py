"""One item against sources and an OSS that do what they should not."""

from __future__ import annotations

import gzip
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import pytest

from ossferry.byte_range import KIB, MIB
from ossferry.events.request import transfer_of
from ossferry.small.done import Done
from ossferry.small.held import SMALL, Memory
from ossferry.small.item import Item
from ossferry.small.many import FIRST
from ossferry.small.one import Hands
from tests.items.staged import TARGET, Oss, copying, etag, item, marks, stage
from tests.peers.loopback import GUARD, soon
from tests.peers.scripted import Reply, Request, Script, Then, answer, in_turn

BODY = b"what is to be copied"


def saying(raw: bytes, then: Then = Then.KEEP) -> Script:
    return lambda _request: Reply(raw, then)


def chunked(*pieces: bytes, end: bytes = b"0\r\n\r\n") -> bytes:
    framed = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces)
    return b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + framed + end


WHOLE = {
    "with its length": (answer(200, BODY), Then.KEEP),
    "until it closes": (b"HTTP/1.1 200 OK\r\n\r\n" + BODY, Then.CLOSE),
    "in pieces": (chunked(BODY[:5], BODY[5:]), Then.KEEP),
    "as a range that is all": (
        answer(206, BODY, Content_Range=f"bytes 0-{len(BODY) - 1}/{len(BODY)}"),
        Then.KEEP,
    ),
    "with more than its length": (answer(200, BODY + b"more", length=len(BODY)), Then.KEEP),
    "of HTTP/1.0": (answer(200, BODY).replace(b"1.1", b"1.0", 1), Then.CLOSE),
    "after interim replies": (b"HTTP/1.1 103 Hints\r\n\r\n" + answer(200, BODY), Then.KEEP),
    "said to be kept, and closed": (answer(200, BODY, Connection="keep-alive"), Then.CLOSE),
}
BROKEN = {
    "short": (answer(200, BODY[:5], length=len(BODY)), Then.CLOSE, "SourceUnavailable"),
    "reset": (answer(200, BODY[:5], length=len(BODY)), Then.RESET, "SourceUnavailable"),
    "without its end": (chunked(BODY, end=b""), Then.CLOSE, "SourceUnavailable"),
    "of broken pieces": (chunked(BODY, end=b"zz\r\n"), Then.KEEP, "SourceUnavailable"),
    "of two lengths": (answer(200, BODY, content_length="3"), Then.KEEP, "SourceUnavailable"),
    "no HTTP": (b"hello\r\n\r\n", Then.CLOSE, "SourceUnavailable"),
    "a range beyond what it has": (
        b"HTTP/1.1 206 P\r\nContent-Range: bytes 0-9/10\r\n\r\n" + BODY,
        Then.CLOSE,
        "SourceUnavailable",
    ),
    "a part": (answer(206, BODY, Content_Range="bytes 0-19/99"), Then.KEEP, "RangeNotHonoured"),
    "of another CRC64": (answer(200, BODY, **marks(b"other")), Then.KEEP, "SourceChanged"),
    "gone": (answer(404, b"no"), Then.KEEP, "SourceGone"),
    "forbidden": (answer(403, b"no"), Then.KEEP, "SourceRefused"),
    "a redirect to nowhere": (answer(302, Location="ftp://x/"), Then.KEEP, "SourceRefused"),
    "a redirect to an inner network": (
        answer(302, Location="http://169.254.169.254/"),
        Then.KEEP,
        "SourceRefused",
    ),
}


@pytest.mark.parametrize("how", WHOLE)
def test_whatever_form_it_comes_in_it_arrives_whole(how: str) -> None:
    """Two items one after the other: what one leaves behind never becomes part of the next."""
    raw, then = WHOLE[how]
    with copying(saying(raw, then)) as (ours, server):
        _, rows = ours.run(tuple(item(n, f"{server.url}/{n}") for n in range(12)))
    assert {row["outcome"] for row in rows.values()} == {"copied"}
    assert ours.bodies == {f"out/{n}": BODY for n in range(12)}


@pytest.mark.parametrize("how", BROKEN)
def test_what_is_not_whole_is_not_written(how: str) -> None:
    """It fails by itself, with its cause; the next item does not suffer from it."""
    raw, then, error = BROKEN[how]

    def script(request: Request) -> Reply:
        return Reply(answer(200, BODY)) if request.target == "/good" else Reply(raw, then)

    with copying(script) as (ours, server):
        result, rows = ours.run(
            (item(1, f"{server.url}/bad"), item(2, f"{server.url}/good")), seconds=60.0
        )
    assert rows[1]["outcome"] == "failed"
    assert rows[1]["error_type"] == error
    assert rows[2]["outcome"] == "copied"
    assert ours.bodies == {"out/2": BODY}
    assert result.left == ()


def test_a_hiccup_is_tried_again() -> None:
    """Four times in all; what is told is how often."""
    cut = Reply(answer(200, BODY[:3], length=len(BODY)), Then.CLOSE)
    good = Reply(answer(200, BODY))
    with copying(in_turn(cut, Reply(answer(500)), cut, rest=good)) as (ours, server):
        _, rows = ours.run((item(1, f"{server.url}/x"),))
    assert rows[1]["outcome"] == "copied"
    assert rows[1]["attempts"] == 4


@pytest.mark.parametrize("framed", [True, False])
@pytest.mark.parametrize("size", [0, 1, 256 * KIB - 1, 256 * KIB, 256 * KIB + 1, SMALL, SMALL + 1])
def test_sizes_at_every_edge(framed: bool, size: int) -> None:
    """Also where the source does not say it; what is beyond is left to a transfer."""
    body = bytes(range(251)) * (size // 251 + 1)
    body = body[:size]
    raw = chunked(*([body] if body else [])) if framed else answer(200, body)
    with copying(saying(raw)) as (ours, server):
        _, rows = ours.run((item(1, f"{server.url}/x"),))
    if size > SMALL:
        assert [job.target.key for job in ours.transferred] == ["out/1"]
        assert ours.bodies == {}
    else:
        assert ours.bodies == {"out/1": body}
        assert rows[1]["size"] == size


def test_a_redirect_costs_no_connection_per_item() -> None:
    """Neither to the server that redirects, whatever it says beside, nor to where it leads."""
    with copying(saying(answer(200, BODY))) as (ours, there):
        front = saying(answer(302, b"<p>moved</p>" * 50, Location=f"{there.url}/x"))
        with copying(front) as (_, here):
            ours.run(tuple(item(n, f"{here.url}/{n}") for n in range(40)))
            for server in (here, there):
                assert len(server.requests) == 40
                assert len({request.connection for request in server.requests}) <= FIRST


def test_a_refusal_costs_no_connection() -> None:
    """A list of what is gone is worked off over the connections that there are."""
    with copying(saying(answer(404, b"nothing here" * 100))) as (ours, server):
        ours.run(tuple(item(n, f"{server.url}/{n}") for n in range(40)))
        assert len({request.connection for request in server.requests}) <= FIRST


def test_a_large_source_is_not_read_twice() -> None:
    """Its head says that it is large: the connection is given up, not its bytes awaited."""
    raw = answer(200, b"x" * MIB, length=SMALL + MIB)
    with copying(saying(raw)) as (ours, server):
        began = time.monotonic()
        ours.run((item(1, f"{server.url}/x"),))
    assert time.monotonic() - began < 5
    assert len(ours.transferred) == 1


def test_a_body_that_trickles_after_a_refusal_holds_nobody_up() -> None:
    """A server that announces an error page and never gives it costs a second, and a connection."""
    with copying(saying(answer(404, b"", length=100))) as (ours, server):
        began = time.monotonic()
        _, rows = ours.run((item(1, f"{server.url}/x"), item(2, f"{server.url}/y")))
    assert time.monotonic() - began < 10
    assert {row["error_type"] for row in rows.values()} == {"SourceGone"}


def test_coded_bytes_are_kept_as_they_are() -> None:
    """With the header that says how to read them, and the source's other headers."""
    body = gzip.compress(BODY)
    raw = answer(200, body, Content_Encoding="gzip", Content_Type="text/x", ETag='"v1"')
    with copying(saying(raw)) as (ours, server):
        ours.run((item(1, f"{server.url}/x"),))
    stored, headers = ours.oss.objects["out/1"]
    assert stored == body
    assert headers["content-encoding"] == "gzip"
    assert headers["content-type"] == "text/x"
    assert headers["x-oss-meta-ossferry-source"]


# What is there already.


def test_what_is_there_is_not_copied_again() -> None:
    """A second run finds each by what the first remembered, and writes nothing."""
    with copying(saying(answer(200, BODY, ETag='"v1"'))) as (ours, server):
        items = tuple(item(n, f"{server.url}/{n}", look=True) for n in range(3))
        ours.run(items)
        puts = len(ours.oss.asked("PUT"))
        _, rows = ours.run(items)
    assert {row["outcome"] for row in rows.values()} == {"unchanged"}
    assert len(ours.oss.asked("PUT")) == puts == 3


@pytest.mark.parametrize("look", [True, False])
def test_never_skips_what_is_there(look: bool) -> None:
    """Whether it was looked for before, or somebody was faster: it is no failure either way."""
    with copying(saying(answer(200, BODY))) as (ours, server):
        ours.oss.objects["out/1"] = (b"old", {})
        _, rows = ours.run((item(1, f"{server.url}/x", look=look, overwrite="never"),))
    assert rows[1]["outcome"] == "skipped"
    assert "overwrite is never" in rows[1]["error"]
    assert ours.bodies == {"out/1": b"old"}


def test_expectations_are_held_before_anything_is_written() -> None:
    """Size, CRC64 and MD5 of the event, each by itself."""
    wrong: dict[int, dict[str, Any]] = {
        1: {"expected_size": 5},
        2: {"expected_crc64": "5"},
        3: {"expected_md5": "0" * 32},
    }
    with copying(saying(answer(200, BODY))) as (ours, server):
        _, rows = ours.run(
            tuple(item(n, f"{server.url}/{n}", **fields) for n, fields in wrong.items())
        )
    assert {row["error_type"] for row in rows.values()} == {"ChecksumMismatch"}
    assert ours.bodies == {}


def test_an_item_that_is_no_event_fails_alone() -> None:
    """With what can be said of it, and no more: nothing of it was asked."""
    with copying(saying(answer(200, BODY))) as (ours, server):
        bad = item(1, "gopher://x/", metadata={"ossferry": "x"})
        _, rows = ours.run((bad, item(2, f"{server.url}/x"), item(3, "http://x/", wrong=1)))
    assert [rows[n]["outcome"] for n in (1, 2, 3)] == ["failed", "copied", "failed"]
    assert rows[1]["cause"] == rows[3]["cause"] == "event"


# Inside OSS.


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


# Memory.


def test_memory_is_given_as_it_comes_free() -> None:
    """Nobody holds more than there is, and nobody waits who need not."""
    memory, most = Memory(10), [0, 0]
    lock = threading.Lock()

    def hold(size: int) -> None:
        with memory.of(size):
            with lock:
                most[0] += size
                most[1] = max(most)
            time.sleep(0.01)
            with lock:
                most[0] -= size

    threads = [threading.Thread(target=hold, args=(size,)) for size in (8, 1, 3, 10, 2, 7) * 3]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert most[0] == 0
    assert most[1] <= 10


class Watched(Memory):
    """Notes how much is held at the most."""

    def __init__(self) -> None:
        super().__init__()
        self.now = self.most = 0
        self.lock = threading.Lock()

    @contextmanager
    def of(self, size: int) -> Iterator[None]:
        with super().of(size):
            self._note(size)
            yield
            self._note(-size)

    def _note(self, size: int) -> None:
        with self.lock:
            self.now += size
            self.most = max(self.most, self.now)


@pytest.mark.parametrize("framed", [True, False])
def test_sixty_four_streams_hold_no_more_than_they_may(framed: bool) -> None:
    """Bodies of 8 MiB each, all at once, are the most that there can be: they wait, and all come
    through."""
    body, memory = bytes(SMALL), Watched()
    raw = chunked(body) if framed else answer(200, body)
    took = lambda request, key: Reply(answer(200)) if request.body else None  # noqa: E731
    found: list[Done | None] = []

    def one(number: int) -> None:
        hands = Hands(ours.context, ours.settings, GUARD, memory, soon(), time.sleep)
        with closing(hands):
            each = item(number, f"{server.url}/{number}")
            found.append(hands.copy(each, transfer_of({**TARGET, **each.event})))

    with copying(saying(raw), Oss(took)) as (ours, server):
        threads = [threading.Thread(target=one, args=(n,)) for n in range(64)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert [done and done.info and done.info.size for done in found] == [SMALL] * 64
    assert 3 * SMALL <= memory.most <= 64 * MIB
    assert memory.now == 0
