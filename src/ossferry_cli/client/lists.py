"""Lists of sources: addresses that the function reads, or contents that go beside their job."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from ossferry.crc64 import crc64
from ossferry.ledger.head import folder_of
from ossferry.names import BULK_FOLDER
from ossferry.origins.place import is_object

from ..asked.events import Event
from ..asked.programs import LOCAL
from ..problems import Misuse, Problem

if TYPE_CHECKING:
    from ossferry.oss.bucket import Bucket

# An address (oss://, http://, https://), a file of this machine, or what would be in it.
Given: TypeAlias = "str | os.PathLike[str] | bytes"

_ENDINGS = ("urls", "txt", "tsv", "csv", "jsonl", "ndjson")
_NAMELESS = "-"


class LocalList(NamedTuple):
    """A list that lies with its job, so that both are swept together."""

    content: bytes
    name: str  # list.tsv, list.csv.gz

    def __repr__(self) -> str:
        return f"LocalList({self.name})"

    def key(self, job_id: str) -> str:
        return f"{folder_of(job_id)}{self.name}"


def opened(given: Given) -> tuple[str, bytes | None]:
    """Name and content; None is that of an address."""
    if isinstance(given, bytes):
        return _NAMELESS, given
    if isinstance(given, str) and (is_object(given) or given.startswith(("http://", "https://"))):
        return given, None
    try:
        return os.fspath(given), Path(given).read_bytes()
    except OSError as error:
        raise Misuse(f"the list {os.fspath(given)} cannot be read: {error.strerror}") from None


def list_of(given: Given | None) -> tuple[str | None, LocalList | None]:
    """The address of a list, or one of this machine, which ``LOCAL`` stands for."""
    if given is None:
        return None, None
    said, content = opened(given)
    if content is None:
        return said, None
    if not content.strip():
        raise Misuse(f"the list {said} is empty: write a source into each line")
    pieces = Path(said).name.lower().split(".")
    packed = pieces[-1:] == ["gz"]
    ending = (pieces[:-1] if packed else pieces)[-1:] if len(pieces) > 1 else []
    name = ".".join(["list", *(each for each in ending if each in _ENDINGS)])
    return LOCAL, LocalList(content, f"{name}.gz" if packed and name != "list" else name)


def put(own: LocalList | None, bucket: Bucket, job_id: str) -> Event:
    """A list of this machine, to where the function reads it."""
    if own is None:
        return {}
    key = own.key(job_id)
    there = bucket.head(key)
    if there is None:
        bucket.write(key, own.content)
    elif (there.size, there.crc64) != (len(own.content), crc64(own.content)):
        raise Problem(f"{job_id} is a job over another list: choose another --id")
    return {"list": f"oss://{bucket.name}/{key}"}


def kept_list(bucket: Bucket, event: Mapping[str, Any], job_id: str) -> Event:
    """Of an earlier job: put beside the one that goes on with it, so that no sweep takes it away
    while that runs."""
    found = re.fullmatch(
        rf"oss://{bucket.name}/({BULK_FOLDER}[^/]+/)(list[^/]*)", event.get("list", "")
    )
    key = f"{folder_of(job_id)}{found[2]}" if found else ""
    if not found or key == f"{found[1]}{found[2]}":
        return {}
    content = bucket.read(f"{found[1]}{found[2]}")
    if content is None:
        raise Problem("the list of that job is gone: give the same command with --list again")
    bucket.write(key, content[0])
    return {"list": f"oss://{bucket.name}/{key}"}
