"""A program over many objects: a prefix, a list, what fails of them, and what is done again."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.e2e.bulk_jobs import failures, keys_below, listed
from tests.e2e.programs.many import (
    about,
    assert_counted,
    assert_made,
    attempts_of,
    outcome_of,
    program_event,
    put,
)
from tests.e2e.transfers import failed, replied, stored
from tests.localcloud.client import LocalCloud
from tests.localcloud.patience import eventually


def test_a_prefix_is_given_to_a_program(cloud: LocalCloud, key: str) -> None:
    """300 objects, eight at once in an instance; once more, and nothing is run."""
    names = [f"{number // 100}/{number:03}.txt" for number in range(300)]
    put(cloud, f"{key}/in/", names)
    before = len(cloud.invocations())
    event = program_event(cloud, key, "upper")
    reply = replied(cloud, event)
    assert outcome_of(reply) == ("completed", 300, 300, 0, 0)
    assert (reply["program"], reply["outputs"]) == ("upper", 600)
    assert_counted(cloud, reply)
    assert_made(cloud, key, names)
    children = [each for each in cloud.invocations()[before:] if each["role"] == "items"]
    assert 2 < len(children) == reply["invocations"] < 300 / 8
    again = replied(cloud, event)
    assert outcome_of(again) == ("completed", 300, 0, 300, 0)
    assert_counted(cloud, again)


def test_what_it_is_for_and_what_is_asked_for(cloud: LocalCloud, key: str) -> None:
    """Folders are nothing; the description's patterns and those of the event hold together."""
    put(cloud, f"{key}/in/", ["a.txt", "b.txt", "b.bin", "no/c.txt", "folder/"])
    event = program_event(cloud, key, "lone", exclude="no/")
    dry = replied(cloud, {**event, "dry_run": True})
    assert (dry["status"], dry["run"], dry["failed"]) == ("dry_run", 2, 0)
    assert outcome_of(replied(cloud, event)) == ("completed", 2, 2, 0, 0)
    assert keys_below(cloud, f"{key}/out/") == {
        *("a.txt/upper.txt", "a.txt/count.txt", "b.txt/upper.txt", "b.txt/count.txt"),
    }


def test_a_list_is_given_to_a_program(cloud: LocalCloud, key: str) -> None:
    """Each by its name in the list; what is no object of OSS fails alone."""
    put(cloud, f"{key}/in/", ["x/a.txt", "x/b.txt"])
    at = f"oss://{cloud.bucket_name}/{key}/in/x"
    rows = [f"{at}/a.txt\tone.txt", f"{at}/b.txt\tsub/two.txt", f"{at}/gone.txt\tthree.txt"]
    rows += ["https://host.example/a.txt\tfour.txt"]
    where = listed(cloud, f"{key}.tsv", "\n".join(rows))
    reply = replied(cloud, program_event(cloud, key, "upper", list=where))
    assert outcome_of(reply) == ("completed_with_failures", 4, 2, 0, 2)
    types = {row["item"]: row.get("error_type") for row in assert_counted(cloud, reply)}
    assert types == {1: None, 2: None, 3: "SourceGone", 4: "InvalidEvent"}
    there = keys_below(cloud, f"{key}/out/")
    assert there == {f"{n}/{file}.txt" for n in ("one", "sub/two") for file in ("upper", "count")}


def test_a_list_with_two_names_of_one_stem_is_refused(cloud: LocalCloud, key: str) -> None:
    """The outputs of one would replace those of the other."""
    where = listed(cloud, f"{key}.txt", f"oss://{cloud.bucket_name}/a.md\noss://b-1/in/a.txt")
    error = failed(cloud, program_event(cloud, key, "upper", list=where))
    assert error.error_type == "InvalidEvent"
    assert f"items would make the same object: lines 1 and 2: {key}/out/a;" in error.message


def test_names_that_differ_by_their_suffix_alone_are_told(cloud: LocalCloud, key: str) -> None:
    """The outputs of one would replace those of the other."""
    put(cloud, f"{key}/in/", ["a.md", "a-b.txt", "a.txt", "a.b.txt"])
    reply = replied(cloud, program_event(cloud, key, "upper"))
    assert outcome_of(reply) == ("completed_with_failures", 4, 3, 0, 1)
    (row,) = failures(cloud, reply)
    assert row["source_url"].endswith("/a.txt")
    assert "a.md: put {suffix} into outputs" in row["error"]


def test_what_failed_is_done_again(cloud: LocalCloud, key: str) -> None:
    """By the id alone; and its list of failures is one for programs, too."""
    put(cloud, f"{key}/in/", [f"{name}.txt" for name in ("a", "b", "late-c", "late-d")])
    event = program_event(cloud, key, "upper", parameters={"bad": "late"}, id=key)
    reply = replied(cloud, event)
    assert outcome_of(reply) == ("completed_with_failures", 4, 2, 0, 2)
    assert reply["causes"] == {"program": 2}
    rows = assert_counted(cloud, reply)
    errors = {row["error"] for row in rows if row["outcome"] == "failed"}
    assert errors == {"the program upper ended with exit code 3: it is bad"}
    again = replied(cloud, about(cloud, key, again="failed"))
    assert outcome_of(again) == ("failed", 2, 0, 0, 2)
    where = str(reply["report"]["failed_jsonl"])
    assert outcome_of(replied(cloud, program_event(cloud, key, "upper", list=where)))[2] == 2
    assert {each.partition("/")[0] for each in keys_below(cloud, f"{key}/out/")} == {
        *("a", "b", "late-c", "late-d"),
    }


def test_too_many_failures_are_an_error(cloud: LocalCloud, key: str) -> None:
    """For whoever sends it again as well."""
    put(cloud, f"{key}/in/", ["a.txt", "bad.txt"])
    event = program_event(cloud, key, "upper", parameters={"bad": "bad"})
    assert replied(cloud, {**event, "fail_above": "50%"})["failed"] == 1
    for _ in "12":
        error = failed(cloud, {**event, "fail_above": 0, "id": key})
        assert (error.error_type, "failed.jsonl" in error.message) == ("BulkFailed", True)


def test_who_is_busy_is_asked_again_later(cloud: LocalCloud, key: str, tmp_path: object) -> None:
    """A few times, within the job."""
    put(cloud, f"{key}/in/", [f"{number}.txt" for number in range(3)])
    event = program_event(cloud, key, "busy", parameters={"note": f"{tmp_path}/note"})
    reply = replied(cloud, event)
    assert outcome_of(reply) == ("completed", 3, 3, 0, 0)
    assert max(row["attempts"] for row in assert_counted(cloud, reply)) > 1


def test_what_ends_its_instance_fails_alone(cloud: LocalCloud, key: str) -> None:
    """Those beside it are given to others."""
    put(cloud, f"{key}/in/", [*(f"{number:02}.txt" for number in range(20)), "07-fatal.txt"])
    reply = replied(cloud, program_event(cloud, key, "fatal"))
    assert outcome_of(reply)[:2] == ("completed_with_failures", 21)
    (row,) = failures(cloud, reply)
    assert (row["error_type"], row["source_url"][-12:]) == ("ChildFailed", "07-fatal.txt")
    assert_counted(cloud, reply)
    # Its folder is removed by the next on the same disk.
    put(cloud, f"{key}/next/in/", ["a.txt"])
    assert replied(cloud, program_event(cloud, f"{key}/next", "lone"))["done"] == 1


def test_a_job_is_stopped(cloud: LocalCloud, key: str) -> None:
    """Programs that run are ended, and nothing of them counts."""
    put(cloud, f"{key}/in/", [f"{number:03}.txt" for number in range(120)])
    event = program_event(cloud, key, "lone", parameters={"seconds": "1.5"}, id=key)
    with ThreadPoolExecutor(1) as caller:
        call = caller.submit(cloud.invoke, event)
        eventually(lambda: len(keys_below(cloud, f"{key}/out/")) > 4, within=30)
        status = replied(cloud, about(cloud, key, status=True))
        assert (status["status"], status["program"]) == ("running", "lone")
        began = time.monotonic()
        assert replied(cloud, about(cloud, key, stop=True))["status"] == "stopping"
        reply = call.result()
    assert time.monotonic() - began < 13
    assert reply["status"] == "stopped"
    assert 0 < reply["done"] < 120
    rows = assert_counted(cloud, reply)
    made = {str(row["source"]).rpartition("/")[2] for row in rows}
    eventually(lambda: not any(each["busy"] for each in cloud.instances()))
    assert {each.partition("/")[0] for each in keys_below(cloud, f"{key}/out/")} >= made
    assert not attempts_of(cloud, key)


@pytest.mark.parametrize(
    ("fields", "error_type", "said"),
    [
        ({"program": "nobody"}, "ProgramMissing", "there is no program nobody"),
        ({"program": "wrong"}, "InvalidProgram", "did you mean command?"),
        ({"parameters": {"second": 1}}, "InvalidEvent", "did you mean seconds?"),
        ({"id": "unknown", "status": True, "source": None}, "InvalidEvent", "there is no job"),
        ({"target": "oss://{bucket}/{key}/in/made/"}, "InvalidEvent", "lie in each other"),
        ({"overwrite": "never"}, "InvalidEvent", "overwrite is not a field"),
    ],
)
def test_a_job_that_makes_no_sense_does_nothing(
    cloud: LocalCloud, key: str, fields: dict[str, object], error_type: str, said: str
) -> None:
    """It is told before anything is read."""
    put(cloud, f"{key}/in/", ["a.txt"])
    event = {**program_event(cloud, key, "upper"), **fields}
    target = str(event["target"]).replace("{bucket}", cloud.bucket_name).replace("{key}", key)
    error = failed(cloud, {**event, "target": target})
    assert error.error_type == error_type
    assert said in error.message
    assert not keys_below(cloud, f"{key}/out/")


def test_the_report_as_one_document(cloud: LocalCloud, key: str) -> None:
    """For those who ask for it."""
    put(cloud, f"{key}/in/", ["a.txt", "b.txt"])
    reply = replied(cloud, program_event(cloud, key, "upper", report=True))
    name = str(reply["report"]["report_json"]).partition(f"{cloud.bucket_name}/")[2]
    document = stored(cloud, name)
    assert b'"done": 2' in document
    assert b'"outputs": 4' in document
