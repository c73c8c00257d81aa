"""The two demos from beginning to end: a random file of one's own, and a URL of the user's."""

from __future__ import annotations

import contextlib
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import unquote, urlsplit

from rich.console import Console

from tests.localcloud.client import LocalCloud, started

from .event import event_lines
from .invocation import Invocation
from .keeping import require_place, wait_for_ctrl_c, whole_file
from .progress import Watcher
from .proof import Fingerprint, read_back, require_file, require_reply
from .random_file import write_random
from .reply import table_of
from .report import write_report
from .screen import progress

_LOOK_EVERY = 0.25  # seconds
_KEY = "demo/random.bin"


class MissingKey(Exception):
    """The URL's path ends without a name."""

    def __str__(self) -> str:
        return "the URL ends without a name for the object: add KEY=name"


def copy_a_random_file(console: Console, size: int) -> Path:
    """Make a file, serve it, copy it, and require the object to be that file; the page about it."""
    with _folders() as (source, data):
        file = Path(source, "random.bin")
        with progress(console, "make file", size) as step:
            sha256 = write_random(file, size, step.tell)
        with started(origin_root=source, data_dir=data) as cloud:
            reply = _copy(console, cloud, data, f"{cloud.origin}/{file.name}", _KEY, size)
            found = _read_back(console, cloud, _KEY, size)
            report = write_report(cloud, reply)
        require_file(found, size, sha256)
    _print_verdict(console, f"The object is the file: {size} bytes, SHA-256 {sha256}.")
    _print_report(console, report)
    return report


def copy_a_url(console: Console, url: str, key: str, out: Path | None) -> None:
    """Copy a URL, require the object to be what the reply says, and let the user have it."""
    key = key or _name_in(url)
    if out is not None:
        require_place(out)
    with _folders() as (_, data), started(data_dir=data) as cloud:
        reply = _copy(console, cloud, data, url, key, None)
        with contextlib.nullcontext() if out is None else whole_file(out) as file:
            stored = reply["object"]
            found = _read_back(console, cloud, key, stored["size"], file)
            require_reply(found, stored["size"], stored["crc64"])
        report = write_report(cloud, reply)
        _print_verdict(
            console,
            f"The object is what the reply says: {found.size} bytes, SHA-256 {found.sha256},"
            f" CRC64 {found.crc64}.",
        )
        _print_report(console, report)
        keep = out is None and sys.stdin.isatty() and sys.stdout.isatty()
        if keep:
            wait_for_ctrl_c(console, cloud, key)
    if keep:
        console.print("The local cloud has ended, and the object with it.")
    if out is not None:
        _print_verdict(console, f"It is in {out}.")


@contextlib.contextmanager
def _folders() -> Iterator[tuple[Path, Path]]:
    """Yield a folder for what is served and one for the cloud's data, which go afterwards."""
    with tempfile.TemporaryDirectory(prefix="ossferry-demo-") as name:
        folders = Path(name, "source"), Path(name, "cloud")
        for folder in folders:
            folder.mkdir()
        yield folders


def _name_in(url: str) -> str:
    try:
        name = unquote(urlsplit(url).path.rpartition("/")[2])
    except ValueError:
        name = ""
    if not name:
        raise MissingKey
    return name


def _copy(
    console: Console, cloud: LocalCloud, data: Path, url: str, key: str, size: int | None
) -> Any:
    event = {
        "source_url": url,
        "target_object_name": key,
        "target_region": cloud.region,
        "target_bucket_name": cloud.bucket_name,
        "report": True,
    }
    console.print("The event, as in Function Compute's console:")
    console.print(event_lines(event), markup=False, highlight=False, soft_wrap=True)
    watcher = Watcher(cloud, key, data)
    with progress(console, "transfer", size) as step:
        invocation = Invocation(cloud, event)
        for _ in invocation.ticks(_LOOK_EVERY):
            seen = watcher.look()
            step.tell(seen.size, seen.words, seen.total)
        reply = invocation.reply()
        stored = reply["object"]["size"]
        parts, children = reply.get("parts", {}), reply.get("children", {})
        step.tell(
            stored,
            f"{parts.get('count', 0)} parts, {children.get('peak', 0)} children",
            stored,
        )
    console.print(table_of(reply))
    return reply


def _read_back(
    console: Console, cloud: LocalCloud, key: str, size: int, into: BinaryIO | None = None
) -> Fingerprint:
    with progress(console, "read back", size) as step:
        return read_back(cloud, key, step.tell, into)


def _print_verdict(console: Console, sentence: str) -> None:
    console.print(sentence, style="bold green", markup=False, highlight=False, soft_wrap=True)


def _print_report(console: Console, report: Path) -> None:
    said = f"Who copied what, and when, is in {report}: open it in a browser."
    console.print(said, markup=False, highlight=False, soft_wrap=True)
