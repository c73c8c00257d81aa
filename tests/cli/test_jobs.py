"""Many items from the command line, on both generations of Function Compute."""

from __future__ import annotations

import csv
import json
from pathlib import Path

from tests.cli.running import Command


def urls(ossferry: Command, name: str, count: int, *behaviours: str) -> list[str]:
    return [
        ossferry.cloud.generated(f"{name}-{number}", 1000, *behaviours, name=f"{number}.bin")
        for number in range(count)
    ]


def keys(ossferry: Command, prefix: str) -> list[str]:
    found = ossferry.cloud.bucket.list_objects_v2(prefix, max_keys=1000).object_list
    return [each.key for each in found]


def test_a_list_of_this_machine_is_copied(ossferry: Command, tmp_path: Path) -> None:
    """It lies with its job, is told of before, and from standard input it is the same."""
    text = "\n".join(urls(ossferry, "list", 60))
    file = tmp_path / "list.txt"
    file.write_text(text)
    target = ossferry.target("list/")
    planned = ossferry("cp", "--list", str(file), target, "--dry-run", "--json").document
    assert (planned["status"], planned["reply"]["copy"]) == ("dry_run", 60)
    assert keys(ossferry, "list/") == []
    done = ossferry("cp", "--list", str(file), target, "--json")
    assert (done.code, done.lines[-1]["status"]) == (0, "completed"), done.err
    looks = [line for line in done.lines if line["event"] == "progress"]
    assert (looks[-1]["items"], looks[-1]["of"]) == (60, 60)
    assert len(keys(ossferry, "list/")) == 60
    again = ossferry("cp", "--list", "-", target, "--json", text=text)
    assert again.lines[-1]["reply"]["unchanged"] == 60


def test_failed_items_have_a_code_a_report_and_a_command(ossferry: Command, tmp_path: Path) -> None:
    """3; which ones they are; and how to do them again once the cause is gone."""
    file = ossferry.cloud.origin_root / "late.bin"
    [good] = urls(ossferry, "good", 1)
    late = f"{ossferry.cloud.origin}/late.bin"
    done = ossferry("cp", good, late, ossferry.target("some/"))
    assert done.code == 3, done.err
    assert done.out.startswith("completed_with_failures: 2 items, 1 copied, 1 failed")
    job_id = done.err.split()[1].strip(":")
    assert f"ossferry report {job_id}" in done.err
    assert f"ossferry again {job_id}" in done.err

    told = ossferry("report", job_id, "--json").document
    assert (told["exit_code"], told["failed"][0]["error_type"]) == (3, "SourceGone")
    assert "answered 404" in ossferry("report", job_id).out
    for name in ("report.csv", "report.jsonl", "failed.jsonl"):
        assert ossferry("report", job_id, "--save", str(tmp_path / name)).code == 0
    with open(tmp_path / "report.csv", newline="") as table:
        assert [row["outcome"] for row in csv.DictReader(table)].count("failed") == 1
    assert json.loads((tmp_path / "failed.jsonl").read_text())["target_object_name"]
    assert ossferry("report", job_id, "--save", str(tmp_path / "x.pdf")).code == 2

    file.write_bytes(b"late")
    try:
        mended = ossferry("again", job_id, "--json")
    finally:
        file.unlink()
    assert (mended.code, mended.lines[-1]["reply"]["copied"]) == (0, 1), mended.out
    assert len(keys(ossferry, "some/")) == 2


def test_a_job_that_is_stopped_keeps_what_is_done(ossferry: Command, tmp_path: Path) -> None:
    """Another one does the rest."""
    file = tmp_path / "list.txt"
    file.write_text("\n".join(urls(ossferry, "slow", 100, "total-rate:50")))
    done = ossferry("cp", "--list", str(file), ossferry.target("slow/"), "--detach")
    job_id = done.out.strip()
    assert ossferry("stop", job_id).code == 0
    ended = ossferry("status", job_id, "--wait", "--json")
    assert (ended.code, ended.lines[-1]["status"]) == (1, "stopped")
    resumed = ossferry("resume", job_id, "--detach").out.strip()
    assert resumed == f"{job_id}-2"
    assert ossferry("stop", resumed).code == 0
    listed = ossferry("ls", job_id, "--json").document
    assert {task["id"] for task in listed["tasks"]} == {job_id, resumed}
    assert ossferry("status", resumed, "--wait").code == 1


def test_a_prefix_is_copied(ossferry: Command) -> None:
    """All that matches."""
    for name in ("a.txt", "b.txt", "c.bin"):
        ossferry.cloud.bucket.put_object(f"prefix/{name}", b"x")
    source, target = ossferry.target("prefix/"), ossferry.target("matching/")
    done = ossferry("cp", source, target, "--include", "*.txt")
    assert done.code == 0, done.err
    assert keys(ossferry, "matching/") == ["matching/a.txt", "matching/b.txt"]


def test_a_restore_is_asked_for_and_attached_to(ossferry: Command) -> None:
    """It takes two clouds' minutes; the same command finds the job that waits."""
    headers = {"x-oss-storage-class": "Archive"}
    ossferry.cloud.bucket.put_object("cold/a", b"x", headers=headers)
    source = ossferry.target("cold/")
    planned = ossferry("thaw", source, "--dry-run", "--json").document
    assert planned["status"] == "dry_run"
    job_id = ossferry("thaw", source, "--detach").out.strip()
    waiting = ossferry("status", job_id)
    assert waiting.code == 0
    assert ossferry("thaw", source, "--detach").out.strip().startswith(job_id)
    ossferry.cloud.advance(3600)
    ended = ossferry("status", job_id, "--wait", "--json")
    assert (ended.code, ended.lines[-1]["reply"]["restored"]) == (0, 1)


def test_a_bucket_is_swept(ossferry: Command) -> None:
    """With the numbers of the function's reply."""
    done = ossferry("sweep", ossferry.target().rstrip("/"), "--json")
    assert done.document["status"] == "swept"
