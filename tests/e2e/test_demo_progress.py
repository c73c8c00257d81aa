"""What the demo shows while a transfer runs is what OSS and Function Compute say."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import StartCloud
from tests.demo.invocation import Invocation
from tests.demo.progress import Progress, Watcher
from tests.localcloud.client import FunctionError, LocalCloud
from tests.localcloud.patience import eventually

_MIB = 1 << 20


def test_watcher_sees_the_parts_of_its_key_only(
    cloud: LocalCloud, tidy: None, tmp_path: Path
) -> None:
    """Bytes and parts are those of the upload to this very key, and stay after its end."""
    bucket = cloud.bucket
    watcher = Watcher(cloud, "watched", tmp_path)
    other = bucket.init_multipart_upload("watched-other").upload_id
    bucket.upload_part("watched-other", other, 1, b"x" * 100)
    assert watcher.look() == Progress(0, 0, 0)
    upload = bucket.init_multipart_upload("watched").upload_id
    for number in (1, 2):
        bucket.upload_part("watched", upload, number, b"x" * number)
    assert watcher.look() == Progress(3, 2, 0)
    bucket.abort_multipart_upload("watched", upload)
    bucket.abort_multipart_upload("watched-other", other)
    assert watcher.look() == Progress(3, 2, 0)


def test_watcher_sees_bytes_before_a_part_is_whole(start_cloud: StartCloud, tmp_path: Path) -> None:
    """What arrives of a part counts at once, the total is what the function logged, and what was
    shown once is never taken back."""
    cloud = start_cloud(data_dir=tmp_path)
    size = 8 * _MIB
    event = {
        "source_url": cloud.generated("early", size, "rate:800000"),
        "target_object_name": "early",
        "target_region": cloud.region,
        "target_bucket_name": cloud.bucket_name,
        "part_size": 4 * _MIB,
    }
    watcher = Watcher(cloud, "early", tmp_path)
    assert watcher.look() == Progress()
    # The second upload of part 1 is one that had to be repeated.
    cloud.faults("oss", [{"operation": "UploadPart", "part": 1, "nth": 1, "cut_after": 1_000_000}])
    invocation = Invocation(cloud, event)
    first = eventually(watcher.look, wanted=lambda seen: seen.size > _MIB / 2, within=60)
    assert (first.parts, first.total) == (0, size)
    seen = [first, *(watcher.look() for _ in invocation.ticks(0.1))]
    assert invocation.reply()["object"]["size"] == size
    sizes = [each.size for each in seen]
    assert sizes == sorted(sizes)
    assert sizes[-1] <= size
    assert len({each for each in sizes if each < 4 * _MIB}) > 1
    assert watcher.look().size == size


def test_watcher_counts_children_without_their_coordinator(
    start_cloud: StartCloud, tmp_path: Path
) -> None:
    """While one child and the coordinator copy, there is one child."""
    cloud = start_cloud(env={"OSSFERRY_FAN_OUT_FROM": "1000000"})
    event = {
        "source_url": cloud.generated("watched", 16 * _MIB, "rate:1000000"),
        "target_object_name": "watched",
        "target_region": cloud.region,
        "target_bucket_name": cloud.bucket_name,
        "part_size": _MIB,
        "streams": 2,
        "max_children": 1,
    }
    watcher = Watcher(cloud, "watched", tmp_path)
    invocation = Invocation(cloud, event)
    eventually(watcher.look, wanted=lambda seen: seen.children == 1 and seen.parts > 0, within=60)
    for _ in invocation.ticks(0.1):
        assert watcher.look().children <= 1
    assert invocation.reply()["parts"]["count"] == 16


def test_failure_of_the_function_reaches_who_waits(cloud: LocalCloud, tidy: None) -> None:
    """An invocation that fails ends the ticking, and its reply is the function's error."""
    invocation = Invocation(cloud, {"source_url": "nothing"})
    for _ in invocation.ticks(0.05):
        pass
    with pytest.raises(FunctionError, match="target_object_name"):
        invocation.reply()
