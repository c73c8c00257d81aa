"""Faults on the wire, on a server that does no more than store and return one body."""

from __future__ import annotations

import http.client
import json
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from tests.localcloud.faults import Fault, FaultTable
from tests.localcloud.patience import eventually
from tests.localcloud.serving import listening, serving_app
from tests.localcloud.wire import FAULT, install_faults, read_body, send_file
from tests.peers.origin_asking import Origin, Seen

BODY = bytes(range(256)) * 4000


@dataclass
class Store:
    """The server under test: PUT keeps a body, GET returns it."""

    file: Path
    kept: list[bytes] = field(default_factory=list)
    abandoned: int = 0

    async def put(self, request: web.Request) -> web.Response:
        """Keep a body, unless it does not arrive as a whole."""
        pieces = []
        try:
            async for piece in read_body(request, request[FAULT]):
                pieces.append(piece)
        except BaseException:
            self.abandoned += 1
            raise
        self.kept.append(b"".join(pieces))
        return web.Response(headers={"X-Kept": str(len(self.kept))})

    async def get(self, request: web.Request) -> web.StreamResponse:
        """Return the file, in the way that the servers of the cloud send their data."""
        response = web.StreamResponse(headers={"Content-Length": str(len(BODY))})
        return await send_file(request, response, self.file, 0, len(BODY), request[FAULT])


@dataclass(frozen=True)
class Served:
    """The store and the way to it."""

    store: Store
    client: Origin

    def put(self, body: bytes = BODY, timeout: float = 10) -> Seen:
        """Upload a body on a connection of its own."""
        host, _, port = self.client.endpoint.removeprefix("http://").partition(":")
        connection = http.client.HTTPConnection(host, int(port), timeout=timeout)
        try:
            connection.request("PUT", "/body", body)
            reply = connection.getresponse()
            return Seen(reply.status, reply.headers, reply.read(), "", 0)
        finally:
            connection.close()

    def get(self, timeout: float = 10) -> Seen:
        """Download the body."""
        return self.client.ask("/body", timeout=timeout)

    def faults(self, *rules: dict[str, Any]) -> Seen:
        """Set the rules as tests do, over HTTP."""
        documents = [{"server": "origin", **rule} for rule in rules]
        return self.client.admin("PUT", "/-/faults", json.dumps(documents).encode())


def _classify(request: web.Request) -> tuple[str, str, int | None]:
    return request.method, request.path, None


def _render(_request: web.Request, fault: Fault) -> web.StreamResponse:
    return web.Response(status=fault.status or 0, text=fault.code)


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    """A store that misbehaves on demand."""
    store = Store(tmp_path / "body")
    store.file.write_bytes(BODY)
    app = web.Application()
    install_faults(app, server="origin", table=FaultTable(), classify=_classify, render=_render)
    app.router.add_put("/body", store.put)
    app.router.add_get("/body", store.get)
    with listening() as (bound, endpoint), serving_app(app, bound):
        yield Served(store, Origin(endpoint, tmp_path))


def test_without_faults_bodies_go_through_unchanged(served: Served) -> None:
    """Both ways, byte by byte."""
    assert served.put().status == 200
    assert served.store.kept == [BODY]
    assert served.get().body == BODY


def test_a_status_is_answered_without_doing_the_work(served: Served) -> None:
    """The server words the refusal, and nothing is kept."""
    served.faults({"status": 503, "code": "Busy", "headers": {"Retry-After": "2"}, "times": 1})
    seen = served.put()
    assert (seen.status, seen.body, seen.headers["Retry-After"]) == (503, b"Busy", "2")
    assert served.store.kept == []
    assert served.put().status == 200


def test_headers_are_set_on_and_removed_from_good_replies(served: Served) -> None:
    """A reply can lack what a client relies on."""
    served.faults({"headers": {"X-Kept": None, "X-Other": "1"}})
    headers = served.put().headers
    assert (headers["X-Kept"], headers["X-Other"]) == (None, "1")


def test_a_head_can_trickle(served: Served) -> None:
    """It comes to its end, and nothing of the reply is lost."""
    served.faults({"operation": "GET", "trickle_head": 0.2})
    seen = served.get()
    assert (seen.status, seen.body) == (200, BODY)
    assert len(seen.headers["X-Trickled"].partition("HTTP")[0]) >= 4


def test_a_dropped_reply_leaves_the_work_done(served: Served) -> None:
    """The ambiguous case: the client sees a reset, the server has kept the body."""
    served.faults({"operation": "PUT", "drop_reply": True})
    with pytest.raises(ConnectionResetError):
        served.put(b"small")
    assert served.store.kept == [b"small"]


def test_a_download_is_cut_after_exactly_so_many_bytes(served: Served) -> None:
    """The bytes before the reset all arrive."""
    served.faults({"cut_after": 300_001})
    seen = served.get()
    assert (seen.body, seen.error) == (BODY[:300_001], "ConnectionResetError")


def test_an_upload_is_cut_and_not_kept(served: Served) -> None:
    """The handler sees an exception, so it cannot keep a piece for the whole."""
    served.faults({"operation": "PUT", "cut_after": 1000})
    with pytest.raises((ConnectionResetError, BrokenPipeError)):
        served.put()
    assert (served.store.kept, served.store.abandoned) == ([], 1)


def test_a_byte_is_damaged_either_way(served: Served) -> None:
    """One bit at the offset, in a download and in an upload."""
    served.faults({"corrupt_at": 999_999})
    assert served.put().status == 200
    for body in (served.get().body, served.store.kept[0]):
        assert [at for at in range(len(BODY)) if body[at] != BODY[at]] == [999_999]


def test_a_download_stalls_until_the_client_gives_up(served: Served) -> None:
    """So many bytes, then nothing."""
    served.faults({"stall_after": 70_000})
    seen = served.get(timeout=0.3)
    assert (seen.body, seen.error) == (BODY[:70_000], "TimeoutError")


def test_an_upload_stalls_until_the_client_gives_up(served: Served) -> None:
    """The server reads no further and does not answer; then it notices that nobody waits."""
    served.faults({"operation": "PUT", "stall_after": 70_000})
    with pytest.raises(TimeoutError):
        served.put(timeout=0.3)
    eventually(lambda: served.store.abandoned)
    assert served.store.kept == []


@pytest.mark.parametrize("ask", ["get", "put"])
def test_a_rate_holds_either_way(served: Served, ask: str) -> None:
    """A megabyte at 4 MB/s takes a quarter of a second."""
    served.faults({"bytes_per_second": 4_000_000})
    began = time.monotonic()
    assert getattr(served, ask)().status == 200
    # Not sooner; later only by what a busy machine takes.
    assert 0.8 * len(BODY) / 4e6 < time.monotonic() - began < 5


def test_a_client_that_goes_away_is_no_error(
    served: Served, caplog: pytest.LogCaptureFixture
) -> None:
    """Nothing is logged, and the body is not kept."""
    host, _, port = served.client.endpoint.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port))) as connection:
        connection.sendall(b"PUT /body HTTP/1.1\r\nHost: h\r\nContent-Length: 1000\r\n\r\nhalf")
    eventually(lambda: served.store.abandoned)
    assert (served.store.kept, caplog.records) == ([], [])


def test_the_rules_can_be_read_back(served: Served) -> None:
    """With their counts, so that a test knows that its fault has happened."""
    served.faults({"status": 500, "times": 1})
    served.get()
    rules = json.loads(served.client.admin("GET", "/-/faults").body)
    assert [(rule["status"], rule["matched"], rule["taken"]) for rule in rules] == [(500, 1, 1)]


def test_no_rules_is_good_behaviour_again(served: Served) -> None:
    """An empty list clears."""
    served.faults({"status": 500})
    served.faults()
    assert served.get().status == 200


def test_a_bad_rule_changes_nothing(served: Served) -> None:
    """The reply says what is wrong, and the rules in force stay."""
    served.faults({"status": 500})
    seen = served.faults({"statsu": 503})
    assert seen.status == 400
    assert b"statsu" in seen.body
    assert served.get().status == 500
