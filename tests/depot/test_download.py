"""Parallel ranges into a file, from servers that do not always give what was asked for."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from ossferry.byte_range import MIB, ByteRange
from ossferry.copying.copy_job import Pin, SourceRef
from ossferry.crc64 import crc64
from ossferry.depot.download import Download
from ossferry.errors import ChecksumMismatch, OutOfTime, SourceChanged, SourceGone
from ossferry.source.probe import Source
from ossferry.stop import Stop
from ossferry.urls import Url
from tests.peers.loopback import CONTENT, GUARD, soon
from tests.peers.scripted import (
    Reply,
    Request,
    Script,
    Then,
    answer,
    in_turn,
    part_of,
    scripted,
    serving,
)

LEAST = 4 * MIB
TAG = '"tag"'
LARGE = CONTENT * 9 + b"tail"


def downloaded(
    script: Script,
    content: bytes,
    path: Path,
    *,
    streams: int = 3,
    crc: int | None = None,
    stop: Stop | None = None,
) -> list[str | None]:
    """Fetch to ``path``; the ranges that the server was asked for, in order."""
    with scripted(script) as server:
        ref = SourceRef(Url(server.url), {}, Pin(len(content), "tag"))
        source = Source(ref, splittable=True, headers={}, crc64=crc)
        download = Download(source, GUARD, deadline=soon(), stop=stop or Stop())
        download.write_to(str(path), streams)
        return sorted(server.ranges, key=str)


@pytest.mark.parametrize(
    ("size", "streams", "ranges"),
    [
        (0, 3, 0),
        (1, 3, 1),
        (LEAST, 3, 1),
        (LEAST + 1, 3, 2),
        (len(LARGE), 3, 3),
        (len(LARGE), 2, 2),
        (len(LARGE), 64, 3),
    ],
)
def test_the_file_is_the_source(tmp_path: Path, size: int, streams: int, ranges: int) -> None:
    """Of any size: one range for each stream, unless they would be too small for it."""
    content = LARGE[:size]
    path = tmp_path / "file"
    asked = downloaded(
        serving(content, etag=TAG), content, path, streams=streams, crc=crc64(content)
    )
    assert path.read_bytes() == content
    assert len(asked) == ranges


@pytest.mark.parametrize("then", [Then.CLOSE, Then.RESET])
def test_a_range_that_breaks_off_goes_on_where_it_stopped(tmp_path: Path, then: Then) -> None:
    """Only what is missing is asked for again."""
    cut = Reply(part_of(CONTENT, ByteRange(0, len(CONTENT)), sent=300_000, ETag=TAG), then)
    path = tmp_path / "file"
    downloaded(in_turn(cut, rest=serving(CONTENT, etag=TAG)), CONTENT, path, crc=crc64(CONTENT))
    assert path.read_bytes() == CONTENT


def test_a_disk_may_take_less_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Then the rest is written too: no checksum is made of what is on the disk."""
    whole, path = os.pwrite, tmp_path / "file"
    monkeypatch.setattr(
        os, "pwrite", lambda file, view, offset: whole(file, view[: len(view) // 2 + 1], offset)
    )
    downloaded(serving(CONTENT, etag=TAG), CONTENT, path, crc=crc64(CONTENT))
    assert path.read_bytes() == CONTENT


def test_other_bytes_are_recognised(tmp_path: Path) -> None:
    """By the CRC64 that the probe got, of all ranges together."""
    changed = LARGE[:-1] + b"?"
    with pytest.raises(ChecksumMismatch, match=str(crc64(LARGE))):
        downloaded(serving(changed, etag=TAG), changed, tmp_path / "file", crc=crc64(LARGE))


def test_without_a_checksum_there_is_nothing_to_compare(tmp_path: Path) -> None:
    """Objects that OSS copied by parts have none."""
    path = tmp_path / "file"
    downloaded(serving(CONTENT, etag=TAG), CONTENT, path, crc=None)
    assert path.read_bytes() == CONTENT


def test_another_version_in_between_is_an_error(tmp_path: Path) -> None:
    """Half of one and half of the other would be neither."""

    def script(request: Request) -> Reply:
        wanted = request.range or ByteRange(0, 1)
        return Reply(part_of(LARGE, wanted, ETag='"other"' if wanted.start else '"tag"'))

    with pytest.raises(SourceChanged):
        downloaded(script, LARGE, tmp_path / "file")


def test_the_first_failure_ends_the_other_streams(tmp_path: Path) -> None:
    """Even one that waits for a server that says nothing more; and it is the failure told."""
    silent = threading.Event()
    over = threading.Event()

    def script(request: Request) -> Reply:
        if not (request.range or ByteRange(0, 1)).start:
            silent.set()
            over.wait(60)
            return Reply(b"", Then.RESET)
        silent.wait(60)
        return Reply(answer(404))

    with scripted(script) as server:
        ref = SourceRef(Url(server.url), {}, Pin(len(LARGE), "tag"))
        source = Source(ref, splittable=True, headers={}, crc64=None)
        try:
            with pytest.raises(SourceGone):
                Download(source, GUARD, deadline=soon(), stop=Stop()).write_to(
                    str(tmp_path / "file"), 2
                )
        finally:
            over.set()


def test_a_stop_from_outside_ends_it(tmp_path: Path) -> None:
    """Before a byte has come."""
    stop = Stop()
    stop.set()
    with pytest.raises(OutOfTime):
        downloaded(serving(CONTENT, etag=TAG), CONTENT, tmp_path / "file", stop=stop)


def test_a_file_that_is_there_is_not_written_over(tmp_path: Path) -> None:
    """Two downloads never share one."""
    path = tmp_path / "file"
    path.touch()
    with pytest.raises(FileExistsError):
        downloaded(serving(CONTENT, etag=TAG), CONTENT, path)
    assert os.path.getsize(path) == 0
