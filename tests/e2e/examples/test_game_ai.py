"""examples/game-ai: forty recordings that arrive are four files of 5,120 records, mixed."""

from __future__ import annotations

import ast
import json
import runpy
import struct
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.e2e.examples.deployed import EXAMPLES, deployed, emptied, keys_below
from tests.e2e.transfers import failed, replied, stored
from tests.localcloud.client import LocalCloud
from tests.localcloud.patience import eventually

GAMES = 40
RECORD = struct.Struct("<IIH8f")
Recording = Callable[[int], bytes]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCloud]:
    """Of not too many instances: each recording has a process of its own."""
    with deployed("game-ai", tmp_path_factory.mktemp("game-ai"), instances=12) as cloud:
        yield cloud


@pytest.fixture
def cloud(running: LocalCloud) -> Iterator[LocalCloud]:
    with emptied(running) as cloud:
        yield cloud


@pytest.fixture(scope="module")
def recording() -> Recording:
    """What makes the recordings of the example."""
    made: Recording = runpy.run_path(str(EXAMPLES / "game-ai/recordings/make.py"))["recording"]
    return made


def records(cloud: LocalCloud, key: str) -> list[tuple[Any, ...]]:
    """Those of a file of NumPy, read by its format."""
    content = stored(cloud, key)
    assert content[:8] == b"\x93NUMPY\x01\x00"
    (length,) = struct.unpack_from("<H", content, 8)
    head = ast.literal_eval(content[10 : 10 + length].decode())
    body = content[10 + length :]
    assert len(body) == head["shape"][0] * RECORD.size
    return [*RECORD.iter_unpack(body)]


def played(recording: bytes) -> list[tuple[int, int, int]]:
    """Game, tick and action of each frame in which something is done."""
    (game,) = struct.unpack_from("<I", recording, 8)
    frames = struct.Struct("<IH8h").iter_unpack(recording[12:])
    return [(game, tick, action) for tick, action, *_ in frames if action]


def test_forty_recordings_are_four_files(cloud: LocalCloud, recording: Recording) -> None:
    """Each frame is in one of them, once, in another order; the 41st waits for others."""
    for game in range(GAMES):
        cloud.bucket.put_object(f"recordings/game-{game:04}.abs", recording(game))

    def sets() -> list[str]:
        return keys_below(cloud, "sets/")

    found = eventually(sets, wanted=lambda keys: len(keys) == 4, within=120)
    assert found == [f"sets/000001/{number:05}.npy" for number in range(4)]
    assert len(keys_below(cloud, "frames/")) == GAMES
    mixed = [records(cloud, key) for key in found]
    assert [len(each) for each in mixed] == [5120] * 4
    told = [record[:3] for each in mixed for record in each]
    expected = [frame for game in range(GAMES) for frame in played(recording(game))]
    assert sorted(told) == expected != told
    assert all(-1 <= value < 1 for value in mixed[0][0][3:])
    event = {
        "kind": "program",
        "program": "frames",
        "source": f"oss://{cloud.bucket_name}/recordings/game-0000.abs",
        "target": f"oss://{cloud.bucket_name}/frames/",
    }
    assert replied(cloud, event)["status"] == "unchanged"
    cloud.bucket.put_object("more/game-0040.abs", recording(GAMES))
    reply = replied(cloud, {**event, "source": f"oss://{cloud.bucket_name}/more/game-0040.abs"})
    assert (reply["status"], reply["then"]["waiting"]) == ("done", 1)
    flush = {name: value for name, value in event.items() if name != "source"}
    assert replied(cloud, {**flush, "flush": True})["batches"] == [2]
    (rest,) = eventually(lambda: keys_below(cloud, "sets/000002/"), within=60)
    assert rest == "sets/000002/rest.npy"
    assert [record[:3] for record in records(cloud, rest)] != played(recording(GAMES))
    assert sorted(record[:3] for record in records(cloud, rest)) == played(recording(GAMES))


def test_a_recording_that_is_cut_off_is_refused(cloud: LocalCloud, recording: Recording) -> None:
    """It would be a game that ended otherwise."""
    cloud.bucket.put_object("half/game.abs", recording(1)[:-5])
    event = {
        "kind": "program",
        "program": "frames",
        "source": f"oss://{cloud.bucket_name}/half/game.abs",
        "target": f"oss://{cloud.bucket_name}/frames/",
    }
    error = failed(cloud, event)
    assert error.error_type == "ProgramFailed"
    assert "it is no whole recording" in error.message
    assert json.dumps(keys_below(cloud, "frames/")) == "[]"
