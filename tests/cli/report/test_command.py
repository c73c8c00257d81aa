"""``ossferry report`` of copies and jobs whose event asked for a report."""

from __future__ import annotations

import json
from pathlib import Path

from ossferry.ledger.head import folder_of
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
    missing = ossferry("report", task_id)
    assert missing.code == 1
    assert "report: true" in missing.err
    name = missing.err.split(" has no ")[1].split(" in ")[0]
    assert name.startswith(".ossferry/reports/")
    raw = samples.throttled()
    ossferry.cloud.bucket.put_object(name, json.dumps(raw))
    told = ossferry("report", task_id)
    assert told.code == 0
    assert told.out.startswith("copied: Function Compute had no instance for 2 invocations")
    assert ossferry("report", task_id, "--json").document == raw
    for file in BUILT:
        assert ossferry("report", task_id, "--save", str(tmp_path / file)).code == 0
    assert (tmp_path / "it.html").read_text("utf-8").startswith("<!DOCTYPE html>")
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
    urls.write_text("\n".join(ossferry.cloud.generated(f"job-{at}", 10) for at in range(3)))
    done = ossferry("cp", "--list", str(urls), ossferry.target("job/"), "--json")
    job_id = str(done.lines[0]["id"])
    missing = ossferry("report", job_id, "--save", str(tmp_path / "it.html"))
    assert missing.code == 1
    name = missing.err.split(" has no ")[1].split(" in ")[0]
    assert name == f"{folder_of(job_id)}report.json"
    ossferry.cloud.bucket.put_object(name, json.dumps(samples.bulk()))
    for file in BUILT:
        assert ossferry("report", job_id, "--save", str(tmp_path / file)).code == 0
        assert (tmp_path / file).stat().st_size > 5000
