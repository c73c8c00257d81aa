"""``ossferry report`` of copies and jobs whose event asked for a report."""

from __future__ import annotations

import json
from pathlib import Path

import oss2

from ossferry.ledger.head import folder_of
from ossferry.names import REPORTS_FOLDER
from tests.cli.report import samples
from tests.cli.running import Command

BUILT = ("it.html", "it.json", "it.trace.json")


def copied(ossferry: Command, name: str) -> str:
    url = ossferry.cloud.generated(name, 1000)
    done = ossferry("cp", url, ossferry.target(f"reports/{name}"), "--json")
    assert done.code == 0, done.err
    return str(done.lines[0]["id"])


def test_a_copy_is_told_and_drawn(ossferry: Command, tmp_path: Path) -> None:
    """In words, as a page, as data and as a trace."""
    task_id = copied(ossferry, "drawn")
    own = ossferry("report", task_id)
    assert own.code == 0
    assert own.out.startswith("copied: ")
    [name] = [each.key for each in oss2.ObjectIterator(ossferry.cloud.bucket, REPORTS_FOLDER)]
    ossferry.cloud.bucket.delete_object(name)
    missing = ossferry("report", task_id)
    assert missing.code == 1
    assert f"has no {name}" in missing.err
    assert "report: true" in missing.err
    raw = samples.throttled()
    ossferry.cloud.bucket.put_object(name, json.dumps(raw))
    told = ossferry("report", task_id)
    assert told.code == 0
    assert told.out.startswith("copied: Function Compute had no instance for 2 invocations")
    assert ossferry("report", task_id, "--json").document == raw
    for file in BUILT:
        assert ossferry("report", task_id, "--save", str(tmp_path / file)).code == 0
    assert (tmp_path / "it.html").read_text("utf-8").startswith("<!DOCTYPE html>")
    assert "list price of" in (tmp_path / "it.html").read_text("utf-8")
    assert json.loads((tmp_path / "it.json").read_text()) == raw
    assert json.loads((tmp_path / "it.trace.json").read_text())["traceEvents"]
    assert ossferry("report", task_id, "--save", str(tmp_path / "it.csv")).code == 2
    ossferry.cloud.bucket.put_object(name, "{}")
    broken = ossferry("report", task_id, "--save", str(tmp_path / "broken.html"))
    assert broken.code == 1
    assert "the report is broken: version" in broken.err
    assert not (tmp_path / "broken.html").exists()


def test_a_job_is_drawn(ossferry: Command, tmp_path: Path) -> None:
    urls = tmp_path / "urls.txt"
    urls.write_text("\n".join(ossferry.cloud.generated("job", 10 + at) for at in range(3)))
    done = ossferry("cp", "--list", str(urls), ossferry.target("job/"), "--json")
    assert done.code == 0, done
    job_id = str(done.lines[0]["id"])
    made = ossferry("report", job_id, "--save", str(tmp_path / "made.json"))
    assert made.code == 0, made.err
    document = json.loads((tmp_path / "made.json").read_text())
    assert document["counts"]["copied"] == 3
    assert sum(items for _, _, _, items, _, _ in document["slices"]) == 3
    ossferry.cloud.bucket.put_object(f"{folder_of(job_id)}report.json", json.dumps(samples.bulk()))
    for file in BUILT:
        assert ossferry("report", job_id, "--save", str(tmp_path / file)).code == 0
        assert (tmp_path / file).stat().st_size > 5000
