"""What the origin answers: a request, a content and a behaviour in, status and headers out.

Nothing is sent here and nothing is read: ``app`` does that.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit, urlunsplit

from tests.localcloud.origin.behaviours import Behaviour, next_hop
from tests.localcloud.origin.conditions import http_date, same_content, unmet_status
from tests.localcloud.origin.ranges import (
    Answered,
    Asked,
    Unsatisfiable,
    answer_range,
    read_range,
)

_OTHER_HOST = {"127.0.0.1": "localhost", "localhost": "127.0.0.1"}


@dataclass(frozen=True, slots=True)
class Ask:
    """What matters of a request; ``headers`` is case-insensitive."""

    method: str
    url: str
    headers: Mapping[str, str]
    # Its number among those for the same URL, from 1; how many run now, with it; the time.
    ordinal: int = 1
    running: int = 1
    now: float = 0.0


@dataclass(frozen=True, slots=True)
class Facts:
    """What matters of a content."""

    size: int
    etag: str
    modified: float
    media_type: str
    # Of the whole content, if the behaviour wants them: computing them takes a while.
    checksums: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer: the bytes ``start <= i < stop`` of the content, or ``text``."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    start: int = 0
    stop: int = 0
    text: str = ""
    # The bytes are to be sent compressed.
    gzip: bool = False
    # No answer at all: the connection is reset.
    reset: bool = False
    # A refusal because too many run at once.
    over: bool = False


def reply_without_content(ask: Ask, behaviour: Behaviour) -> Reply | None:
    """Return what is answered whatever the content is: refusals and redirects."""
    if behaviour.cap and ask.running > behaviour.cap:
        return _over(behaviour)
    if behaviour.redirect not in ("", "0") or behaviour.location:
        return _redirect(ask, behaviour)
    if behaviour.status:
        return _refuse(behaviour.status, "as the URL asks", behaviour.retry_after)
    if behaviour.expires and ask.now >= behaviour.expires:
        return _refuse(403, "the signature has expired")
    if behaviour.auth == "required" and "Authorization" not in ask.headers:
        return _refuse(401, "an Authorization header is required")
    if behaviour.head and ask.method == "HEAD":
        return _refuse(behaviour.head, "not for HEAD")
    if behaviour.range == "forbidden" and "Range" in ask.headers:
        return _refuse(403, "the signature does not match: it covers the Range header")
    return None


def reply_with_content(ask: Ask, facts: Facts, behaviour: Behaviour) -> Reply:
    """Return which bytes of the content are answered, with all headers."""
    etag = _etag(facts.etag, ask.ordinal, behaviour)
    headers = _headers(facts, etag, behaviour) | _volatile(ask.ordinal, behaviour)
    if behaviour.if_match == "honoured":
        unmet = unmet_status(ask.headers, etag, facts.modified)
        if unmet is not None:
            return Reply(unmet, headers)
    if _compresses(ask, behaviour):
        headers |= {"Content-Encoding": "gzip", "Vary": "Accept-Encoding"}
        return Reply(200, headers, 0, facts.size, gzip=True)
    try:
        asked = _asked(ask, facts, etag, behaviour)
    except Unsatisfiable:
        return Reply(416, headers | {"Content-Range": f"bytes */{facts.size}"})
    if asked is None:
        return Reply(200, headers, 0, facts.size)
    return _partial(answer_range(asked, facts.size, behaviour.range), headers)


def _asked(ask: Ask, facts: Facts, etag: str | None, behaviour: Behaviour) -> Asked | None:
    """Return the range to answer, if one was asked for and nothing speaks against it."""
    if behaviour.range == "ignored":
        return None
    condition = ask.headers.get("If-Range")
    if condition is not None and behaviour.if_range != "ignored":
        refused = behaviour.if_range == "refused"
        if refused or not same_content(condition, etag, facts.modified):
            return None
    asked = read_range(ask.headers.get("Range"), facts.size)
    if asked is not None and asked.overruns and behaviour.range == "strict-end":
        raise Unsatisfiable
    return asked


def _partial(answered: Answered, headers: dict[str, str]) -> Reply:
    if answered.content_range is not None:
        headers = headers | {"Content-Range": answered.content_range}
    return Reply(answered.status, headers, answered.start, answered.stop)


def _headers(facts: Facts, etag: str | None, behaviour: Behaviour) -> dict[str, str]:
    headers = {"Content-Type": behaviour.type or facts.media_type}
    if behaviour.range != "ignored":
        headers["Accept-Ranges"] = "bytes"
    if etag is not None:
        headers["ETag"] = etag
    if behaviour.last_modified == "given":
        headers["Last-Modified"] = http_date(facts.modified)
    return headers | dict(facts.checksums) | dict(behaviour.header)


def _volatile(ordinal: int, behaviour: Behaviour) -> dict[str, str]:
    """As a cache counts down how long a copy is good for."""
    return {behaviour.volatile: f"max-age={100_000 - ordinal}"} if behaviour.volatile else {}


def _etag(etag: str, ordinal: int, behaviour: Behaviour) -> str | None:
    if behaviour.nodes > 1:  # they answer in turn
        etag = f'"node-{ordinal % behaviour.nodes}-{etag[1:]}'
    return {
        "strong": etag,
        "weak": f"W/{etag}",
        "none": None,
        "fresh": f'"{ordinal}-{etag[1:]}',
        "other": f'"other-{etag[1:]}',
    }[behaviour.etag]


def _compresses(ask: Ask, behaviour: Behaviour) -> bool:
    if behaviour.encoding == "gzip":
        return "gzip" in ask.headers.get("Accept-Encoding", "").lower()
    return behaviour.encoding == "always"


def _refuse(status: int, text: str, retry_after: str = "") -> Reply:
    headers = {"Content-Type": "text/plain; charset=utf-8"}
    if retry_after:
        headers["Retry-After"] = retry_after
    return Reply(status, headers, text=f"{status}: {text}\n")


def _over(behaviour: Behaviour) -> Reply:
    if behaviour.over == "reset":
        return Reply(503, reset=True, over=True)
    reply = _refuse(int(behaviour.over), "too many connections", behaviour.retry_after)
    return replace(reply, over=True)


def _redirect(ask: Ask, behaviour: Behaviour) -> Reply:
    target = urlsplit(ask.url)
    host = target.hostname or ""
    if behaviour.to == "other-host":
        host = _OTHER_HOST.get(host, host)
    netloc = f"{host}:{target.port}" if target.port else host
    location = behaviour.location or urlunsplit(
        ("http", netloc, target.path, next_hop(target.query), "")
    )
    return Reply(behaviour.redirect_status, {"Location": location}, text=f"see {location}\n")
