"""examples/game-ai: forty recordings that arrive are four files of 5,120 records, mixed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.chaos.game_ai_kills import killed
from tests.e2e.examples.deployed import deployed, emptied, keys_below
from tests.e2e.examples.game_ai import frames_event, played, recording, records
from tests.e2e.transfers import failed, replied
from tests.localcloud.client import LocalCloud
from tests.localcloud.patience import eventually

GAMES = 40


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCloud]:
    """Of not too many instances: each recording has a process of its own."""
    with deployed("game-ai", tmp_path_factory.mktemp("game-ai"), instances=12) as cloud:
        yield cloud


@pytest.fixture
def cloud(running: LocalCloud) -> Iterator[LocalCloud]:
    with emptied(running) as cloud:
        yield cloud


def test_forty_recordings_are_four_files(cloud: LocalCloud) -> None:
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
    event = frames_event(cloud, "recordings/game-0000.abs")
    assert replied(cloud, event)["status"] == "unchanged"
    cloud.bucket.put_object("more/game-0040.abs", recording(GAMES))
    reply = replied(cloud, frames_event(cloud, "more/game-0040.abs"))
    assert (reply["status"], reply["then"]["waiting"]) == ("done", 1)
    flush = {name: value for name, value in event.items() if name != "source"}
    assert replied(cloud, {**flush, "flush": True})["batches"] == [2]
    (rest,) = eventually(lambda: keys_below(cloud, "sets/000002/"), within=60)
    assert rest == "sets/000002/rest.npy"
    assert [record[:3] for record in records(cloud, rest)] != played(recording(GAMES))
    assert sorted(record[:3] for record in records(cloud, rest)) == played(recording(GAMES))


def test_a_recording_that_is_cut_off_is_refused(cloud: LocalCloud) -> None:
    """It would be a game that ended otherwise."""
    cloud.bucket.put_object("half/game.abs", recording(1)[:-5])
    event = frames_event(cloud, "half/game.abs")
    error = failed(cloud, event)
    assert error.error_type == "ProgramFailed"
    assert "it is no whole recording" in error.message
    assert json.dumps(keys_below(cloud, "frames/")) == "[]"


def test_kills_and_doubled_deliveries(tmp_path: Path) -> None:
    """Of whoever makes sets of 41 recordings; `make kills` has 100, and 30 kills."""
    assert killed(41, 6, 3, tmp_path).hit.total() == 6
