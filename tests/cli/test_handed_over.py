"""A copy that takes longer than an invocation may: several tasks, and one progress."""

from __future__ import annotations

from pathlib import Path

from tests.cli.running import commanding
from tests.localcloud.patience import eventually

SIZE = 14_000_000


def test_a_copy_is_followed_from_invocation_to_invocation(tmp_path: Path) -> None:
    """Its first task succeeds long before it is done; what is shown goes on."""
    with commanding(tmp_path, "ossferry", generation="3.0", timeout=5) as ossferry:
        url = ossferry.cloud.generated("handed", SIZE, "total-rate:2000000", name="x")
        done = ossferry("cp", url, ossferry.target("x"), "--json")
        assert (done.code, done.lines[-1]["status"]) == (0, "copied"), done.err
        assert done.lines[-1]["reply"]["parts"]["reused"] > 0
        fractions = [look.get("fraction") or 0.0 for look in done.lines]
        assert max(fractions[:-1]) == 1
        looks = [each for each in fractions[:-1] if each]
        assert looks == sorted(looks)
        assert int(ossferry.cloud.bucket.head_object("x").content_length) == SIZE


def test_what_was_handed_over_is_stopped_by_its_first_id(tmp_path: Path) -> None:
    """The task that runs then has another one, which nobody was told."""
    with commanding(tmp_path, "ossferry", generation="3.0", timeout=6) as ossferry:
        url = ossferry.cloud.generated("stopped", 60_000_000, "total-rate:3000000", name="x")
        task_id = ossferry("cp", url, ossferry.target("x"), "--detach").out.strip()

        def handed_over() -> bool:
            tasks = ossferry("ls", "--json").document["tasks"]
            others = [each for each in tasks if each["id"] != task_id]
            return any(each["status"] == "Running" for each in others)

        eventually(handed_over, within=60)
        assert ossferry("stop", task_id).code == 0
        ended = ossferry("status", task_id, "--wait", "--json")
        assert (ended.code, ended.lines[-1]["status"]) == (1, "stopped"), ended.err
        assert "are kept" in ended.lines[-1]["error"]
