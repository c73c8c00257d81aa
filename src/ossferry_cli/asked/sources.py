"""Sources and headers as people give them: URLs, objects, prefixes, ``@file`` and ``-``."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple
from urllib.parse import parse_qsl, urlsplit

from ossferry.origins.place import is_foreign, is_object

from ..problems import Misuse

BUCKET = r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]"
_OBJECT = re.compile(rf"oss://({BUCKET})(?:/(.*))?", re.DOTALL)
# What signs a URL, and what has to come with it: an unquoted & ends the command before that.
_PAIRS = (
    ("X-Amz-Algorithm", "X-Amz-Signature"),
    ("X-Goog-Algorithm", "X-Goog-Signature"),
    ("x-oss-signature-version", "x-oss-signature"),
    ("x-oss-credential", "x-oss-signature"),
    ("OSSAccessKeyId", "Signature"),
    ("AWSAccessKeyId", "Signature"),
    ("q-sign-algorithm", "q-signature"),
    ("sv", "sig"),
)
_SECRET = re.compile(
    r"authorization|cookie|(.*-)?(token|key|secret|signature|password|credential)s?", re.IGNORECASE
)


class Target(NamedTuple):
    bucket: str
    key: str  # or a prefix

    def __str__(self) -> str:
        return f"oss://{self.bucket}/{self.key}"

    @property
    def is_prefix(self) -> bool:
        return not self.key or self.key.endswith("/")


def target_of(text: str) -> Target:
    found = _OBJECT.fullmatch(text)
    if not found:
        raise Misuse(f"{shown(text)} is no target: give one like oss://bucket/key")
    return Target(found[1], found[2] or "")


def source_of(text: str) -> str:
    """The source itself; ``@file`` is one that a file holds, ``-`` one from standard input."""
    if text == "-":
        text = sys.stdin.readline()
    elif text.startswith("@"):
        text = _file(text[1:])
    return address_of(text)


def address_of(text: str) -> str:
    """The source itself, if it is one."""
    text = text.strip()
    if text.startswith("oss://"):
        target_of(text)
    elif is_foreign(text):
        return _foreign(text)
    elif not re.match(r"https?://[^/]", text, re.IGNORECASE):
        raise Misuse(
            f"{shown(text)} is no source: give an http or https URL, or oss://bucket/key, or of"
            " another cloud s3://bucket/key; lists are given with --list"
        )
    else:
        _require_valid(text)
        _require_whole(text)
    return text


def _foreign(text: str) -> str:
    """A name in another cloud, its store in small letters."""
    from ossferry.errors import InvalidEvent
    from ossferry.origins.place import foreign_name

    try:
        return str(foreign_name(text, None, None, "SOURCE", prefix=True))
    except InvalidEvent as error:
        raise Misuse(error.message) from None


def _require_valid(url: str) -> None:
    """The library's own reasons may quote what is secret."""
    from ossferry.urls import Url

    try:
        Url(url)
    except ValueError:
        raise Misuse(f"{shown(url)} is no valid URL: look at its host and port") from None


def _require_whole(url: str) -> None:
    """A shell cuts an unquoted URL at its first &."""
    query = dict(parse_qsl(urlsplit(url).query, keep_blank_values=True))
    for sign, pair in _PAIRS:
        if sign in query and pair not in query and len(query) == 1:
            raise Misuse(f"{shown(url)} has {sign} without {pair}: quote the URL, it has a & in it")


def shown(text: str) -> str:
    """Without query, fragment and credentials."""
    if is_object(text):
        return text
    rest = text.partition("#")[0].partition("?")[0]
    scheme, mark, where = rest.partition("://")
    host, slash, path = where.partition("/")
    return f"{scheme}{mark}{host.rpartition('@')[2]}{slash}{path}" if mark else rest


def headers_of(given: Iterable[str]) -> tuple[dict[str, str], list[str]]:
    """Headers from ``Name: value`` and ``@file``; and warnings about secrets that others can read
    in the list of processes."""
    headers: dict[str, str] = {}
    warnings = []
    for text in given:
        if text.startswith("@"):
            for line in filter(None, map(str.strip, _file(text[1:]).splitlines())):
                headers.update([_header(line)])
            continue
        name, value = _header(text)
        headers[name] = value
        if _SECRET.fullmatch(name):
            warnings.append(
                f"{name} may be a secret, and who works on this machine can read it in the list of"
                " processes: put the header into a file, and give --header @file"
            )
    return headers, warnings


def _header(text: str) -> tuple[str, str]:
    name, colon, value = text.partition(":")
    if not colon or not name.strip():
        raise Misuse('a header is given as "Name: value", or as @file with one in each line')
    return name.strip(), value.strip()


def _file(path: str) -> str:
    try:
        return Path(path).read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is no text in UTF-8"
        raise Misuse(f"{path} cannot be read: {reason}") from None


def without_secrets(event: Mapping[str, object]) -> dict[str, object]:
    """An event as it may be told of, and as it is known again when a URL is signed anew."""
    told: dict[str, object] = {}
    for name, value in event.items():
        if name == "source_headers" and isinstance(value, Mapping):
            told[name] = sorted(str(each).lower() for each in value)
        elif name in ("source_url", "list") and isinstance(value, str):
            told[name] = shown(value)
        elif name == "items" and isinstance(value, list | tuple):
            told[name] = [without_secrets(each) for each in value]
        else:
            told[name] = value
    return told


def is_prefix(source: str) -> bool:
    """Whether it stands for all that is below it: it ends in a slash, or is a bucket's name."""
    return is_object(source) and (source.endswith("/") or source.count("/") == 2)
