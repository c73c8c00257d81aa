"""examples/transcode: videos by ffmpeg, as tasks, in the words of the published application."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from alibabacloud_tea_openapi.exceptions import AlibabaCloudException

from tests.e2e.async_tasks import AsyncTasks
from tests.e2e.examples.deployed import EXAMPLES, deployed, emptied, keys_below
from tests.e2e.programs.conftest import processes_with
from tests.e2e.transfers import failed, headers_of, replied, stored
from tests.localcloud.client import LocalCloud
from tests.localcloud.patience import eventually

pytestmark = pytest.mark.skipif(
    shutil.which("ffmpeg") is None, reason="there is no ffmpeg: apt-get install -y ffmpeg"
)
SECONDS = 3.0
SOURCE = "videos/480P.mp4"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCloud]:
    with deployed("transcode", tmp_path_factory.mktemp("transcode")) as cloud:
        yield cloud


@pytest.fixture
def cloud(running: LocalCloud, video: Path) -> Iterator[LocalCloud]:
    """The video is there."""
    with emptied(running) as cloud:
        cloud.bucket.put_object_from_file(SOURCE, str(video))
        yield cloud


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A few seconds of a picture that moves, and a tone."""
    path = tmp_path_factory.mktemp("video") / "480P.mp4"
    made = ["-f", "lavfi", "-i", f"testsrc=size=320x180:rate=25:duration={SECONDS}"]
    made += ["-f", "lavfi", "-i", f"sine=duration={SECONDS}"]
    ffmpeg(*made, "-c:v", "libx264", "-preset", "ultrafast", "-c:a", "aac", str(path))
    return path


def ffmpeg(*arguments: str) -> None:
    subprocess.run(["ffmpeg", "-nostdin", "-loglevel", "error", *arguments], check=True)


def seconds_of(file: Path) -> float:
    """How long ffprobe says that a video is."""
    asked = ["-v", "error", "-show_entries", "format=duration", "-of", "csv=p=0", str(file)]
    told = subprocess.run(["ffprobe", *asked], check=True, capture_output=True, text=True)
    return float(told.stdout)


def fetched(cloud: LocalCloud, prefix: str, into: Path) -> Path:
    """All objects below a prefix, as files."""
    for key in keys_below(cloud, prefix):
        path = into / key.removeprefix(prefix)
        path.parent.mkdir(parents=True, exist_ok=True)
        cloud.bucket.get_object_to_file(key, str(path))
    return into


def published(cloud: LocalCloud, **fields: str) -> dict[str, Any]:
    """The event of the example's folder, of this bucket."""
    event: dict[str, Any] = json.loads((EXAMPLES / "transcode/event.json").read_text("utf-8"))
    return {**event, "bucket": cloud.bucket_name, **fields}


@pytest.mark.parametrize(
    ("format", "kind"),
    [("mov", "video/quicktime"), ("flv", "video/x-flv"), ("avi", "video/x-msvideo")],
)
def test_published_event_makes_a_file(
    cloud: LocalCloud, tmp_path: Path, format: str, kind: str
) -> None:
    """Under the key that the published application gives it, as long as the video is."""
    reply = replied(cloud, published(cloud, dst_format=format))
    assert (reply["status"], reply["progress"]) == ("done", 1)
    key = f"transcoded/480P.{format}"
    assert keys_below(cloud, "transcoded/") == [key]
    assert headers_of(cloud, key)["Content-Type"] == kind
    file = fetched(cloud, "transcoded/", tmp_path) / f"480P.{format}"
    assert seconds_of(file) == pytest.approx(SECONDS, abs=0.2)
    assert replied(cloud, published(cloud, dst_format=format))["status"] == "unchanged"


def test_segments_come_before_their_playlist(cloud: LocalCloud, tmp_path: Path) -> None:
    """And together are as long as the video."""
    event = {
        "kind": "program",
        "program": "hls",
        "source": f"oss://{cloud.bucket_name}/{SOURCE}",
        "target": f"oss://{cloud.bucket_name}/transcoded/",
        "parameters": {"seconds": 1},
    }
    reply = replied(cloud, event)
    made = [each["key"] for each in reply["outputs"]["objects"]]
    assert made[-1] == "transcoded/480P/playlist.m3u8"
    assert len(made) == 4
    playlist = stored(cloud, made[-1]).decode()
    assert [line for line in playlist.splitlines() if line.endswith(".ts")] == [
        key.rpartition("/")[2] for key in made[:-1]
    ]
    folder = fetched(cloud, "transcoded/480P/", tmp_path)
    assert seconds_of(folder / "playlist.m3u8") == pytest.approx(SECONDS, abs=0.2)
    assert replied(cloud, published(cloud, dst_format="m3u8"))["status"] == "done"


def test_what_cannot_be_is_told(cloud: LocalCloud) -> None:
    """A format that is not offered, half a video, and a playlist that names what is not its own."""
    refused = failed(cloud, published(cloud, dst_format="exe"))
    assert refused.error_type == "InvalidEvent"
    assert "mov" in refused.message
    half = stored(cloud, SOURCE)[:20_000]
    cloud.bucket.put_object("videos/half.mp4", half)
    damaged = failed(cloud, published(cloud, object="videos/half.mp4"))
    assert damaged.error_type == "ProgramFailed"
    playlist = (
        f"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n{cloud.origin}/x.ts\n#EXT-X-ENDLIST\n"
    )
    cloud.bucket.put_object("videos/list.mp4", playlist.encode())
    assert failed(cloud, published(cloud, object="videos/list.mp4")).error_type == "ProgramFailed"
    assert cloud.origin_requests(f"{cloud.origin}/x.ts")["requests"] == []
    assert keys_below(cloud, "transcoded/") == []


def test_five_tasks_of_which_one_is_stopped(cloud: LocalCloud, video: Path, tmp_path: Path) -> None:
    """The others are done, an id is used once, and nothing of the stopped one is left."""
    long = tmp_path / "long.mp4"
    ffmpeg("-stream_loop", "400", "-i", str(video), "-c", "copy", str(long))
    cloud.bucket.put_object_from_file("videos/long.mp4", str(long))
    tasks = AsyncTasks(cloud)
    events = {f"to-{each}": published(cloud, dst_format=each) for each in ("mov", "flv", "avi")}
    events["to-m3u8"] = published(cloud, dst_format="m3u8")
    tasks.submit(published(cloud, object="videos/long.mp4", dst_format="mkv"), "to-be-stopped")
    eventually(lambda: processes_with("matroska"), within=30)
    requests = {id: tasks.submit(event, id) for id, event in events.items()}
    with pytest.raises(AlibabaCloudException) as refused:
        tasks.submit(events["to-mov"], "to-mov")
    assert refused.value.status_code == 409
    tasks.stop("to-be-stopped")
    eventually(lambda: processes_with("matroska"), wanted=lambda found: not found, within=10)
    assert tasks.ended("to-be-stopped").status == "Stopped"
    for id, request in requests.items():
        assert tasks.reply(request)["status"] == "done"
        assert tasks.ended(id).status == "Succeeded"
    assert keys_below(cloud, "transcoded/long") == []
    assert {key.split("/")[1] for key in keys_below(cloud, "transcoded/")} == {
        *("480P.mov", "480P.flv", "480P.avi", "480P"),
    }
