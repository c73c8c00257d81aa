"""OSS without its SDK: what it answers, and what it does not."""

from __future__ import annotations

import time
from base64 import b64encode
from collections.abc import Iterator
from contextlib import closing, contextmanager
from hashlib import md5

import pytest

from ossferry.archived import Restore
from ossferry.byte_range import KIB, MIB
from ossferry.context import Credentials
from ossferry.entries import ObjectInfo
from ossferry.errors import (
    ChecksumMismatch,
    FerryError,
    ObjectExists,
    TargetRefused,
    TargetUnavailable,
)
from ossferry.names import UPLOAD_MARK, ObjectName
from ossferry.oss.direct import Account, Direct
from tests.items.staged import Oss, etag, marks
from tests.peers.loopback import soon
from tests.peers.scripted import Reply, Request, Script, Scripted, Then, answer, in_turn, scripted

BODY = memoryview(b"the bytes of an object")
BUCKET = ObjectName("cn-hangzhou", "my-bucket", "")
LOST = Reply(b"", Then.CLOSE)


@contextmanager
def asking(script: Script, deadline: float | None = None) -> Iterator[tuple[Direct, Scripted]]:
    with scripted(script) as server:
        account = Account(BUCKET, server.url, lambda: Credentials("id", "secret", "token"))

        def judge(key: str) -> None:
            if key.startswith("not/"):
                raise TargetRefused(f"{key} may not be written")

        direct = Direct(
            account,
            soon() if deadline is None else time.monotonic() + deadline,
            judge=judge,
            sleep=lambda _seconds: None,
        )
        with closing(direct):
            yield direct, server


def refusing(status: int, code: str, then: Then = Then.KEEP) -> Reply:
    return Reply(answer(status, f"<Error><Code>{code}</Code></Error>".encode()), then)


def copied(body: bytes = b"x") -> Reply:
    said = f"<CopyObjectResult><ETag>{etag(body)}</ETag></CopyObjectResult>"
    return Reply(answer(200, said.encode(), **marks(body)))


def never_asked(_info: ObjectInfo) -> bool:
    raise AssertionError


# Heads.


def test_a_head_has_no_body_whatever_its_length() -> None:
    """Neither that of an object, nor that of a 404; the connection serves on."""
    replies = (
        Reply(answer(200, length=12345, ETag='"e"', x_oss_meta_Mine="m", **marks(b"x"))),
        Reply(answer(404, length=300)),
        Reply(answer(200, length=5, ETag='"e"')),
    )
    with asking(in_turn(*replies)) as (direct, server):
        found = direct.head("k")
        assert found
        assert (found.size, found.etag, found.metadata) == (12345, "e", {"mine": "m"})
        assert direct.head("k") is None
        assert direct.head("k") == ObjectInfo(5, "e", None, {})
        assert [request.connection for request in server.requests] == [1, 1, 1]
        assert direct.requests == 3


def test_a_body_after_a_head_never_passes_for_the_next_reply() -> None:
    """A gateway that sends one costs its connection."""
    with asking(in_turn(Reply(answer(200, b"HTTP/1.1 404 No\r\n\r\n")), rest=Oss())) as (
        direct,
        server,
    ):
        assert direct.head("k")
        assert direct.head("other") is None
        assert [request.connection for request in server.requests] == [1, 2]


def test_an_object_without_a_size_is_none_that_can_be_told() -> None:
    """It may pass; and it does not."""
    with (
        asking(lambda _: Reply(b"HTTP/1.1 200 OK\r\nETag: x\r\n\r\n")) as (direct, _),
        pytest.raises(TargetUnavailable, match="without its size"),
    ):
        direct.head("k")


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (Reply(answer(403)), TargetRefused),
        (Reply(answer(500)), TargetUnavailable),
        (LOST, TargetUnavailable),
    ],
)
def test_a_head_that_fails_is_not_an_object_that_is_missing(
    reply: Reply, error: type[FerryError]
) -> None:
    """Else it would be copied over."""
    with asking(lambda _: reply) as (direct, server):
        with pytest.raises(error):
            direct.head("k")
        assert len(server.requests) in (1, 8, 16)


# Puts.


@pytest.mark.parametrize("size", [0, 1, 64 * KIB, 64 * KIB + 1, 3 * MIB])
def test_a_body_arrives_as_it_is(size: int) -> None:
    """With its MD5 and mark; a second one over the same connection."""
    oss, body = Oss(), memoryview(bytes(range(256)) * (size // 256 + 1))[:size]
    with asking(oss) as (direct, server):
        for key in ("a", "b"):
            info = direct.put(key, {"Content-Type": "text/x"}, body)
            assert info.size == size
        assert {key: stored[0] for key, stored in oss.objects.items()} == {"a": body, "b": body}
        assert [request.connection for request in server.requests] == [1, 1]
        assert server.requests[0].headers["content-md5"]
        assert server.requests[0].headers[f"x-oss-meta-{UPLOAD_MARK}"]


@pytest.mark.parametrize("size", [100, 8 * MIB])
def test_a_refusal_before_the_body_is_through_is_the_answer(size: int) -> None:
    """OSS hangs up on what it does not want; why, it has said before."""
    with (
        asking(lambda _: refusing(403, "AccessDenied", Then.CLOSE)) as (direct, _),
        pytest.raises((TargetRefused, TargetUnavailable)) as raised,
    ):
        direct.put("k", {}, memoryview(bytes(size)))
    if isinstance(raised.value, TargetRefused):
        assert "AccessDenied" in raised.value.message


def test_success_before_the_body_is_through_is_none() -> None:
    """It cannot have what it was not sent."""
    early = Reply(answer(200, ETag='"e"'), Then.CLOSE)
    oss = Oss()
    with asking(in_turn(early, rest=oss)) as (direct, _):
        info = direct.put("k", {}, memoryview(bytes(8 * MIB)))
    assert info.size == 8 * MIB
    assert len(oss.objects["k"][0]) == 8 * MIB


def test_a_wrong_crc64_is_sent_again_and_then_believed() -> None:
    """Once may be an accident; what stays wrong is no copy of the source."""
    wrong = Reply(answer(200, ETag='"e"', **marks(b"other")))
    with asking(in_turn(wrong, rest=Oss())) as (direct, _):
        assert direct.put("k", {}, BODY).size == len(BODY)
    with asking(lambda _: wrong) as (direct, _), pytest.raises(ChecksumMismatch):
        direct.put("k", {}, BODY)


def test_a_body_that_was_damaged_on_its_way_is_sent_again() -> None:
    """By its MD5 OSS has noticed."""
    with asking(in_turn(refusing(400, "InvalidDigest"), rest=Oss())) as (direct, _):
        assert direct.put("k", {}, BODY).size == len(BODY)


@pytest.mark.parametrize("never", [True, False])
def test_a_lost_answer_makes_no_second_object(never: bool) -> None:
    """With ``never`` the repeated request is refused, and the mark tells whose object it is."""
    oss = Oss()

    def first(request: Request) -> Reply:
        oss(request)
        return LOST

    with asking(in_turn(first, rest=oss)) as (direct, _):
        headers = {"x-oss-forbid-overwrite": "true"} if never else {}
        assert direct.put("k", headers, BODY).size == len(BODY)
    assert oss.objects["k"][0] == BODY


def test_an_answer_that_is_lost_for_ever_is_looked_for() -> None:
    """What all attempts brought about is told by a look at the object."""
    oss = Oss()

    def script(request: Request) -> Reply:
        done = oss(request)
        return LOST if request.method == "PUT" else done

    with asking(script) as (direct, _):
        assert direct.put("k", {}, BODY).size == len(BODY)


def test_an_object_of_somebody_else_is_not_ours() -> None:
    """Whether it has a mark or not, the same bytes or others."""
    oss = Oss()
    oss.objects["k"] = (bytes(BODY), {f"x-oss-meta-{UPLOAD_MARK}": "another"})
    with asking(oss) as (direct, _), pytest.raises(ObjectExists):
        direct.put("k", {"x-oss-forbid-overwrite": "true"}, BODY)


# Copies.


def test_a_copy_names_its_source_and_version() -> None:
    """With whatever letters the key has."""
    with asking(lambda _: copied()) as (direct, server):
        source = ObjectName("cn-hangzhou", "other", "a b/\u00fc?#%.txt")
        direct.copy(source, "E", "k", {}, never_asked)
        headers = server.requests[0].headers
    assert headers["x-oss-copy-source"] == "/other/a%20b%2F%C3%BC%3F%23%25.txt"
    assert headers["x-oss-copy-source-if-match"] == '"E"'


@pytest.mark.parametrize(
    "bad",
    [
        Reply(answer(200, b"<Error><Code>InternalError</Code></Error>")),
        Reply(answer(200, b"")),
        Reply(answer(200, b"<CopyObjectResult/>")),
        Reply(answer(200, b"<CopyObjectResult><ETag>", length=99), Then.CLOSE),
        Reply(answer(503)),
    ],
)
def test_a_copy_that_did_not_come_about_is_asked_for_again(bad: Reply) -> None:
    """A 200 alone says nothing: it is sent before the copy is done."""
    with asking(in_turn(bad, rest=copied(b"x"))) as (direct, server):
        made = direct.copy(BUCKET._replace(key="s"), None, "k", {}, never_asked)
        assert len(server.requests) == 2
    assert str(made.crc64) == marks(b"x")["x-oss-hash-crc64ecma"]
    with asking(lambda _: bad) as (direct, server):
        with pytest.raises(TargetUnavailable):
            direct.copy(BUCKET._replace(key="s"), None, "k", {}, never_asked)
        assert len(server.requests) >= 8


@pytest.mark.parametrize("ours", [True, False])
@pytest.mark.parametrize("lost", [True, False])
def test_a_copy_that_is_there_is_ours_only_after_a_lost_answer(ours: bool, lost: bool) -> None:
    """And only if it is one; without a lost answer it is somebody else's, also with equal bytes."""
    exists, there = refusing(409, "FileAlreadyExists"), Reply(answer(200, length=1, **marks(b"x")))
    replies = [*([LOST] if lost else []), exists, there]
    headers = {"x-oss-forbid-overwrite": "true"}
    with asking(in_turn(*replies)) as (direct, _):
        if ours and lost:
            made = direct.copy(BUCKET._replace(key="s"), None, "k", headers, lambda _: True)
            assert str(made.crc64) == marks(b"x")["x-oss-hash-crc64ecma"]
        else:
            with pytest.raises(ObjectExists):
                direct.copy(BUCKET._replace(key="s"), None, "k", headers, lambda _: ours)


# Restores.


@pytest.mark.parametrize(
    ("wanted", "body"),
    [
        (Restore(2, None), b"<RestoreRequest><Days>2</Days></RestoreRequest>"),
        (
            Restore(30, "Bulk"),
            b"<RestoreRequest><Days>30</Days><JobParameters><Tier>Bulk</Tier></JobParameters>"
            b"</RestoreRequest>",
        ),
    ],
)
def test_a_restore_asks_for_days_and_for_a_tier_where_there_are_some(
    wanted: Restore, body: bytes
) -> None:
    """Of keys that nobody may write, too: it is no write."""
    with asking(lambda request: Reply(answer(202, b"" if request.body else b"?"))) as (
        direct,
        server,
    ):
        assert direct.restore("not/k", wanted) == "asked"
        (request,) = server.requests
        assert (request.method, request.body) == ("POST", body)
        assert request.target.startswith("/my-bucket/not/k?restore&")
        assert request.headers["content-md5"] == b64encode(md5(body).digest()).decode()


@pytest.mark.parametrize(
    ("status", "code", "meaning"),
    [
        (202, "", "asked"),
        (200, "", "extended"),
        (409, "<Code>RestoreAlreadyInProgress</Code>", "under_way"),
        (409, "<Code>RestoreAlreadyInProgress</Code><EC>0016-00000715</EC>", "under_way"),
        (400, "<Code>OperationNotSupported</Code><EC>0016-00000702</EC>", "not_archived"),
        (404, "<Code>NoSuchKey</Code>", "gone"),
    ],
)
def test_a_restore_says_what_came_of_it(status: int, code: str, meaning: str) -> None:
    """None of these is a fault, and none is asked for twice."""
    reply = Reply(answer(status, f"<Error>{code}</Error>".encode() if code else b""))
    with asking(lambda request: reply if request.body else LOST) as (direct, server):
        assert direct.restore("k", Restore(1, None)) == meaning
        assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("reply", "error", "requests"),
    [
        (refusing(404, "NoSuchBucket"), TargetRefused, 1),
        (refusing(403, "AccessDenied"), TargetRefused, 1),
        (refusing(400, "MalformedXML"), TargetRefused, 1),
        (refusing(400, "OperationNotSupported"), TargetRefused, 1),
        (refusing(409, "OperationAborted"), TargetUnavailable, 8),
        (refusing(503, "ServiceUnavailable"), TargetUnavailable, 8),
    ],
)
def test_a_restore_that_is_refused_is_an_error(
    reply: Reply, error: type[FerryError], requests: int
) -> None:
    """A bucket that is not there is no object that is gone; what may pass is asked for again."""
    with asking(lambda request: reply if request.body else LOST) as (direct, server):
        with pytest.raises(error):
            direct.restore("k", Restore(1, None))
        assert len(server.requests) == requests


def test_a_restore_whose_answer_is_lost_is_under_way() -> None:
    """It is asked for again, which OSS takes for no second restore."""
    with asking(in_turn(LOST, LOST, refusing(409, "RestoreAlreadyInProgress"))) as (direct, server):
        assert direct.restore("k", Restore(1, None)) == "under_way"
        assert len(server.requests) == 3


# All of them.


@pytest.mark.parametrize(
    ("xml", "header"),
    [
        ("", ""),
        ("<Tag><Key>a</Key><Value>b</Value></Tag>", "a=b"),
        ("<Tag><Key>a</Key><Value/></Tag>", "a="),
        ("<Tag><Key>a</Key><Value></Value></Tag>", "a="),
        ("<Tag>\n<Key>a+ b</Key>\n<Value>=&amp;/:</Value></Tag>", "a%2B%20b=%3D%26%2F%3A"),
        ("<Tag><Key>\u4e2d</Key><Value>x</Value></Tag>" * 2, "%E4%B8%AD=x&%E4%B8%AD=x"),
    ],
)
def test_tags_become_a_header(xml: str, header: str) -> None:
    """Whatever letters they have, as OSS reads it again."""
    with asking(lambda _: Reply(answer(200, f"<TagSet>{xml}</TagSet>".encode()))) as (
        direct,
        server,
    ):
        assert direct.tags("k") == header
        assert "?tagging&" in server.requests[0].target


def test_what_may_not_be_written_is_not_asked_for() -> None:
    """Neither a PUT nor a copy; it may be looked at."""
    with asking(Oss()) as (direct, server):
        with pytest.raises(TargetRefused):
            direct.put("not/k", {}, BODY)
        with pytest.raises(TargetRefused):
            direct.copy(BUCKET._replace(key="s"), None, "not/k", {}, never_asked)
        assert server.requests == []
        assert direct.head("not/k") is None


def test_a_refusal_says_which_bucket_was_asked_and_no_secret() -> None:
    """The role is what has to be mended; signatures stay out of every text."""
    with (
        asking(lambda _: refusing(403, "AccessDenied")) as (direct, _),
        pytest.raises(TargetRefused, match="oss://my-bucket was asked") as raised,
    ):
        direct.put("k", {}, BODY)
    assert "signature" not in raised.value.message
    account = Account(BUCKET, "e", lambda: Credentials("id", "secret", "token"))
    assert "secret" not in repr(account)


def test_hiccups_end_with_the_time() -> None:
    """No attempt is begun after the deadline, and none waits beyond it."""
    began = time.monotonic()
    hang = in_turn(lambda _: time.sleep(2) or LOST)  # type: ignore[func-returns-value]
    with asking(hang, deadline=0.3) as (direct, _), pytest.raises(TargetUnavailable):
        direct.head("k")
    assert time.monotonic() - began < 15


def test_an_interruption_ends_it_for_good() -> None:
    """Now, and whatever is asked later."""
    with asking(Oss()) as (direct, server):
        assert direct.head("k") is None
        direct.interrupt()
        with pytest.raises(TargetUnavailable):
            direct.put("k", {}, BODY)
        assert len(server.requests) == 1
