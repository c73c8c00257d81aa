"""How a URL asks the origin to misbehave: ``?as=range:ignored,etag:weak&as=status:503,first:2``.

Each ``as`` is a group of behaviours that hold together, always or only for the ``first:N``
requests of this path, or only ``after:N`` of them. Other query parameters are left to whoever
put them there (signatures, say). A word that is not in the language is an error: a test that
misspells a behaviour must not pass because the origin behaved.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from urllib.parse import parse_qsl, urlencode

CHOICES: Mapping[str, tuple[str, ...]] = {
    "range": (
        *("honoured", "ignored", "shifted", "short", "ok-200", "whole-206", "bare-206"),
        *("upper-unit", "unknown-total", "wrong-total", "strict-end", "forbidden"),
    ),
    "if-range": ("honoured", "ignored", "refused"),
    "if-match": ("honoured", "ignored"),
    "length": ("given", "chunked", "close"),
    "etag": ("strong", "weak", "none", "fresh", "other"),
    "last-modified": ("given", "none"),
    "encoding": ("none", "gzip", "always"),
    "crc64": ("none", "given", "wrong"),
    "digest": ("none", "md5", "sha256"),
    "over": ("503", "429", "reset"),
    "to": ("same-host", "other-host"),
    "auth": ("none", "required"),
    "connection": ("keep-alive", "close"),
}


class InvalidBehaviour(ValueError):
    """The URL asks for something that the origin cannot do."""


@dataclass(frozen=True, slots=True)
class Behaviour:
    """What is special about one reply; the README's table says what each word does."""

    head: int = 0
    status: int = 0
    retry_after: str = ""
    delay: float = 0.0
    expires: float = 0.0
    auth: str = "none"
    range: str = "honoured"
    if_range: str = "honoured"
    if_match: str = "honoured"
    length: str = "given"
    etag: str = "strong"
    nodes: int = 1
    last_modified: str = "given"
    version: int = 1
    bytes: int = 1
    grow: int = 0
    encoding: str = "none"
    crc64: str = "none"
    digest: str = "none"
    type: str = ""
    header: Mapping[str, str] = field(default_factory=dict)
    volatile: str = ""
    cut: int | None = None
    close: int | None = None
    stall: int | None = None
    corrupt: int | None = None
    rate: int = 0
    total_rate: int = 0
    cap: int = 0
    over: str = "503"
    redirect: str = ""
    redirect_status: int = 302
    to: str = "same-host"
    location: str = ""
    connection: str = "keep-alive"


@dataclass(frozen=True, slots=True)
class Group:
    """Behaviours that hold together, and for which requests of the path they do."""

    text: str
    changes: Mapping[str, object]
    first: int | None = None
    after: int | None = None

    def holds(self, ordinal: int) -> bool:
        """Say whether the group is in force for the ``ordinal``-th request, from 1."""
        return (self.first is None or ordinal <= self.first) and (
            self.after is None or ordinal > self.after
        )


def read_groups(query: str) -> list[Group]:
    """Read the ``as`` parameters of a raw query string."""
    return [_read_group(text) for name, text in parse_qsl(query) if name == "as"]


def merge(groups: Iterable[Group], ordinal: int) -> Behaviour:
    """Return the behaviour for one request; of two groups that disagree the later one wins."""
    merged: dict[str, object] = {}
    for group in groups:
        if group.holds(ordinal):
            merged |= group.changes
    return replace(Behaviour(), **merged)  # type: ignore[arg-type]


def next_hop(query: str) -> str:
    """Return the query of the URL that a counted redirect leads to: with one hop less."""
    return urlencode(
        [(name, _one_hop_less(text)) for name, text in parse_qsl(query, True)], safe=":,"
    )


def _one_hop_less(group: str) -> str:
    items = []
    for item in group.split(","):
        name, _, value = item.partition(":")
        items.append(
            f"redirect:{int(value) - 1}" if name == "redirect" and value != "loop" else item
        )
    return ",".join(items)


def _read_group(text: str) -> Group:
    changes: dict[str, object] = {}
    bounds: dict[str, int] = {}
    headers: dict[str, str] = {}
    for item in text.split(","):
        name, _, value = item.partition(":")
        if name in ("first", "after"):
            bounds[name] = _whole(name, value)
        elif name == "header":
            header, _, content = value.partition("=")
            headers[header] = content
        else:
            changes[name.replace("-", "_")] = _value(name, value)
    if headers:
        changes["header"] = headers
    return Group(text, changes, **bounds)


def _value(name: str, text: str) -> object:
    if name in CHOICES:
        return _one_of(name, text, CHOICES[name])
    reader = _READERS.get(name)
    if reader is None:
        raise InvalidBehaviour(f"as={name}: no such behaviour")
    return reader(name, text)


def _one_of(name: str, text: str, choices: Sequence[str]) -> str:
    if text not in choices:
        raise InvalidBehaviour(f"as={name}:{text}: must be one of {', '.join(choices)}")
    return text


def _whole(name: str, text: str) -> int:
    if not text.isdecimal():
        raise InvalidBehaviour(f"as={name}:{text}: must be a whole number")
    return int(text)


def _positive(name: str, text: str) -> int:
    number = _whole(name, text)
    if not number:
        raise InvalidBehaviour(f"as={name}:{text}: must be 1 or more")
    return number


def _number(name: str, text: str) -> float:
    try:
        return float(text)
    except ValueError as error:
        raise InvalidBehaviour(f"as={name}:{text}: must be a number") from error


def _text(_name: str, text: str) -> str:
    return text


def _hops(name: str, text: str) -> str:
    return text if text == "loop" else str(_whole(name, text))


_READERS: dict[str, Callable[[str, str], object]] = {
    **dict.fromkeys(
        ("head", "status", "version", "bytes", "grow", "redirect-status", "cap"), _whole
    ),
    "nodes": _positive,
    **dict.fromkeys(("cut", "close", "stall", "corrupt", "rate", "total-rate"), _whole),
    **dict.fromkeys(("delay", "expires"), _number),
    **dict.fromkeys(("retry-after", "type", "location", "volatile"), _text),
    "redirect": _hops,
}

WORDS = {each.name.replace("_", "-") for each in fields(Behaviour)} | {"first", "after"}
