"""A source as it looks from here: whether it answers, how large it is, whether it knows ranges.

The function's view may be another: its address rules are tried on what the name resolves to here.
"""

from __future__ import annotations

import re
import socket
import time
from collections.abc import Iterator
from http.client import HTTPException
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from ossferry.errors import FerryError, SourceRefused
from ossferry.http.netguard import NetGuard
from ossferry.origins.place import foreign_name, is_foreign
from ossferry.settings import Settings
from ossferry.source.foreign import Foreign
from ossferry.source.probe import probe
from ossferry.urls import Url

from .finding import Finding, ok, problem, warning

_PATIENCE = 20.0
_ABOUT = "source"


def about_source(text: str, settings: Settings) -> Iterator[Finding]:
    """Its query is never shown, which may be a signature."""
    if is_foreign(text):
        yield _of_other_cloud(text, settings)
        return
    try:
        url = Url(text)
    except ValueError as error:
        yield problem(_ABOUT, f"the URL is none: {error}", "give one with http:// or https://")
        return
    yield from _address(url, settings)
    # The first two bytes: one byte is answered rightly even by some that know no ranges.
    request = Request(url.reveal(), headers={"Range": "bytes=0-1", "Accept-Encoding": "identity"})  # noqa: S310 - Url is http or https
    try:
        with urlopen(request, timeout=_PATIENCE) as reply:  # noqa: S310
            yield from _answered(url, reply.status, dict(reply.headers.items()))
    except HTTPError as error:
        with error:
            yield from _refused(url, error.code)
    except (URLError, OSError, HTTPException) as error:
        reason = getattr(error, "reason", error)
        yield problem(
            _ABOUT,
            f"{url} cannot be reached from here ({type(reason).__name__})",
            "look at the URL, its server and your network",
        )


def _of_other_cloud(text: str, settings: Settings) -> Finding:
    """Signed with the function's keys for its bucket, which is how it is seen whether its store
    takes them."""
    guard, deadline = NetGuard(settings.allow_networks), time.monotonic() + _PATIENCE
    try:
        foreign = Foreign(foreign_name(text, None, None, "--source"), settings.foreign, None, {})
        ref = foreign.ref(_PATIENCE)
    except FerryError as error:
        return problem(_ABOUT, error.message, "correct it, or the function's settings")
    try:
        found = foreign.proven(probe(ref, guard, deadline), guard, deadline)
    except FerryError as error:
        said = foreign.explained(error, guard, time.monotonic() + _PATIENCE).message
        return problem(_ABOUT, said, "look at docs/clouds.md for what its keys and settings need")
    size = "of a size that is not told" if found.size is None else f"{found.size:,} bytes"
    if not found.splittable:
        remedy = "look at what stands between you and its store"
        return warning(_ABOUT, f"{text} is {size}, and is not given in ranges", remedy)
    proof = ", ".join(each.name for each in found.checks) or "no checksum of the whole"
    return ok(_ABOUT, f"{text} is {size}, in ranges; its store tells {proof}")


def _address(url: Url, settings: Settings) -> Iterator[Finding]:
    guard = NetGuard(settings.allow_networks)
    try:
        found = socket.getaddrinfo(url.host, url.port, type=socket.SOCK_STREAM)
    except OSError:
        return
    try:
        for address in dict.fromkeys(str(each[4][0]) for each in found):
            guard.check(url.host, address)
    except SourceRefused as error:
        yield problem(_ABOUT, error.message, "set OSSFERRY_ALLOW_NETWORKS, and the VPC in s.yaml")


def _answered(url: Url, status: int, headers: dict[str, str]) -> Iterator[Finding]:
    given = {name.lower(): value for name, value in headers.items()}
    if status != 206:
        length = given.get("content-length", "")
        size = f"{int(length):,} bytes" if length.isdecimal() else "of a size that it does not say"
        yield warning(
            _ABOUT,
            f"{url} is {size}, and its server knows no ranges: one connection copies it, from the"
            " beginning if that breaks",
            "use another URL of the file, if there is one",
        )
        return
    total = re.fullmatch(r"bytes 0-\d+/(\d+)", given.get("content-range", ""))
    if total is None:
        yield warning(
            _ABOUT,
            f"{url} is answered with ranges, but without its size",
            "use another URL of the file, if there is one",
        )
        return
    yield ok(_ABOUT, f"{url} is {int(total[1]):,} bytes, in ranges")
    if not given.get("etag", "").startswith('"') and "last-modified" not in given:
        yield warning(
            _ABOUT,
            "its server gives neither a strong ETag nor a date, so a change meanwhile is found by"
            " size and checksum only",
            "give expected_md5 or expected_crc64 in the event",
        )


def _refused(url: Url, status: int) -> Iterator[Finding]:
    if status == 416:
        yield ok(_ABOUT, f"{url} is answered, and may be empty")
    elif status in (401, 403):
        yield problem(
            _ABOUT, f"{url} is refused with {status}", "sign the URL anew, or give source_headers"
        )
    else:
        yield problem(_ABOUT, f"{url} is answered with {status}", "look at the URL")
