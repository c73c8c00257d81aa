"""One copy from the command line to the object, on both generations of Function Compute."""

from __future__ import annotations

import re
from typing import Any

from tests.cli.running import Command, first_line, interrupted
from tests.localcloud.patience import eventually

SIZE = 24_000_000
SLOW = "total-rate:3000000"
SLOWER = "total-rate:1600000"  # where several commands have to be through before it is


def source(ossferry: Command, name: str, *behaviours: str) -> str:
    return ossferry.cloud.generated(name, SIZE, *behaviours, name="file.bin")


def size_of(ossferry: Command, key: str) -> int:
    return int(ossferry.cloud.bucket.head_object(key).content_length)


def test_a_copy_is_shown_to_its_end(ossferry: Command) -> None:
    """Never backwards, and the last look is the whole."""
    url = source(ossferry, "shown", SLOW)
    done = ossferry("cp", url, ossferry.target("shown/"), "--json")
    assert done.code == 0, done.err
    lines = done.lines
    assert [lines[0]["event"], lines[-1]["event"]] == ["started", "finished"]
    looks = [line for line in lines if line["event"] == "progress"]
    fractions = [look["fraction"] for look in looks if look["fraction"] is not None]
    assert len({*fractions}) > 2
    assert fractions == sorted(fractions)
    assert (fractions[-1], looks[-1]["bytes"]) == (1, SIZE)
    assert any(look["bytes_per_second"] for look in looks)
    assert lines[-1]["status"] == "copied"
    assert size_of(ossferry, "shown/file.bin") == SIZE


def test_a_pipe_gets_plain_lines(ossferry: Command) -> None:
    """The result on stdout, all else on stderr; the second time it is unchanged."""
    url = source(ossferry, "plain")
    first = ossferry("cp", url, ossferry.target("plain/x"))
    assert first.code == 0, first.err
    assert re.fullmatch(r"copied: oss://\S+/plain/x, 24\.0 MB, \d+ s\n", first.out)
    again = ossferry("cp", url, ossferry.target("plain/x"))
    assert again.out.startswith("unchanged: ")
    ids = [done.err.split()[1].strip(":") for done in (first, again)]
    assert ids[1] == f"{ids[0]}-2"
    assert not re.search(r"[\r\x1b]", first.err + again.err)


def test_after_ctrl_c_it_goes_on_and_can_be_attached_to(ossferry: Command) -> None:
    """By its id, and by the same command, with the URL signed anew."""
    url = source(ossferry, "attached", SLOW)
    target = ossferry.target("attached/x")
    process = ossferry.begun("cp", url, target, "--json")
    task_id = first_line(process)["id"]
    left = interrupted(process)
    assert left.code == 130
    assert f"ossferry status {task_id} --wait" in left.err
    attached = ossferry("cp", f"{url}&Signature=anew", target, "--detach")
    assert (attached.code, attached.out) == (0, f"{task_id}\n")
    assert "attached" in attached.err
    seen = ossferry("status", task_id[:-3], "--json").document
    assert seen["id"] == task_id
    ended = ossferry("status", task_id, "--wait", "--json")
    assert (ended.code, ended.lines[-1]["status"]) == (0, "copied")
    assert size_of(ossferry, "attached/x") == SIZE


def test_a_stopped_copy_goes_on_with_what_is_kept(ossferry: Command) -> None:
    """Stop tells how much that is, resume sends the same event."""
    url = source(ossferry, "stopped", SLOWER)
    task_id = ossferry("cp", url, ossferry.target("stopped/x"), "--detach").out.strip()

    def far() -> Any:
        return ossferry("status", task_id, "--json").document

    eventually(far, wanted=lambda seen: seen["bytes"] > 500_000, within=60)
    assert ossferry("stop", task_id, "--json").document["status"] == "stopping"
    ended = ossferry("status", task_id, "--wait")
    assert ended.code == 1
    assert "parts are kept" in ended.err
    assert ossferry("stop", task_id).code == 1
    resumed = ossferry("resume", task_id, "--json")
    assert (resumed.code, resumed.lines[-1]["status"]) == (0, "copied")
    assert resumed.lines[0]["id"] == f"{task_id}-2"
    assert size_of(ossferry, "stopped/x") == SIZE


def test_a_failure_is_the_functions_own_sentence(ossferry: Command) -> None:
    """On stderr, and without the query of the URL."""
    url = f"{source(ossferry, 'gone', 'status:404')}&sig=secret"
    done = ossferry("cp", url, ossferry.target("gone/x"))
    assert done.code == 1
    assert "answered 404" in done.err
    assert "secret" not in done.err + done.out


def test_headers_reach_the_source_and_no_output(ossferry: Command) -> None:
    """From the command line with a warning."""
    url = source(ossferry, "private", "auth:required")
    header = ("--header", "Authorization: Bearer very-secret")
    done = ossferry("cp", url, ossferry.target("private/x"), *header, "--json")
    assert (done.code, done.lines[-1]["status"]) == (0, "copied")
    assert done.lines[0]["event"] == "warning"
    listed = ossferry("ls", "--json")
    assert "very-secret" not in done.out + done.err + listed.out
    assert {task["status"] for task in listed.document["tasks"]} <= {
        "Succeeded",
        "Failed",
        "Stopped",
    }


def test_what_function_compute_refuses_is_a_sentence(ossferry: Command) -> None:
    """No such function, no such task."""
    url = source(ossferry, "refused")
    done = ossferry.calling("nope")("cp", url, ossferry.target("x"))
    assert (done.code, done.out) == (1, "")
    assert "there is no function nope" in done.err
    done = ossferry("status", "nix")
    assert (done.code, done.out) == (1, "")
    assert "ossferry ls" in done.err


def test_an_object_is_copied_by_oss(ossferry: Command) -> None:
    """Within a region no byte passes anybody."""
    ossferry.cloud.bucket.put_object("inside/a", b"x" * 1000)
    done = ossferry("cp", ossferry.target("inside/a"), ossferry.target("inside/b"))
    assert done.code == 0, done.err
    assert size_of(ossferry, "inside/b") == 1000
