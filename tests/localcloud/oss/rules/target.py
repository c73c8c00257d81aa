"""Where a request points to: bucket, key and query, from its request line and Host header.

Keys are taken from the raw target, because they arrive fully percent-encoded (``a%2Fb``) and a
framework that decodes or normalises paths first would make other keys of them.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes, urlsplit

from tests.localcloud.oss.rules.refusals import Refusal

_MAX_KEY_BYTES = 1023


@dataclass(frozen=True, slots=True)
class Target:
    """What a request is about. Bucket and key are empty for the levels above an object.

    ``signed`` is the resource as signatures name it.
    """

    bucket: str
    key: str
    query: dict[str, str]
    signed: str = "/"


def parse(raw_target: str, host: str, region: str) -> Target:
    """Read a request line's target as OSS does: path style on an address, else by Host."""
    if not raw_target.startswith("/"):  # absolute form, as sent to a proxy
        parts = urlsplit(raw_target)
        host = parts.netloc
        raw_target = raw_target.split(parts.netloc, 1)[1] or "/"
    path, _, query = raw_target.partition("?")
    path = path[1:]
    bucket, slash = _bucket_of_host(host, region), "/"
    if bucket is None:
        # Path style is not documented, so what is signed is what was written: OpenDAL leaves the
        # slash after the bucket out of both (inferred).
        bucket, slash, path = path.partition("/")
    elif not bucket and path:
        message = (
            "The bucket you are attempting to access must be addressed using OSS third level "
            "domain."
        )
        raise Refusal(403, "SecondLevelDomainForbidden", message)
    bucket, key = _decoded(bucket), _decoded(path)
    signed = f"/{bucket}{slash}{key}" if bucket else "/"
    return Target(bucket, key, _parameters(query), signed)


def source(copy_source: str) -> tuple[str, str]:
    """Read an ``x-oss-copy-source`` header: bucket and key."""
    path = copy_source.partition("?")[0]
    bucket, _, key = path.removeprefix("/").partition("/")
    if not bucket or not key:
        raise Refusal(400, "InvalidArgument", "Copy Source must mention the source bucket and key.")
    return _decoded(bucket), _decoded(key)


def check_key(key: str) -> None:
    """Refuse names that OSS gives to no object."""
    if not 1 <= len(key.encode()) <= _MAX_KEY_BYTES or key.startswith(("/", "\\")):
        details = {"ObjectName": key}
        message = "The specified object is not valid."
        raise Refusal(400, "InvalidObjectName", message, details=details)


def _bucket_of_host(host: str, region: str) -> str | None:
    """Return the bucket that a Host header names, "" for none, None for path style."""
    name = host.rpartition(":")[0] if host.rpartition(":")[2].isdigit() else host
    name = name.lower()
    if not name or name == "localhost" or _is_address(name):
        return None
    for base in _bases(region):
        if name == base:
            return ""
        if name.endswith("." + base):
            return name.removesuffix("." + base)
    # Any other name: its first label is the bucket, unless it is too short to have one.
    return name.partition(".")[0] if name.count(".") > 1 else ""


def _bases(region: str) -> tuple[str, ...]:
    return (
        f"oss-{region}.aliyuncs.com",
        f"oss-{region}-internal.aliyuncs.com",
        f"{region}.oss.aliyuncs.com",
        "oss-accelerate.aliyuncs.com",
        "oss-accelerate-overseas.aliyuncs.com",
        "localhost",
    )


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return False
    return True


def _decoded(text: str) -> str:
    try:
        return unquote_to_bytes(text).decode()
    except UnicodeDecodeError:
        message = "The specified object is not valid."
        raise Refusal(400, "InvalidObjectName", message) from None


def _parameters(query: str) -> dict[str, str]:
    pairs = (pair.partition("=") for pair in query.split("&") if pair)
    return {_query_text(name): _query_text(value) for name, _, value in pairs}


def _query_text(text: str) -> str:
    # requests writes a space in a query as "+"; a plus sign itself always comes as %2B.
    return _decoded(text.replace("+", " "))
