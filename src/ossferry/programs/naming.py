"""The keys of outputs, which follow from the key of the input; and what they are. Pure.

A second run gives the same names, so that it replaces what the first one made; and two inputs below
one prefix never share one, unless only their suffixes tell them apart.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from mimetypes import MimeTypes

from ..errors import InvalidEvent, ProgramFailed
from ..listing.wanted import matches
from ..names import ObjectName, checked_key
from .description import PLACEHOLDER, Program

# What the standard library does not know, or not in every version.
_TYPES = {
    ".avif": "image/avif",
    ".flac": "audio/flac",
    ".flv": "video/x-flv",
    ".jsonl": "application/x-ndjson",
    ".m3u8": "application/vnd.apple.mpegurl",
    ".m4s": "video/iso.segment",
    ".md": "text/markdown",
    ".mkv": "video/x-matroska",
    ".mpd": "application/dash+xml",
    ".parquet": "application/vnd.apache.parquet",
    ".srt": "application/x-subrip",
    ".ts": "video/mp2t",
    ".vtt": "text/vtt",
    ".webp": "image/webp",
    ".yaml": "application/yaml",
}
_KNOWN = MimeTypes()  # not what the machine's own files say: it is to be the same everywhere
_OCTETS = "application/octet-stream"


def split_key(key: str) -> tuple[str, str]:
    """Stem and suffix of the last name in a key; both can be a part of a file's name."""
    name = key.rstrip("/").rpartition("/")[2]
    found = re.fullmatch(r"(.*[^.].*)(\.[^.]+)|(.*)", name, re.DOTALL)
    stem, suffix = (found[1], found[2]) if found and found[2] else (name, "")
    return ("_" if stem in ("", ".", "..") else stem), suffix


def wants(program: Program, below: str) -> bool:
    """Whether an object is one that the program is for; ``below`` is its key behind the prefix."""
    return any(matches(pattern, below) for pattern in program.inputs)


def output_keys(
    program: Program, source: ObjectName, target: ObjectName, below: str, names: Sequence[str]
) -> dict[str, str]:
    """The key of each output by its path below the folder, in the order in which they are made.

    ``below`` is the input's key behind the prefix that was asked for; of one object, its name.
    """
    folder = below.rpartition("/")[0]
    stem, suffix = split_key(below)
    keys: dict[str, str] = {}
    for name in ordered(names, program.last):
        values = {"stem": stem, "suffix": suffix, "name": name}
        last = PLACEHOLDER.sub(lambda found, v=values: v[found[2]], program.outputs)  # type: ignore[misc]
        key = f"{target.key}{folder}{'/' if folder else ''}{last}"
        try:
            keys[name] = checked_key(key, "the key of an output")
        except InvalidEvent as error:
            raise ProgramFailed(f"the program {program.name} left {name!r}: {error}") from None
    if source.bucket == target.bucket and source.key in keys.values():
        raise ProgramFailed(
            f"an output of the program {program.name} would replace its input, {source}: choose"
            " another target"
        )
    if len({*keys.values()}) < len(keys):
        raise ProgramFailed(
            f"the program {program.name} left {len(keys)} files, and outputs = {program.outputs!r}"
            " gives several of them one key: put {name} into it"
        )
    return keys


def ordered(names: Iterable[str], last: Sequence[str]) -> list[str]:
    """By name, and behind all others those that refer to them, in the order of ``last``."""

    def rank(name: str) -> tuple[int, str]:
        places = [place for place, pattern in enumerate(last, 1) if matches(pattern, name)]
        return (places[0] if places else 0), name

    return sorted(names, key=rank)


def is_last(name: str, last: Sequence[str]) -> bool:
    return any(matches(pattern, name) for pattern in last)


def content_type(name: str) -> str:
    suffix = split_key(name)[1].lower()
    known = _KNOWN.types_map[True]
    return _TYPES.get(suffix) or known.get(suffix) or _OCTETS
