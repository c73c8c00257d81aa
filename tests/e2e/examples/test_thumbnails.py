"""examples/thumbnails: a picture arrives, and a small one of it is there."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

import pytest

from tests.e2e.examples.deployed import deployed, emptied, keys_below
from tests.e2e.transfers import exists, failed, headers_of, replied, stored
from tests.localcloud.client import LocalCloud
from tests.localcloud.patience import eventually


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCloud]:
    with deployed("thumbnails", tmp_path_factory.mktemp("thumbnails")) as cloud:
        yield cloud


@pytest.fixture
def cloud(running: LocalCloud) -> Iterator[LocalCloud]:
    with emptied(running) as cloud:
        yield cloud


def png(width: int, height: int) -> bytes:
    """A picture of one colour, half transparent."""

    def piece(kind: bytes, content: bytes) -> bytes:
        crc = zlib.crc32(kind + content)
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", crc)

    rows = b"".join(b"\0" + b"\x20\x80\xc0\x80" * width for _ in range(height))
    head = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    pieces = (b"IHDR", head), (b"IDAT", zlib.compress(rows)), (b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(piece(*each) for each in pieces)


def size_of(jpeg: bytes) -> tuple[int, int]:
    """Width and height, as its header says."""
    place = 2
    while jpeg[place + 1] != 0xC0:
        place += 2 + int.from_bytes(jpeg[place + 2 : place + 4], "big")
    height, width = struct.unpack(">HH", jpeg[place + 5 : place + 9])
    return width, height


def test_a_picture_that_arrives_has_a_small_one(cloud: LocalCloud) -> None:
    """By the trigger and the rule of its s.yaml, which keep it from looking at what it makes."""
    cloud.bucket.put_object("photos/2026/cat.png", png(1200, 800))
    eventually(lambda: exists(cloud, "thumbnails/cat.jpg"), within=30)
    assert size_of(stored(cloud, "thumbnails/cat.jpg")) == (320, 213)
    assert headers_of(cloud, "thumbnails/cat.jpg")["Content-Type"] == "image/jpeg"
    assert keys_below(cloud, "thumbnails/") == ["thumbnails/cat.jpg"]


def test_an_event_may_choose_the_width(cloud: LocalCloud) -> None:
    """Within the bounds of the description; what is no picture is an error."""
    cloud.bucket.put_object("in/cat.png", png(400, 400))
    cloud.bucket.put_object("in/text.png", b"no picture")
    event = {
        "kind": "program",
        "program": "thumbnail",
        "source": f"oss://{cloud.bucket_name}/in/cat.png",
        "target": f"oss://{cloud.bucket_name}/thumbnails/",
        "parameters": {"width": 64},
    }
    assert replied(cloud, event)["status"] == "done"
    assert size_of(stored(cloud, "thumbnails/cat.jpg")) == (64, 64)
    assert failed(cloud, {**event, "parameters": {"width": 9}}).error_type == "InvalidEvent"
    refused = failed(cloud, {**event, "source": f"oss://{cloud.bucket_name}/in/text.png"})
    assert refused.error_type == "ProgramFailed"
    assert "UnidentifiedImageError" in refused.message
    elsewhere = {**event, "target": f"oss://{cloud.bucket_name}/elsewhere/"}
    assert failed(cloud, elsewhere).error_type == "TargetRefused"
