"""The two demos from beginning to end: a random file of one's own, and a URL of the user's."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from rich.console import Console

from tests.localcloud.client import LocalCloud, started

from .invocation import Invocation
from .progress import Watcher
from .proof import Fingerprint, read_back, require_file, require_reply
from .random_file import write_random
from .screen import progress, table_of

_LOOK_EVERY = 0.25  # seconds
_KEY = "demo/random.bin"


class MissingKey(Exception):
    """The URL's path ends without a name."""

    def __str__(self) -> str:
        return "the URL ends without a name for the object: add KEY=name"


def copy_a_random_file(console: Console, size: int) -> None:
    """Make a file, serve it, copy it, and require the object to be that file."""
    with tempfile.TemporaryDirectory(prefix="ossferry-demo-") as folder:
        file = Path(folder, "random.bin")
        with progress(console, "make file", size) as show:
            sha256 = write_random(file, size, lambda done: show(done, ""))
        with started(origin_root=folder) as cloud:
            _copy(console, cloud, f"{cloud.origin}/{file.name}", _KEY, size)
            found = _read_back(console, cloud, _KEY, size)
        require_file(found, size, sha256)
    console.print(
        f"The object is the file: {size} bytes, SHA-256 {sha256}.",
        style="bold green",
        highlight=False,
        soft_wrap=True,
    )


def copy_a_url(console: Console, url: str, key: str) -> None:
    """Copy a URL, and require the object to be what the reply says."""
    key = key or _name_in(url)
    with started() as cloud:
        reply = _copy(console, cloud, url, key, None)
        stored = reply["object"]
        found = _read_back(console, cloud, key, stored["size"])
    require_reply(found, stored["size"], stored["crc64"])
    console.print(
        f"The object is what the reply says: {found.size} bytes, SHA-256 {found.sha256},"
        f" CRC64 {found.crc64}.",
        style="bold green",
        highlight=False,
        soft_wrap=True,
    )


def _name_in(url: str) -> str:
    try:
        name = unquote(urlsplit(url).path.rpartition("/")[2])
    except ValueError:
        name = ""
    if not name:
        raise MissingKey
    return name


def _copy(console: Console, cloud: LocalCloud, url: str, key: str, size: int | None) -> Any:
    event = {
        "source_url": url,
        "target_object_name": key,
        "target_region": cloud.region,
        "target_bucket_name": cloud.bucket_name,
    }
    console.print("The event, as in Function Compute's console:")
    console.print(_shown(event), markup=False, highlight=False, soft_wrap=True)
    watcher = Watcher(cloud, key)
    invocation = Invocation(cloud, event)
    with progress(console, "transfer", size) as show:
        for _ in invocation.ticks(_LOOK_EVERY):
            seen = watcher.look()
            show(seen.size, f"{seen.parts} parts, {seen.children} children")
        reply = invocation.reply()
        parts, children = reply.get("parts", {}), reply.get("children", {})
        show(
            reply["object"]["size"],
            f"{parts.get('count', 0)} parts, {children.get('invocations', 0)} children",
        )
    console.print(table_of("The reply", reply))
    return reply


def _shown(event: Mapping[str, str]) -> str:
    """The event as JSON, without what may be secret in a URL: its query and its userinfo."""
    url = re.sub(r"//[^/?]*@", "//", re.sub(r"\?.*", "?...", event["source_url"]))
    return json.dumps({**event, "source_url": url}, indent=2, ensure_ascii=False)


def _read_back(console: Console, cloud: LocalCloud, key: str, size: int) -> Fingerprint:
    with progress(console, "read back", size) as show:
        return read_back(cloud, key, lambda done: show(done, ""))
