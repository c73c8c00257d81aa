"""Jobs of many items: sending them, and reading what they leave behind."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

import oss2

from ossferry.items.row import OUTCOMES
from tests.e2e.canary import secrets_in
from tests.e2e.contents import bytes_of
from tests.e2e.interrupted import record_names
from tests.e2e.transfers import Reply, exists, failed, replied, stored
from tests.localcloud.client import FunctionError, LocalCloud
from tests.localcloud.patience import eventually

ReportRow = dict[str, Any]

ITEM = 500  # bytes of each item of ``many``


def bulk_event(cloud: LocalCloud, prefix: str, **fields: object) -> dict[str, object]:
    """Return the event of a job whose objects go below a prefix of the bucket."""
    return {
        "kind": "bulk",
        "target_region": cloud.region,
        "target_bucket_name": cloud.bucket_name,
        "target_prefix": prefix,
        **fields,
    }


def listed(cloud: LocalCloud, key: str, content: str | bytes) -> str:
    """Keep a list in the bucket, and return how an event names it."""
    name = f"lists/{key}"
    cloud.bucket.put_object(name, content)
    return f"oss://{cloud.bucket_name}/{name}"


def many(cloud: LocalCloud, key: str, count: int, *behaviours: str) -> str:
    """Keep a list of so many items in the bucket; each gets its number as its name."""
    urls = (cloud.generated(f"{key}{n}", ITEM, *behaviours) for n in range(count))
    return listed(cloud, f"{key}.tsv", "".join(f"{url}\t{n}\n" for n, url in enumerate(urls)))


def assert_copied(cloud: LocalCloud, key: str, prefix: str, count: int) -> None:
    """All of such a list are below the prefix; of some the bytes are compared."""
    assert keys_below(cloud, prefix) == {str(n) for n in range(count)}
    for n in range(0, count, 7):
        assert stored(cloud, f"{prefix}{n}") == bytes_of(f"{key}{n}", ITEM)


def done(cloud: LocalCloud, prefix: str, **fields: object) -> Reply:
    """Return the reply to a job that is done; its counts add up, and nothing shows a secret."""
    reply = replied(cloud, bulk_event(cloud, prefix, **fields))
    assert_consistent(cloud, reply)
    return reply


def in_the_end(cloud: LocalCloud, event: Mapping[str, object], within: float = 90) -> Reply:
    """Return what came of a job, handed over or not. Where a slow machine let an invocation get
    nothing done the same event goes on, as its error says."""
    for _ in range(5):
        try:
            reply = replied(cloud, event)
        except FunctionError as error:
            if error.error_type != "Unfinished":
                raise
            continue
        if reply["status"] == "handed_over":
            name = str(reply["outcome"])
            eventually(partial(exists, cloud, name), within=within)
            reply = json.loads(stored(cloud, name))
        if reply.get("error_type") != "Unfinished":
            assert "error" not in reply, reply
            return reply
    raise AssertionError(f"it never comes to its end: {reply}")


def refused(cloud: LocalCloud, prefix: str, **fields: object) -> FunctionError:
    """Return the error of a job that fails as a whole."""
    return failed(cloud, bulk_event(cloud, prefix, **fields))


def assert_consistent(cloud: LocalCloud, reply: Mapping[str, Any]) -> None:
    """The report has each item once, and its rows are what the reply counts."""
    rows = report(cloud, reply)
    counted = Counter(row["outcome"] for row in rows)
    outcomes = [each for each in OUTCOMES if each != "restored" or each in reply]
    assert {each: reply[each] for each in outcomes} == {each: counted[each] for each in outcomes}
    numbers = [row["item"] for row in rows]
    assert len({*numbers}) == len(numbers) == reply["items"] + counted["waiting"]
    assert reply.get("waiting", 0) == counted["waiting"]
    assert reply["causes"] == Counter(row["cause"] for row in rows if "cause" in row)
    assert reply["bytes"] == sum(row["size"] for row in rows if row["outcome"] == "copied")
    told = [(int(row["item"]), row["outcome"], row["key"]) for row in csv_report(cloud, reply)]
    assert told == [(row["item"], row["outcome"], row["key"]) for row in rows]
    for name in record_names(cloud):
        assert not secrets_in(stored(cloud, name).decode("utf-8", "replace"), cloud), name


def _file(cloud: LocalCloud, reply: Mapping[str, Any], name: str) -> str:
    _, _, key = str(reply["report"][name]).removeprefix("oss://").partition("/")
    return stored(cloud, key).decode()


def report(cloud: LocalCloud, reply: Mapping[str, Any]) -> list[ReportRow]:
    """Return the rows of the report."""
    return [json.loads(line) for line in _file(cloud, reply, "report_jsonl").split("\n")[:-1]]


def csv_report(cloud: LocalCloud, reply: Mapping[str, Any]) -> list[dict[str, str]]:
    """Return the rows of the report as it is for spreadsheets."""
    return [*csv.DictReader(io.StringIO(_file(cloud, reply, "report_csv"), newline=""))]


def failures(cloud: LocalCloud, reply: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the list of what failed."""
    return [json.loads(line) for line in _file(cloud, reply, "failed_jsonl").split("\n")[:-1]]


def by_item(cloud: LocalCloud, reply: Mapping[str, Any]) -> dict[int, ReportRow]:
    """Return the rows of the report by their numbers."""
    return {row["item"]: row for row in report(cloud, reply)}


def keys_below(cloud: LocalCloud, prefix: str) -> set[str]:
    """Return what the keys of the objects have behind a prefix."""
    return {each.key[len(prefix) :] for each in oss2.ObjectIteratorV2(cloud.bucket, prefix=prefix)}


def forget(cloud: LocalCloud, names: Iterable[str] | None = None) -> None:
    """Delete the records of all jobs."""
    for name in record_names(cloud) if names is None else names:
        cloud.bucket.delete_object(name)
