"""A child of a job of many items, as its event has it."""

from __future__ import annotations

import json
import time
from types import SimpleNamespace
from typing import Any

import pytest

from ossferry.cloud import Cloud
from ossferry.errors import InvalidEvent, TargetRefused
from ossferry.items.child import answer, copy
from ossferry.items.job import ItemsJob
from ossferry.jobs import TransferJob
from ossferry.settings import Settings
from ossferry.small.held import SMALL
from ossferry.small.item import Item
from ossferry.stop import Stop
from ossferry.urls import Url
from tests.items.staged import TARGET, copying, item
from tests.peers.scripted import Reply, Then
from tests.peers.scripted import answer as replying

GOOD = Reply(replying(200, b"what is to be copied"))
CONTEXT = SimpleNamespace(
    request_id="r",
    region="cn-hangzhou",
    account_id="1",
    function=SimpleNamespace(name="f", timeout=60),
    credentials=SimpleNamespace(access_key_id="id", access_key_secret="s", security_token="t"),
)


def job(*items: Item, **fields: Any) -> ItemsJob:
    return ItemsJob(items, {**TARGET}, 20.0, 0, bulk="id", **fields)


def asked(job: ItemsJob, settings: Settings) -> dict[str, object]:
    return answer(json.loads(job.encode()), CONTEXT, settings, time.monotonic(), Stop())


def test_a_child_answers_with_sums_and_records_the_rest() -> None:
    """Its answer does not grow with what it copies."""
    with copying(lambda _: GOOD) as (ours, server):
        record = f"{ours.oss.served.url}/my-bucket/.ossferry/bulk/id/results/1.jsonl"
        reply: Any = asked(job(item(1, f"{server.url}/x"), result=Url(record)), ours.settings)
    assert reply["tally"]["copied"] == reply["tally"]["source_requests"] == 1
    assert reply["rows"] == reply["left"] == []
    assert b'"copied"' in ours.bodies[".ossferry/bulk/id/results/1.jsonl"]


@pytest.mark.parametrize("name", ["result", "partial"])
@pytest.mark.parametrize(
    "where",
    [
        "http://169.254.169.254/my-bucket/.ossferry/bulk/x",
        "{oss}/other-bucket/.ossferry/bulk/x",
        "{oss}/my-bucket/out/x",
        "{source}/my-bucket/.ossferry/bulk/x",
    ],
)
def test_records_go_to_nobody_else(name: str, where: str) -> None:
    """Who may send an event cannot have the function write into a network of its own choice."""
    with copying(lambda _: GOOD) as (ours, server):
        url = Url(where.format(oss=ours.oss.served.url, source=server.url))
        with pytest.raises(InvalidEvent):
            asked(job(item(1, f"{server.url}/x"), **{name: url}), ours.settings)
        assert server.requests == ours.oss.served.requests == []


@pytest.mark.parametrize("region", ["x.example/#", "", None, 5])
def test_nor_to_a_host_that_a_region_spells(region: object) -> None:
    """An endpoint is made of it, so it has to be one."""
    url = Url("http://my-bucket.oss-x.example/.ossferry/bulk/x")
    odd = ItemsJob((), {**TARGET, "target_region": region}, 9.0, 0, result=url)
    with pytest.raises(InvalidEvent):
        asked(odd, Settings())


def test_a_coordinator_copies_by_itself_in_the_same_way() -> None:
    """In its own instance, with its own time."""
    with copying(lambda _: GOOD) as (ours, server):
        stop = Stop()
        asked = job(item(1, f"{server.url}/x"))
        result = copy(asked, context=ours.context, settings=ours.settings, stop=stop)
    assert result.tally.copied == 1
    assert [row["item"] for row in result.rows] == [1]


@pytest.mark.parametrize("name", ["result", "partial"])
def test_records_go_where_events_may_write(name: str) -> None:
    """To a bucket that the operator allows, whoever signed their URLs."""
    with copying(lambda _: GOOD, allow_targets=("other-bucket/",)) as (ours, server):
        url = Url(f"{ours.oss.served.url}/my-bucket/.ossferry/bulk/id/results/1.jsonl")
        with pytest.raises(TargetRefused):
            asked(job(item(1, f"{server.url}/x"), **{name: url}), ours.settings)
        assert server.requests == ours.oss.served.requests == []


def test_nobody_waits_for_a_large_item_longer_than_for_the_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Who asked for them goes on by then, however much time the child itself has left."""
    deadlines = list[float]()

    def transfer(job: TransferJob, cloud: Cloud, _: Settings) -> dict[str, object]:
        deadlines.append(cloud.deadline)
        return {"status": "copied", "object": {"size": 5, "crc64": "7"}}

    monkeypatch.setattr("ossferry.transfer.coordinator.transfer", transfer)
    large = Reply(replying(200, b"x", length=SMALL + 1), Then.CLOSE)
    with copying(lambda _: large) as (ours, server):
        began = time.monotonic()
        asked_for = job(item(1, f"{server.url}/x"))
        result = copy(asked_for, context=ours.context, settings=ours.settings, stop=Stop())
    assert result.tally.copied == 1
    assert ours.context.deadline - began > 300
    assert [deadline - began < 60 for deadline in deadlines] == [True]
