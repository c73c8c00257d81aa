"""Many objects given to a program: putting them there, and what has to be there in the end."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tests.e2e.bulk_jobs import csv_report, keys_below, report
from tests.e2e.canary import secrets_in
from tests.e2e.interrupted import record_names
from tests.e2e.transfers import Reply, stored
from tests.localcloud.client import LocalCloud

DONE = ".ossferry/programs/done/"
ATTEMPTS = ".ossferry/programs/attempts/"


def content_of(name: str) -> bytes:
    return f"the content of {name}\n".encode()


def put(cloud: LocalCloud, prefix: str, names: Iterable[str]) -> None:
    """Put objects below a prefix, each with a content of its own."""
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda name: _put(cloud, prefix, name), names))


def _put(cloud: LocalCloud, prefix: str, name: str) -> None:
    cloud.bucket.put_object(f"{prefix}{name}", content_of(name))


def program_event(cloud: LocalCloud, key: str, program: str, **fields: Any) -> dict[str, Any]:
    """Return the event of a program over all objects below a prefix, or in a list."""
    bucket = f"oss://{cloud.bucket_name}"
    source = {} if "list" in fields else {"source": f"{bucket}/{key}/in/"}
    target = f"{bucket}/{key}/out/"
    return {"kind": "program", "program": program, **source, "target": target, **fields}


def about(cloud: LocalCloud, key: str, **fields: Any) -> dict[str, Any]:
    """Return an event about a job, by its id."""
    target = f"oss://{cloud.bucket_name}/{key}/out/"
    return {"kind": "program", "target": target, "id": key, **fields}


def assert_counted(cloud: LocalCloud, reply: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The report has each item once, and is what the reply counts; return its rows."""
    rows = report(cloud, reply)
    for outcome in ("done", "unchanged", "skipped", "failed"):
        assert reply[outcome] == sum(row["outcome"] == outcome for row in rows)
    assert len({row["item"] for row in rows}) == len(rows) == reply["items"]
    done = [row for row in rows if row["outcome"] == "done"]
    assert reply["outputs"] == sum(row["outputs"] for row in done)
    assert reply["bytes"] == sum(row["bytes"] for row in done)
    told = [(int(row["item"]), row["outcome"], row["key"]) for row in csv_report(cloud, reply)]
    assert told == [(row["item"], row["outcome"], row["key"]) for row in rows]
    assert not {"copied", "requests"} & {*reply}
    for name in record_names(cloud):
        assert not secrets_in(stored(cloud, name).decode("utf-8", "replace"), cloud), name
    return rows


def assert_made(cloud: LocalCloud, key: str, names: Iterable[str]) -> None:
    """Each has its outputs and one record, which names them as they are; nothing else is there."""
    target, expected = f"{key}/out/", {}
    for name in names:
        stem = name.removesuffix(".txt")
        expected[f"{target}{stem}/upper.txt"] = content_of(name).upper()
        expected[f"{target}{stem}/count.txt"] = b"%d\n" % len(content_of(name))
    assert {f"{target}{each}" for each in keys_below(cloud, target)} == {*expected}
    assert all(stored(cloud, each) == content for each, content in expected.items())
    assert_named(cloud, target)


def assert_named(cloud: LocalCloud, target: str) -> None:
    """Each object below a target is named by one record, which says what it is."""
    made = [each for record in records(cloud, target).values() for each in record["outputs"]]
    there = {f"{target}{each}" for each in keys_below(cloud, target)}
    assert sorted(each["key"] for each in made) == sorted(there)
    for each in made:
        headers = cloud.bucket.head_object(each["key"]).headers
        assert headers["x-oss-hash-crc64ecma"] == each["crc64"], each["key"]


def records(cloud: LocalCloud, target: str) -> dict[str, dict[str, Any]]:
    """Return the records of what is done below a target, by their ids."""
    found = {
        name.removesuffix(".json"): json.loads(stored(cloud, f"{DONE}{name}"))
        for name in keys_below(cloud, DONE)
    }
    below = f"oss://{cloud.bucket_name}/{target}"
    return {id: each for id, each in found.items() if each["target"] == below}


def attempts_of(cloud: LocalCloud, key: str) -> list[str]:
    """Return the notes of attempts at objects below a prefix, of which nobody has removed them."""
    names = [f"{ATTEMPTS}{name}" for name in keys_below(cloud, ATTEMPTS)]
    found = {name: json.loads(stored(cloud, name)) for name in names}
    return [name for name, each in found.items() if f"/{key}/" in each["source"]]


def outcome_of(reply: Reply) -> tuple[object, ...]:
    return tuple(reply[name] for name in ("status", "items", "done", "unchanged", "failed"))
