"""Where dialogues are played: an OSS, a certificate, and ossferry as the other speaker.

Rows are played side by side, because most of them only wait.
"""

from __future__ import annotations

import contextlib
import ssl
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import oss2
import trustme

from tests.hostile.outcomes import Act, Outcome, Refused, Row, Stored
from tests.hostile.readers import KEYS, Credentials, FerryError, carry, records_of, trusting
from tests.hostile.server import Hostile, Request, hostile
from tests.localcloud import credentials
from tests.peers.oss_service import OssService, running

BEFORE = b"what was under this key before"
_AT_ONCE = 12
_HANGS_AFTER = 20.0  # seconds beyond the function's own timeout


@dataclass(frozen=True)
class Played:
    """What became of one act."""

    reply: Mapping[str, Any] | None
    error: FerryError | None
    hung: bool
    content: bytes
    headers: Mapping[str, str]
    requests: Sequence[Request]
    inner_connections: int
    open_uploads: int
    records: int
    seconds: float

    @property
    def kept(self) -> bool:
        """What is done was kept for the same event, as an error that may pass promises."""
        return self.error is not None and self.error.resumable


class Stage:
    """Plays rows; each has a key and a server of its own."""

    def __init__(self, oss: OssService, certificate: ssl.SSLContext) -> None:
        self._oss = oss
        self._bucket: oss2.Bucket = oss.bucket()
        self._certificate = certificate
        issued = credentials.issue(oss.config.root_secret, None, time.time() + 3600)
        self._credentials = Credentials(
            issued.access_key_id, issued.access_key_secret, issued.security_token
        )
        self._count = 0
        self._lock = threading.Lock()

    def play(self, row: Row) -> list[Played]:
        """All acts of a row, one after another, before one server."""
        tls = self._certificate if row.tls else None
        key = self._new_key()
        self._bucket.put_object(key, BEFORE)
        played = []
        with hostile(row.script, tls) as server:
            for number, act in enumerate(row.acts, 1):
                server.act = number
                played.append(self._play(row, act, server, key))
        return played

    def _new_key(self) -> str:
        with self._lock:
            self._count += 1
            return f"row-{self._count}/object.bin"

    def _play(self, row: Row, act: Act, server: Hostile, key: str) -> Played:
        url = server.url if row.scheme is None else f"{row.scheme}://127.0.0.1:{server.port}"
        event = {
            "source_url": url + act.path,
            "target_object_name": key,
            "target_region": self._oss.config.region,
            "target_bucket_name": self._bucket.bucket_name,
            "max_children": 0,
            **act.event,
        }
        if not str(event["source_url"]).startswith("http"):
            event["source_endpoint"] = url
        began = time.monotonic()
        watch = threading.Timer(row.seconds + _HANGS_AFTER, server.hang_up)
        watch.start()
        reply, error = None, None
        try:
            reply = carry(event, self._oss.endpoint, self._credentials, row.seconds)
        except FerryError as raised:
            error = raised
        finally:
            watch.cancel()
        there = self._bucket.get_object(key)
        return Played(
            reply,
            error,
            server.ending.is_set(),
            there.resp.response.raw.read(),  # as it is stored, whatever coding it is said to have
            dict(there.headers),
            server.asked(server.act),
            server.inner_connections,
            sum(1 for _ in oss2.MultipartUploadIterator(self._bucket, prefix=key)),
            sum(1 for _ in oss2.ObjectIteratorV2(self._bucket, prefix=records_of(key))),
            time.monotonic() - began,
        )


@contextlib.contextmanager
def stage() -> Iterator[Stage]:
    """Set everything up, and trust the certificate of the stage until the block ends."""
    with running() as oss, tempfile.TemporaryDirectory() as folder:
        authority = trustme.CA()
        authority.cert_pem.write_to_path(f"{folder}/authority.pem")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("127.0.0.1").configure_cert(context)
        with trusting(Path(folder) / "authority.pem"):
            yield Stage(oss, context)


@contextlib.contextmanager
def side_by_side(stage: Stage, rows: Sequence[Row]) -> Iterator[Mapping[str, Future[list[Played]]]]:
    """Play rows at once, so that each can be waited for by name."""
    with ThreadPoolExecutor(_AT_ONCE) as threads:
        try:
            yield {row.name: threads.submit(stage.play, row) for row in rows}
        finally:
            threads.shutdown(cancel_futures=True)


def complaints(row: Row, played: Sequence[Played]) -> list[str]:
    """What is wrong with how a row went; nothing if all is as it has to be."""
    found = []
    before = BEFORE
    for number, (act, went) in enumerate(zip(row.acts, played, strict=True), 1):
        each = [*_about_outcome(act, went, before), *_about_conduct(row, went)]
        found += [f"act {number}: {complaint}" for complaint in each]
        before = went.content
    return found


def _about_outcome(act: Act, went: Played, before: bytes) -> Iterator[str]:
    if went.hung:
        yield "it hangs"
    faults = [_fault(outcome, went, before) for outcome in act.outcomes]
    if all(faults):
        what = f"{went.error.type}: {went.error}" if went.error else f"{_shown(went)}"
        yield f"it ended in {what}; " + "; ".join(fault for fault in faults if fault)


def _shown(went: Played) -> str:
    reply = went.reply or {}
    return f"{reply.get('status')} {len(went.content)} bytes {went.content[:40]!r}"


def _fault(outcome: Outcome, went: Played, before: bytes) -> str | None:
    """Why an outcome is not the one that came; None if it is."""
    if isinstance(outcome, Refused):
        if went.error is None or went.error.type not in outcome.types:
            return f"right would be {outcome}"
        shown = [each for each in outcome.hides if each in str(went.error)]
        if shown or outcome.says not in str(went.error):
            return f"it shows {shown}, or does not say {outcome.says!r}"
        return None if went.content == before else "an error, and the object was changed"
    if went.reply is None or went.content != outcome.content:
        return f"right would be {outcome}"
    return _stored_fault(outcome, went, went.reply)


def _stored_fault(outcome: Stored, went: Played, reply: Mapping[str, Any]) -> str | None:
    headers = {name.lower(): value for name, value in went.headers.items()}
    for name, value in outcome.headers.items():
        if headers.get(name.lower()) != value:
            return f"{name} is {headers.get(name.lower())!r} instead of {value!r}"
    if outcome.status is not None and reply["status"] != outcome.status:
        return f"it is {reply['status']} instead of {outcome.status}"
    claimed = set(outcome.unknown_by) & set(reply["source"]["known_by"])
    if claimed:
        return f"the reply says that the source is known by its {claimed}"
    proof = set(reply.get("proof", ()))
    if not proof >= set(outcome.proven_by) or proof & set(outcome.unproven_by):
        return f"it is proven by {proof}"
    if outcome.reused and not reply["parts"]["reused"]:
        return "nothing of what was done before was used again"
    return None


def _about_conduct(row: Row, went: Played) -> Iterator[str]:
    if len(went.requests) > row.at_most:
        yield f"{len(went.requests)} requests, at most {row.at_most} are enough"
    if went.inner_connections:
        yield f"{went.inner_connections} connections to an address that is not allowed"
    if not went.kept and max(went.open_uploads, went.records) > row.leaves:
        yield f"{went.open_uploads} uploads and {went.records} records were left"
    if any(secret in f"{went.error} {went.reply}" for secret in KEYS):
        yield "it shows keys"
    for request in went.requests:
        if not row.asks(request):
            yield f"it must not ask {request.head!r}"
