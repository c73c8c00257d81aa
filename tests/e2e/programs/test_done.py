"""A program over an object: its outputs are there, named by a record, and made once."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

import oss2
import pytest
import requests

from tests.e2e.contents import bytes_of
from tests.e2e.programs.conftest import Event
from tests.e2e.transfers import failed, headers_of, replied, stored
from tests.localcloud.client import LocalCloud


def keys_below(cloud: LocalCloud, prefix: str) -> list[str]:
    return [each.key for each in oss2.ObjectIterator(cloud.bucket, prefix=prefix)]


def test_a_command_makes_objects(cloud: LocalCloud, event: Event, key: str) -> None:
    """Named by the input's stem, with types and checksums; what names the others comes last."""
    reply = replied(cloud, event("shout", key=f"in/{key}.txt"))
    assert reply["status"] == "done"
    assert reply["progress"] == 1
    below = f"out/{key}/{key}/"
    made = reply["outputs"]["objects"]
    assert [each["key"].removeprefix(below) for each in made] == [
        *("more/z.txt", "shouted.txt", "list.m3u8"),
    ]
    assert stored(cloud, f"{below}shouted.txt") == f"hello {key}\nSOME TEXT\n".encode()
    for each in made:
        headers = headers_of(cloud, each["key"])
        assert headers["x-oss-hash-crc64ecma"] == each["crc64"]
        assert int(headers["Content-Length"]) == each["size"]
    assert headers_of(cloud, f"{below}list.m3u8")["Content-Type"] == "application/vnd.apple.mpegurl"
    record = json.loads(stored(cloud, reply["record"]))
    assert [each["key"] for each in record["outputs"]] == [each["key"] for each in made]
    assert not keys_below(cloud, ".ossferry/programs/attempts/")


def test_a_function_of_python_gets_the_same(cloud: LocalCloud, event: Event, key: str) -> None:
    """Two paths and the parameters."""
    reply = replied(cloud, event("measure", parameters={"times": 3}))
    assert reply["outputs"]["count"] == 5
    assert stored(cloud, f"out/{key}/{key}/2.txt") == b"10"


def test_the_same_again_is_unchanged(cloud: LocalCloud, event: Event, key: str) -> None:
    """Nothing runs, and nothing is written; with other parameters, or another object, it does."""
    asked = event("shout")
    first = replied(cloud, asked)
    before = headers_of(cloud, f"out/{key}/{key}/shouted.txt")["Last-Modified"]
    again = replied(cloud, asked)
    assert (first["status"], again["status"]) == ("done", "unchanged")
    assert again["outputs"] == first["outputs"]
    assert "run" not in again["seconds"]
    assert headers_of(cloud, f"out/{key}/{key}/shouted.txt")["Last-Modified"] == before
    other = replied(cloud, {**asked, "parameters": {"greeting": "goodbye"}})
    assert (other["status"], stored(cloud, f"out/{key}/{key}/shouted.txt")[:7]) == (
        "done",
        b"goodbye",
    )
    assert replied(cloud, asked)["status"] == "done", "what is there is of other parameters"
    assert replied(cloud, event("shout", b"other text\n"))["status"] == "done"


def test_what_was_taken_away_is_not_made_again(cloud: LocalCloud, event: Event, key: str) -> None:
    """A record is what counts; who wants it again deletes that."""
    asked = event("shout")
    reply = replied(cloud, asked)
    cloud.bucket.delete_object(f"out/{key}/{key}/shouted.txt")
    assert replied(cloud, asked)["status"] == "unchanged"
    cloud.bucket.delete_object(reply["record"])
    assert replied(cloud, asked)["status"] == "done"


def test_a_large_object_comes_and_goes_in_parts(cloud: LocalCloud, event: Event, key: str) -> None:
    """200 MB, with the memory that every test allows."""
    content = bytes_of(key, 200_000_000)
    reply = replied(cloud, event("duplicate", content, key=f"in/{key}.bin"))
    (made,) = reply["outputs"]["objects"]
    assert made["key"] == f"out/{key}/{key}-copy.bin"
    assert made["crc64"] == reply["source"]["crc64"]
    assert stored(cloud, made["key"]) == content


def test_an_empty_object_is_one(cloud: LocalCloud, event: Event) -> None:
    """No range of it can be asked for."""
    (made,) = replied(cloud, event("duplicate", b""))["outputs"]["objects"]
    assert (made["size"], made["crc64"]) == (0, "0")


@pytest.mark.parametrize("size", [0, 10, 5_000_000])
def test_a_stream_is_proven_at_its_end(
    cloud: LocalCloud, event: Event, key: str, size: int
) -> None:
    """Also one that the program does not want to the end."""
    content = bytes_of(key, size)
    replied(cloud, event("count", content))
    assert int(stored(cloud, f"out/{key}/{key}/count.txt")) == size
    replied(cloud, event("beginning", content))
    assert stored(cloud, f"out/{key}/{key}/beginning.txt") == content[:3]


@pytest.mark.parametrize("program", ["count", "duplicate"])
def test_what_arrives_damaged_does_not_count(
    cloud: LocalCloud, event: Event, key: str, program: str
) -> None:
    """One bit, which only the CRC64 shows."""
    asked = event(program, bytes_of(key, 100_000))
    cloud.faults("oss", [{"operation": "GetObject", "key": "in/*", "nth": 2, "corrupt_at": 9}])
    assert failed(cloud, asked).error_type == "ChecksumMismatch"
    cloud.faults("oss")
    assert not keys_below(cloud, f"out/{key}/")
    assert replied(cloud, asked)["status"] == "done"


def test_a_stream_that_breaks_off_is_what_is_told(cloud: LocalCloud, event: Event) -> None:
    """And not the program, which can only say that its input is too short."""
    asked = event("strict", bytes_of("strict", 100_000))
    refusal = {"status": 403, "code": "AccessDenied"}
    cloud.faults("oss", [{"operation": "GetObject", "key": "in/*", "nth": 2, **refusal}])
    assert failed(cloud, asked).error_type == "SourceRefused"
    cloud.faults("oss", [{"operation": "GetObject", "key": "in/*", "nth": 2, "cut_after": 5000}])
    assert replied(cloud, asked)["status"] == "done"
    cloud.faults("oss")
    assert failed(cloud, event("strict", b"short")).error_type == "ProgramFailed"


def test_what_is_stored_damaged_is_sent_again(cloud: LocalCloud, event: Event, key: str) -> None:
    """A whole object, and a part of a large one."""
    rules = [
        {"operation": "PutObject", "key": "out/*", "nth": 1, "corrupt_at": 2},
        {"operation": "UploadPart", "nth": 1, "corrupt_at": 2},
    ]
    cloud.faults("oss", rules)
    assert replied(cloud, event("shout"))["status"] == "done"
    content = bytes_of(key, 9_000_000)
    (made,) = replied(cloud, event("duplicate", content))["outputs"]["objects"]
    assert stored(cloud, made["key"]) == content


def test_nothing_may_be_what_a_program_makes(cloud: LocalCloud, event: Event) -> None:
    """If its description says so."""
    asked = event("may-leave-nothing")
    assert replied(cloud, asked)["outputs"]["count"] == 0
    assert replied(cloud, asked)["status"] == "unchanged"


def test_two_at_once_make_one(cloud: LocalCloud, event: Event) -> None:
    """Both have the same to tell, and one record counts."""
    asked = event("shout")
    with ThreadPoolExecutor(4) as callers:
        replies = list(callers.map(lambda _: replied(cloud, asked), range(4)))
    statuses = sorted(reply["status"] for reply in replies)
    assert statuses == ["done", "unchanged", "unchanged", "unchanged"]
    assert len({json.dumps(reply["outputs"]) for reply in replies}) == 1
    assert not keys_below(cloud, ".ossferry/programs/attempts/")


@pytest.mark.parametrize("width", [2, 4])
def test_several_at_once_that_differ_leave_what_the_record_says(
    cloud: LocalCloud, event: Event, key: str, width: int
) -> None:
    """All of it; and of two, nothing besides."""
    asked = event("chance")
    with ThreadPoolExecutor(width) as callers:
        replies = list(callers.map(lambda _: replied(cloud, asked), range(width)))
    record = json.loads(stored(cloud, replies[0]["record"]))
    named = {each["key"]: each["crc64"] for each in record["outputs"]}
    there = {
        key: headers_of(cloud, key)["x-oss-hash-crc64ecma"]
        for key in keys_below(cloud, f"out/{key}/")
    }
    assert {each: there.get(each) for each in named} == named
    assert there == named or width > 2


def test_messages_and_http_ask_for_programs_too(cloud: LocalCloud, event: Event) -> None:
    """A batch of two, of which the second finds what the first has done."""
    asked = event("shout")
    reply = replied(cloud, {"messages": [asked, asked]})
    assert [each["status"] for each in reply["messages"]] == ["done", "unchanged"]


def test_log_tells_what_came_of_it(cloud: LocalCloud, event: Event) -> None:
    """One line, with the program and the key."""
    replied(cloud, event("shout"))
    request_id = cloud.invocations()[-1]["request_id"]
    log = requests.get(f"{cloud.fc_endpoint}/-/invocations/{request_id}/log", timeout=30).text
    lines = [json.loads(line) for line in log.splitlines() if '"program.done"' in line]
    assert [(line["program"], line["status"]) for line in lines] == [("shout", "done")]
