"""The origin over HTTP: a good file server first, and then every way to be a bad one."""

from __future__ import annotations

import gzip
import hashlib
import json
import time
from base64 import b64encode
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
from fastcrc import crc64

from tests.peers.origin_asking import Origin, Seen, expected

SIZE = 100_000
FILE = f"/random/seed/{SIZE}"
BODY = expected("seed", SIZE)


def _file(name: str) -> str:
    """Return the path of the generated file under a name that no other test uses."""
    return f"{FILE}/{name}"


def test_a_file_is_served_with_what_identifies_it(origin: Origin) -> None:
    """A file of the directory comes with length, type, strong ETag and date."""
    (origin.root / "page.html").write_bytes(b"<p>hello")
    seen = origin.ask("/page.html")
    assert (seen.status, seen.body) == (200, b"<p>hello")
    assert seen.headers["Content-Type"] == "text/html"
    assert seen.headers["Accept-Ranges"] == "bytes"
    assert seen.headers["ETag"].startswith('"')
    assert seen.headers["Last-Modified"].endswith("GMT")


@pytest.mark.parametrize("name", ["a b+c%d.bin", "ключ/ü.txt", "x#y?z&.bin", "line\nbreak"])
def test_names_are_percent_decoded_once(origin: Origin, name: str) -> None:
    """Awkward names are found under their encoded form; a plus is a plus."""
    target = origin.root / name
    target.parent.mkdir(exist_ok=True)
    target.write_bytes(name.encode())
    assert origin.ask(f"/{quote(name, safe='+/')}").body == name.encode()


@pytest.mark.parametrize(
    "path", ["/missing", "/", "/%2e%2e/etc/passwd", "/../x", "/%00", "/random/a"]
)
def test_what_is_not_there_is_not_found(origin: Origin, path: str) -> None:
    """Missing files, directories and ways out of the directory are all 404."""
    assert origin.ask(path).status == 404


def test_a_range_is_answered_exactly(origin: Origin) -> None:
    """206 with the bytes and the Content-Range."""
    seen = origin.ask(FILE, Range="bytes=10-19")
    assert (seen.status, seen.body) == (206, BODY[10:20])
    assert seen.headers["Content-Range"] == f"bytes 10-19/{SIZE}"


def test_a_range_past_the_end_is_416(origin: Origin) -> None:
    """The size is in the Content-Range of the refusal."""
    seen = origin.ask(FILE, Range=f"bytes={SIZE}-")
    assert (seen.status, seen.headers["Content-Range"]) == (416, f"bytes */{SIZE}")


def test_head_tells_what_get_would(origin: Origin) -> None:
    """HEAD has the headers of GET, and no body."""
    seen, got = origin.ask(FILE, method="HEAD"), origin.ask(FILE)
    assert (seen.status, seen.body) == (200, b"")
    for name in ("Content-Length", "ETag", "Last-Modified", "Content-Type", "Accept-Ranges"):
        assert seen.headers[name] == got.headers[name]


def test_conditions_are_honoured(origin: Origin) -> None:
    """A stale If-Match is 412, a fresh If-None-Match 304, a stale If-Range the whole file."""
    etag = origin.ask(FILE).headers["ETag"]
    assert origin.ask(FILE, If_Match='"old"').status == 412
    assert origin.ask(FILE, If_None_Match=etag).status == 304
    assert origin.ask(FILE, If_Range='"old"', Range="bytes=0-9").body == BODY
    assert origin.ask(FILE, If_Range=etag, Range="bytes=0-9").body == BODY[:10]


@pytest.mark.parametrize("status", [403, 405])
def test_head_can_be_refused(origin: Origin, status: int) -> None:
    """A URL signed for GET refuses HEAD and serves GET."""
    assert origin.ask(FILE, f"head:{status}", method="HEAD").status == status
    assert origin.ask(FILE, f"head:{status}").body == BODY


@pytest.mark.parametrize(
    ("manner", "status", "content_range", "body"),
    [
        ("ignored", 200, None, BODY),
        ("shifted", 206, f"bytes 11-20/{SIZE}", BODY[11:21]),
        ("short", 206, f"bytes 10-14/{SIZE}", BODY[10:15]),
        ("ok-200", 200, f"bytes 10-19/{SIZE}", BODY[10:20]),
        ("whole-206", 206, f"bytes 0-{SIZE - 1}/{SIZE}", BODY),
        ("bare-206", 206, None, BODY[10:20]),
        ("upper-unit", 206, f"Bytes 10-19/{SIZE}", BODY[10:20]),
        ("unknown-total", 206, "bytes 10-19/*", BODY[10:20]),
        ("wrong-total", 206, f"bytes 10-19/{SIZE + 1}", BODY[10:20]),
    ],
)
def test_ranges_can_be_answered_wrongly(
    origin: Origin, manner: str, status: int, content_range: str | None, body: bytes
) -> None:
    """Each manner that has been met in the wild, exactly."""
    seen = origin.ask(FILE, f"range:{manner}", Range="bytes=10-19")
    assert (seen.status, seen.headers["Content-Range"]) == (status, content_range)
    assert seen.body == body


def test_a_range_that_crosses_the_end_can_be_refused(origin: Origin) -> None:
    """A strict server answers 416 unless the last range is clamped."""
    manner = "range:strict-end"
    assert origin.ask(FILE, manner, Range=f"bytes=5-{SIZE}").status == 416
    assert origin.ask(FILE, manner, Range=f"bytes=5-{SIZE - 1}").status == 206


def test_a_signature_that_covers_range_refuses_it(origin: Origin) -> None:
    """With a Range header 403, without it everything."""
    assert origin.ask(FILE, "range:forbidden", Range="bytes=0-0").status == 403
    assert origin.ask(FILE, "range:forbidden").body == BODY


def test_if_range_can_be_ignored_or_refused(origin: Origin) -> None:
    """206 of another file, and 200 although the file is the same."""
    etag = origin.ask(FILE).headers["ETag"]
    assert origin.ask(FILE, "if-range:ignored", If_Range='"old"', Range="bytes=0-9").status == 206
    assert origin.ask(FILE, "if-range:refused", If_Range=etag, Range="bytes=0-9").status == 200


def test_if_match_can_be_ignored(origin: Origin) -> None:
    """Many servers do not know If-Match."""
    assert origin.ask(FILE, "if-match:ignored", If_Match='"old"').status == 200


@pytest.mark.parametrize(("length", "coding"), [("chunked", "chunked"), ("close", None)])
def test_the_length_can_be_kept_secret(origin: Origin, length: str, coding: str | None) -> None:
    """Chunked, or until the connection closes: no Content-Length either way."""
    seen = origin.ask(FILE, f"length:{length}")
    assert (seen.body, seen.error) == (BODY, "")
    assert seen.headers["Content-Length"] is None
    assert seen.headers["Transfer-Encoding"] == coding


def test_a_connection_can_be_cut(origin: Origin) -> None:
    """Exactly so many bytes arrive, and then a reset."""
    seen = origin.ask(FILE, "cut:40000")
    assert (seen.body, seen.error) == (BODY[:40_000], "ConnectionResetError")


def test_a_body_can_end_early_in_good_order(origin: Origin) -> None:
    """Content-Length promises more than a clean close delivers."""
    seen = origin.ask(FILE, "close:40000")
    assert (seen.body, seen.error) == (BODY[:40_000], "short")
    assert seen.headers["Content-Length"] == str(SIZE)


def test_a_body_can_end_early_without_a_trace(origin: Origin) -> None:
    """Without a length nothing but Content-Range tells that bytes are missing."""
    seen = origin.ask(FILE, "length:close,close:40000", Range="bytes=0-49999")
    assert (seen.status, seen.body, seen.error) == (206, BODY[:40_000], "")


def test_a_body_can_stall(origin: Origin) -> None:
    """After so many bytes there is silence until the client gives up."""
    seen = origin.ask(FILE, "stall:40000", timeout=0.3)
    assert (seen.body, seen.error) == (BODY[:40_000], "TimeoutError")


def test_a_byte_can_be_damaged(origin: Origin) -> None:
    """One bit of the byte at the offset is flipped, and nothing else."""
    body = origin.ask(FILE, "corrupt:777").body
    assert [at for at in range(SIZE) if body[at] != BODY[at]] == [777]


@pytest.mark.parametrize("rate", [200_000, 2_000_000])
def test_a_stream_keeps_to_its_rate(origin: Origin, rate: int) -> None:
    """Half a second's worth of bytes takes half a second, to a few percent."""
    seen = origin.ask(f"/random/seed/{rate // 2}", f"rate:{rate}")
    assert seen.seconds > 0.46  # a busy machine may take longer


def test_streams_can_share_a_rate(origin: Origin) -> None:
    """Four streams of one file get together what one alone would get."""
    began = time.monotonic()
    _at_once(origin, "/random/shared/250000", "total-rate:2000000", count=4)
    assert time.monotonic() - began > 0.45  # a busy machine may take longer


@pytest.mark.parametrize(("over", "status"), [("503", 503), ("429", 429)])
def test_connections_can_be_capped(origin: Origin, over: str, status: int) -> None:
    """Of four at once two are served and the others refused."""
    path = f"/random/seed/100000/capped-{over}"
    seen = _at_once(origin, path, f"cap:2,over:{over},rate:400000", count=4)
    assert sorted(each.status for each in seen) == [200, 200, status, status]
    noted = {(each["status"], each["over"]) for each in _journal(origin, path)["requests"]}
    assert noted == {(200, False), (status, True)}


def test_a_capped_connection_can_be_reset(origin: Origin) -> None:
    """Some servers do not even answer."""
    with pytest.raises(ConnectionResetError):
        _at_once(origin, _file("cap-reset"), "cap:1,over:reset,rate:400000", count=3)


@pytest.mark.parametrize("status", [429, 503])
def test_the_first_requests_can_be_refused(origin: Origin, status: int) -> None:
    """Retry-After tells when to come back; then all is well."""
    behaviour = f"status:{status},retry-after:1,first:2"
    seen = [origin.ask(_file(f"busy-{status}"), behaviour) for _ in range(3)]
    assert [each.status for each in seen] == [status, status, 200]
    assert seen[0].headers["Retry-After"] == "1"


def test_etags_can_be_unreliable(origin: Origin) -> None:
    """None at all, a weak one, a new one for each request."""
    path = _file("etags")
    assert origin.ask(path, "etag:none").headers["ETag"] is None
    assert origin.ask(path, "etag:weak").headers["ETag"].startswith('W/"')
    fresh = {origin.ask(path, "etag:fresh").headers["ETag"] for _ in range(3)}
    assert len(fresh) == 3


def test_the_date_can_be_missing(origin: Origin) -> None:
    """Then nothing but size and ETag identify the file."""
    assert origin.ask(FILE, "last-modified:none").headers["Last-Modified"] is None


def test_the_content_can_change_under_way(origin: Origin) -> None:
    """After the nth request there are other bytes of the same size, with another ETag."""
    seen = [origin.ask(_file("changes"), "version:2,after:1") for _ in range(2)]
    assert seen[0].body == BODY != seen[1].body
    assert len(seen[1].body) == SIZE
    assert seen[0].headers["ETag"] != seen[1].headers["ETag"]
    assert seen[0].headers["Last-Modified"] != seen[1].headers["Last-Modified"]


def test_a_file_can_change_under_way(origin: Origin) -> None:
    """Files of the directory change as generated ones do."""
    (origin.root / "old.bin").write_bytes(BODY)
    seen = [origin.ask("/old.bin", "version:2,after:1") for _ in range(2)]
    assert seen[0].body == BODY != seen[1].body
    assert len(seen[1].body) == SIZE


def test_the_content_can_change_silently(origin: Origin) -> None:
    """Other bytes under the same ETag: only a checksum can tell."""
    seen = [origin.ask(_file("silent"), "bytes:2,after:1") for _ in range(2)]
    assert seen[0].body != seen[1].body
    assert seen[0].headers["ETag"] == seen[1].headers["ETag"]


def test_the_etag_can_change_alone(origin: Origin) -> None:
    """CDN nodes name one file differently."""
    seen = [origin.ask(_file("nodes"), "etag:other,after:1") for _ in range(2)]
    assert seen[0].body == seen[1].body
    assert seen[0].headers["ETag"] != seen[1].headers["ETag"]


def test_nodes_can_disagree(origin: Origin) -> None:
    """They answer in turn, and give one file different ETags."""
    seen = [origin.ask(_file("disagree"), "nodes:2") for _ in range(4)]
    tags = [each.headers["ETag"] for each in seen]
    assert tags[0] == tags[2] != tags[1] == tags[3]
    assert {each.body for each in seen} == {BODY}
    assert len({each.headers["Last-Modified"] for each in seen}) == 1


def test_the_content_can_grow_under_way(origin: Origin) -> None:
    """What was there stays, and what is said about it does not."""
    seen = [origin.ask(_file("grows"), "grow:1000,after:1") for _ in range(2)]
    assert [len(each.body) for each in seen] == [SIZE, SIZE + 1000]
    assert seen[1].body.startswith(seen[0].body)
    assert seen[0].headers["ETag"] != seen[1].headers["ETag"]
    assert seen[0].headers["Last-Modified"] != seen[1].headers["Last-Modified"]


def test_a_file_does_not_grow(origin: Origin) -> None:
    """There is nothing that could come after it; a test that asks for that is told so."""
    (origin.root / "still.bin").write_bytes(BODY)
    assert origin.ask("/still.bin", "grow:1").status == 400


def test_a_header_can_be_volatile(origin: Origin) -> None:
    """As the age is that a cache gives a copy."""
    seen = [origin.ask(_file("volatile"), "volatile:Cache-Control") for _ in range(3)]
    assert len({each.headers["Cache-Control"] for each in seen}) == 3


def test_redirects_are_counted_down(origin: Origin) -> None:
    """Two hops lead to the file, with the status that was asked for."""
    path, statuses = f"{FILE}?as=redirect:2,redirect-status:307", []
    while (seen := origin.ask(path)).status != 200:
        statuses.append(seen.status)
        path = _path(seen.headers["Location"])
    assert (statuses, seen.body) == ([307, 307], BODY)


def test_a_redirect_can_lead_back_to_itself(origin: Origin) -> None:
    """A loop never ends by itself."""
    path = f"{FILE}?as=redirect:loop"
    assert _path(origin.ask(path).headers["Location"]) == path


def test_a_redirect_can_lead_to_another_host(origin: Origin) -> None:
    """The journal tells whether credentials came along."""
    path = _file("hosts")
    seen = origin.ask(path, "redirect:1,to:other-host", Authorization="Basic x")
    target = urlsplit(seen.headers["Location"])
    assert target.hostname == "localhost"
    origin.ask(_path(seen.headers["Location"]), Host=target.netloc, Cookie="a=b")
    first, second = _journal(origin, path)["requests"]
    assert (first["authorization"], first["cookie"]) == (True, False)
    assert (second["authorization"], second["cookie"]) == (False, True)
    assert second["host"] == target.netloc


def test_a_redirect_can_lead_anywhere(origin: Origin) -> None:
    """For instance to where a function must never go."""
    seen = origin.ask(FILE, "location:http://100.100.100.200/latest/meta-data/")
    assert seen.headers["Location"] == "http://100.100.100.200/latest/meta-data/"


def test_a_signature_can_expire(origin: Origin) -> None:
    """Before the moment all is well, after it everything is 403."""
    assert origin.ask(FILE, f"expires:{time.time() + 60}").status == 200
    assert origin.ask(FILE, f"expires:{time.time() - 1}").status == 403


def test_authorization_can_be_required(origin: Origin) -> None:
    """Without the header 401."""
    assert origin.ask(FILE, "auth:required").status == 401
    assert origin.ask(FILE, "auth:required", Authorization="Bearer x").status == 200


def test_compression_can_be_offered(origin: Origin) -> None:
    """Only who asks for gzip gets it, with the length of what is sent."""
    plain = origin.ask(FILE, "encoding:gzip", Accept_Encoding="identity")
    packed = origin.ask(FILE, "encoding:gzip", Accept_Encoding="gzip")
    assert (plain.headers["Content-Encoding"], plain.body) == (None, BODY)
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.body) == BODY


def test_compression_can_be_forced(origin: Origin) -> None:
    """Even who asks for identity gets gzip, and no range."""
    seen = origin.ask(FILE, "encoding:always", Accept_Encoding="identity", Range="bytes=0-9")
    assert (seen.status, gzip.decompress(seen.body)) == (200, BODY)


def test_checksums_can_be_given(origin: Origin) -> None:
    """The headers are right, or wrong where a wrong one is asked for."""
    crc = str(crc64.xz(BODY))
    given = origin.ask(FILE, "crc64:given,digest:md5", Range="bytes=0-0")
    assert given.headers["x-oss-hash-crc64ecma"] == crc
    assert given.headers["Content-MD5"] == b64encode(hashlib.md5(BODY).digest()).decode()
    wrong = origin.ask(FILE, "crc64:wrong,digest:sha256")
    assert wrong.headers["x-oss-hash-crc64ecma"] != crc
    sha = b64encode(hashlib.sha256(BODY).digest()).decode()
    assert wrong.headers["Repr-Digest"] == f"sha-256=:{sha}:"


def test_headers_can_be_added(origin: Origin) -> None:
    """Whatever an object is to inherit from its source."""
    seen = origin.ask(FILE, "type:video/mp4,header:Cache-Control=no-store,header:X-A=b")
    assert seen.headers["Content-Type"] == "video/mp4"
    assert (seen.headers["Cache-Control"], seen.headers["X-A"]) == ("no-store", "b")


def test_a_reply_can_be_late(origin: Origin) -> None:
    """Nothing comes before the delay is over."""
    assert origin.ask(FILE, "delay:0.2").seconds >= 0.2


def test_a_misspelt_behaviour_is_400(origin: Origin) -> None:
    """The reply says what is wrong."""
    seen = origin.ask(FILE, "rnage:ignored")
    assert seen.status == 400
    assert b"rnage" in seen.body


def test_the_journal_tells_what_was_asked(origin: Origin) -> None:
    """Range, status, bytes and whether all of it was delivered."""
    path = _file("journal")
    origin.ask(path, Range="bytes=0-9")
    origin.ask(path, "cut:40000")
    first, second = _journal(origin, path)["requests"]
    assert (first["range"], first["status"], first["bytes"]) == ("bytes=0-9", 206, 10)
    assert first["complete"]
    assert (second["status"], second["bytes"], second["complete"]) == (200, 40_000, False)


def test_the_journal_tells_how_many_came_at_once(origin: Origin) -> None:
    """The peak of requests that ran at the same time."""
    path = "/random/seed/100000/peak"
    _at_once(origin, path, "rate:400000", count=3)
    report = _journal(origin, path)
    assert (report["peak"], report["running"], report["connections"]) == (3, 0, 3)


def test_the_journal_can_be_cleared(origin: Origin) -> None:
    """Counted behaviours begin anew with it."""
    path = _file("cleared")
    assert origin.ask(path, "status:503,first:1").status == 503
    assert origin.ask(path, "status:503,first:1").status == 200
    assert origin.admin("DELETE", "/-/requests").status == 204
    assert _journal(origin, path)["requests"] == []
    assert origin.ask(path, "status:503,first:1").status == 503


def _at_once(origin: Origin, path: str, behaviour: str, *, count: int) -> list[Seen]:
    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(lambda _: origin.ask(path, behaviour), range(count)))


def _journal(origin: Origin, path: str) -> dict[str, Any]:
    report: dict[str, Any] = json.loads(origin.admin("GET", f"/-/requests?path={path}").body)
    return report


def _path(url: str) -> str:
    split = urlsplit(url)
    return f"{split.path}?{split.query}"
