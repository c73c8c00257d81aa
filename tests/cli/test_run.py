"""Programs from the command line. What differs between generations of Function Compute is what all
commands have in common, so one of them is enough here."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.running import Command
from tests.localcloud.patience import eventually

pytestmark = pytest.mark.parametrize("ossferry", ["3.0"], indirect=True)


def put(ossferry: Command, *keys: str) -> None:
    for key in keys:
        ossferry.cloud.bucket.put_object(key, b"a video")


def keys(ossferry: Command, prefix: str) -> list[str]:
    found = ossferry.cloud.bucket.list_objects_v2(prefix, max_keys=100).object_list
    return [each.key for each in found]


def test_a_program_over_an_object_is_shown_to_its_end(ossferry: Command, tmp_path: Path) -> None:
    """What it made is on stdout, and kept for a report; the second time it is unchanged."""
    put(ossferry, "one/in/a.mp4")
    over = ("run", "transcode", ossferry.target("one/in/a.mp4"), ossferry.target("one/out/"))
    first = ossferry(*over, "-p", "format=mkv", "--json")
    assert first.code == 0, first.err
    lines = first.lines
    assert [lines[0]["event"], lines[-1]["event"]] == ["started", "finished"]
    assert (lines[-1]["status"], lines[-2]["fraction"]) == ("done", 1.0)
    [made] = lines[-1]["reply"]["outputs"]["objects"]
    assert (made["key"], made["size"]) == ("one/out/a/video.mkv", 7)
    task_id = lines[0]["id"]
    assert task_id.startswith("transcode-a-mp4-")
    again = ossferry(*over, "-p", "format=mkv")
    assert again.out.startswith(f"unchanged: {ossferry.target('one/out/a/video.mkv')}, 7 B")
    assert again.err.startswith(f"started {task_id}-2: transcode over ")

    assert ossferry("status", task_id).out.startswith("done: ")
    assert f"  {ossferry.target('one/out/a/video.mkv')}, 7 B" in ossferry("report", task_id).out
    file = tmp_path / "reply.json"
    assert ossferry("report", task_id, "--save", str(file)).code == 0
    assert json.loads(file.read_text())["program"] == "transcode"
    refused = ossferry("again", task_id)
    assert (refused.code, "resume" in refused.err) == (1, True)
    assert "transcode over " in ossferry("ls", task_id).out


def test_a_program_tells_how_far_it_is_and_is_stopped(ossferry: Command) -> None:
    """Once it has said something; to send it again is to run it again."""
    put(ossferry, "far/in/a.mp4")
    target = ossferry.target("far/out/")
    over = ("run", "transcode", ossferry.target("far/in/a.mp4"), target, "-p", "seconds=60")
    task_id = ossferry(*over, "--id", "far", "--detach").out.strip()
    assert task_id == "far"
    other = ossferry("run", "nightly", target, "--id", "far", "--detach")
    assert (other.code, "something else" in other.err) == (1, True)

    def seen() -> Any:
        return ossferry("status", task_id, "--json").document

    far = eventually(seen, wanted=lambda look: look["fraction"], within=30)
    assert (far["phase"], 0.1 < far["fraction"] < 0.5) == ("running", True)
    assert ossferry("stop", task_id).code == 0
    ended = ossferry("status", task_id, "--wait", "--json")
    assert (ended.code, ended.lines[-1]["status"]) == (1, "stopped")
    resumed = ossferry("resume", task_id, "--detach").out.strip()
    assert resumed == "far-2"
    assert ossferry("stop", resumed).code == 0
    assert keys(ossferry, "far/out/") == []


def test_a_program_over_many_has_codes_a_report_and_again(ossferry: Command) -> None:
    """3 if some fail; those are done again."""
    put(ossferry, "many/in/a.mp4", "many/in/b/c.mp4", "many/in/bad.mp4", "many/in/drafts/d.mp4")
    places = (ossferry.target("many/in/"), ossferry.target("many/out/"))
    over = ("run", "transcode", *places, "--exclude", "drafts/")
    planned = ossferry(*over, "--dry-run", "--json").document
    assert (planned["status"], planned["reply"]["run"]) == ("dry_run", 3)
    done = ossferry(*over)
    assert done.code == 3, done.err
    assert done.out.startswith("completed_with_failures: 3 items, 2 done, 1 failed")
    assert keys(ossferry, "many/out/") == ["many/out/a/video.mov", "many/out/b/c/video.mov"]
    job_id = done.err.split()[1].strip(":")
    told = ossferry("report", job_id, "--json").document
    assert (told["exit_code"], told["failed"][0]["error_type"]) == (3, "ProgramFailed")
    again = ossferry("again", job_id, "--json")
    assert (again.code, again.lines[-1]["reply"]["items"]) == (1, 1), again.err
    resumed = ossferry("resume", job_id, "--json").lines
    assert (resumed[0]["id"], resumed[-1]["reply"]["unchanged"]) == (f"{job_id}-2", 2)


def test_what_waits_is_flushed(ossferry: Command) -> None:
    """One more program, over what there is."""
    put(ossferry, "then/in/a.mp4")
    target = ossferry.target("then/out/")
    then = ("--then", "gather", "--when", "2", "--then-target", ossferry.target("then/sets/"))
    one = ossferry("run", "transcode", ossferry.target("then/in/a.mp4"), target, *then)
    assert (one.code, "1 waiting for more" in one.out) == (0, True), one.err
    flushed = ossferry("run", "transcode", target, *then, "--flush")
    assert (flushed.code, flushed.out[:16]) == (0, "flushed: batch 1"), flushed.err
    made = eventually(
        lambda: keys(ossferry, "then/sets/"), wanted=lambda found: bool(found), within=30
    )
    assert made == ["then/sets/000001-list.jsonl"]


def test_a_program_that_fails_says_why(ossferry: Command) -> None:
    """In its own words."""
    put(ossferry, "failing/bad.mp4")
    over = (ossferry.target("failing/bad.mp4"), ossferry.target("failing/out/"))
    done = ossferry("run", "transcode", *over)
    assert (done.code, done.out[:7]) == (1, "failed:")
    assert "ended with exit code 3: no video in it" in done.err
