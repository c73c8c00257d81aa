"""Each example does what its row in examples/README.md says, in the deployed function."""

from __future__ import annotations

import re
from pathlib import Path

from tests.e2e.bulk_jobs import keys_below, report
from tests.e2e.examples.conftest import EXAMPLES, Examples, content_of
from tests.e2e.thaws import CLASSES, CONTENT, freeze, lost_wakes, pass_until_due, put, slept
from tests.e2e.transfers import exists, failed, headers_of, stored
from tests.localcloud.tidiness import idle

IMAGES = ("a.jpg", "b.jpg", "c.jpg")
OLD = {f"{n:05}" for n in range(6)}


def _frozen(examples: Examples) -> None:
    freeze(examples.cloud, "2019/", len(OLD), CLASSES)


def test_every_example_has_a_row_and_a_test() -> None:
    """Files, links of the table, and names in this file are the same."""
    deployed = {path.parent.name for path in EXAMPLES.glob("*/s.yaml")}
    files = {p.relative_to(EXAMPLES).as_posix() for p in EXAMPLES.rglob("*.*")} - {"README.md"}
    files = {name for name in files if name.partition("/")[0] not in deployed}
    readme = (EXAMPLES / "README.md").read_text("utf-8")
    linked = set(re.findall(r"\]\(([\w/.-]+)\)", re.sub(r"\]\(\.\./[^)]*\)", "", readme)))
    assert {name for name in linked if name.partition("/")[0] not in deployed} == files
    assert all((EXAMPLES / name).is_file() for name in linked)
    assert {name.partition("/")[0] for name in linked - files} == deployed
    tests = {path.stem.removeprefix("test_") for path in Path(__file__).parent.glob("test_*.py")}
    assert {name.replace("-", "_") for name in deployed} <= tests
    rows = re.findall(r"^\| \[([\w.-]+)\]", readme, re.MULTILINE)
    assert {*rows} - deployed == {name for name in files if "/" not in name}
    mine = Path(__file__).read_text("utf-8")
    assert [name for name in files if f'{name.rpartition("/")[2]}"' not in mine] == []


# Transfers


def test_transfer(examples: Examples) -> None:
    examples.serve("file.iso")
    assert examples.send("transfer.json")["status"] == "copied"
    assert examples.send("transfer.json")["status"] == "unchanged"
    assert stored(examples.cloud, "images/file.iso") == content_of("file.iso")


def test_transfer_with_expectations(examples: Examples) -> None:
    """The right bytes with all their headers; of others nothing."""
    event = examples.event("transfer-checked.json")
    examples.cloud.serve_file("release/notes.txt", b"Hello world\n")
    assert failed(examples.cloud, event).error_type == "ChecksumMismatch"
    assert not exists(examples.cloud, "release/notes.txt")
    examples.cloud.serve_file("release/notes.txt", b"hello world\n")
    reply = examples.send("transfer-checked.json")
    assert {"expected_size", "expected_md5"} <= {*reply["proof"]}
    headers = headers_of(examples.cloud, "release/notes.txt")
    assert headers["Content-Type"] == event["content_type"]
    assert headers["x-oss-meta-origin"] == "example"
    assert headers["x-oss-storage-class"] == "IA"


def test_private_object(examples: Examples) -> None:
    examples.cloud.bucket.put_object("private/report.pdf", b"a report")
    reply = examples.send("private-object.json")
    assert (reply["status"], "copied_by_oss" in reply["proof"]) == ("copied", True)
    assert stored(examples.cloud, "published/report.pdf") == b"a report"


def test_batch(examples: Examples) -> None:
    pages = ("a.html", "b.html", "c.html")
    examples.serve(*pages)
    reply = examples.send("batch.json")
    assert reply["status"] == "done"
    assert [each["status"] for each in reply["messages"]] == ["copied"] * 3
    for page in pages:
        assert stored(examples.cloud, f"pages/{page}") == content_of(page)


# Many items


def test_items(examples: Examples) -> None:
    examples.serve("a.jpg", "b.jpg")
    reply = examples.send("items.json")
    assert (reply["status"], reply["copied"]) == ("completed", 2)
    assert {row["key"] for row in report(examples.cloud, reply)} == {"few/a.jpg", "few/b.jpg"}


def test_list_in_json_lines_and_what_failed_of_it(examples: Examples) -> None:
    """One item has no source at first; status and a second job are asked for by the id."""
    examples.keep_list("images.jsonl")
    examples.serve("a.jpg", "b.jpg")
    reply = examples.send("list-jsonl.json")
    assert (reply["status"], reply["copied"], reply["failed"]) == ("completed_with_failures", 2, 1)
    asked = examples.send("status.json")
    assert (asked["id"], asked["status"], asked["copied"]) == (reply["id"], reply["status"], 2)
    examples.serve("c.jpg")
    again = examples.send("again-failed.json")
    assert (again["status"], again["items"], again["copied"]) == ("completed", 1, 1)
    for name in IMAGES:
        assert stored(examples.cloud, f"images/2026/{name}") == content_of(name)


def test_list_in_csv(examples: Examples) -> None:
    examples.keep_list("images.csv")
    examples.serve(*IMAGES)
    assert examples.send("list-csv.json")["status"] == "completed"
    keys = {"2026/a.jpg", "2026/b, large.jpg", "c.jpg"}
    assert keys_below(examples.cloud, "gallery/") == keys
    (examples.cloud.origin_root / "c.jpg").unlink()
    examples.cloud.bucket.delete_object("gallery/c.jpg")
    assert failed(examples.cloud, examples.event("list-csv.json")).error_type == "BulkFailed"


def test_list_in_plain_text(examples: Examples) -> None:
    examples.keep_list("images.txt")
    examples.serve(*IMAGES)
    reply = examples.send("list-text.json")
    assert (reply["format"], reply["copied"]) == ("urls", 3)
    assert keys_below(examples.cloud, "mirror/") == set(IMAGES)


def test_prefix(examples: Examples) -> None:
    """The dry run counts all; what is copied is what the patterns leave."""
    for name in ("a.jpg", "2026/b.jpg", "drafts/c.jpg", "notes.txt"):
        examples.cloud.bucket.put_object(f"photos/{name}", content_of(name))
    plan = examples.send("prefix-dry-run.json")
    assert (plan["status"], plan["copy"]) == ("dry_run", 4)
    assert not keys_below(examples.cloud, "copies/")
    assert examples.send("prefix.json")["copied"] == 2
    assert keys_below(examples.cloud, "copies/photos/") == {"a.jpg", "2026/b.jpg"}
    assert examples.send("prefix.json")["skipped"] == 2


# Archived objects


def test_thaw(examples: Examples) -> None:
    _frozen(examples)
    plan = examples.send("thaw-dry-run.json")
    assert sum(each["objects"] for each in plan["restore"].values()) == len(OLD)
    assert examples.send("thaw.json")["status"] == "waiting"
    reply = slept(examples.cloud, "restore-2019")
    assert (reply["status"], reply["restored"]) == ("completed", len(OLD))


def test_thaw_with_copy(examples: Examples) -> None:
    _frozen(examples)
    assert examples.send("thaw-and-copy.json")["status"] == "waiting"
    reply = slept(examples.cloud, "copy-2019")
    assert (reply["status"], reply["copied"]) == ("completed", len(OLD))
    for name in OLD:
        assert stored(examples.cloud, f"copies/2019/{name}") == CONTENT


def test_stop(examples: Examples) -> None:
    _frozen(examples)
    with lost_wakes(examples.cloud):  # or it would come to the next job of this id
        examples.send("thaw.json")
    idle(examples.cloud)
    examples.send("stop.json")
    reply = slept(examples.cloud, "restore-2019")
    assert (reply["status"], reply["waiting"]) == ("stopped", len(OLD))


# Housekeeping, triggers


def test_wake(examples: Examples) -> None:
    """What would have woken the job by itself is lost."""
    put(examples.cloud, "2019/a")
    with lost_wakes(examples.cloud):
        reply = examples.send("thaw.json")
        pass_until_due(examples.cloud, reply)
    assert examples.send("wake.json") == {"status": "woken", "ids": ["restore-2019"]}
    assert slept(examples.cloud, "restore-2019")["restored"] == 1
    assert examples.send("wake.json")["ids"] == []


def test_sweep(examples: Examples) -> None:
    """A report of today stays, one of the day before yesterday goes."""
    examples.serve("a.jpg", "b.jpg")
    examples.send("items.json")
    assert examples.send("sweep.json")["swept"] == 0
    examples.cloud.advance(2 * 86_400)
    assert examples.send("sweep.json")["swept"] > 0
    assert not keys_below(examples.cloud, ".ossferry/")


def test_object_that_arrives(examples: Examples) -> None:
    examples.uploads.put_object("incoming/photo.jpg", b"a photo")
    (message,) = examples.send("oss-trigger.json")["messages"]
    assert message["status"] == "copied"
    assert stored(examples.cloud, "arrived/incoming/photo.jpg") == b"a photo"


def test_list_of_signed_urls_that_arrives(examples: Examples) -> None:
    """What they lead to is copied; the report has no signature."""
    for name in "ab":
        examples.cloud.bucket.put_object(f"private/{name}.bin", name.encode())
    examples.uploads.put_object("incoming/lists/signed.urls", examples.read("lists/signed.urls"))
    (message,) = examples.send("oss-trigger-list.json")["messages"]
    assert (message["status"], message["copied"]) == ("completed", 2)
    assert keys_below(examples.cloud, "arrived/") == {"a.bin", "b.bin"}
    assert stored(examples.cloud, "arrived/b.bin") == b"b"
    rows = report(examples.cloud, message)
    assert all(row["query"] and "?" not in row["source"] for row in rows)
