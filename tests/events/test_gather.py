"""What is written about outputs that are gathered, and what cannot be."""

from __future__ import annotations

from typing import Any

import pytest

from ossferry.errors import InvalidEvent
from ossferry.events.parse import parse
from ossferry.jobs import BulkJob, FlushJob, GatherJob, ProgramJob, Then
from ossferry.names import ObjectName
from ossferry.settings import Settings

REGION = "cn-hangzhou"
THEN: dict[str, Any] = {"program": "mix", "when": 40, "target": "oss://media/sets/"}
EVENT: dict[str, Any] = {
    "kind": "program",
    "program": "cut",
    "source": "oss://media/in/a.abs",
    "target": "oss://media/cut/",
    "then": THEN,
}
FLUSH = {**{key: each for key, each in EVENT.items() if key != "source"}, "flush": True}
GATHER: dict[str, Any] = {
    "kind": "program",
    "group": "0" * 40,
    "batch": 3,
    "target_region": "cn-hangzhou",
    "target_bucket_name": "media",
}


def test_an_event_says_what_comes_then() -> None:
    job = parse(
        {**EVENT, "then": {**THEN, "max_wait": 60, "parameters": {"n": 3}}}, Settings(), REGION
    )
    assert isinstance(job, ProgramJob)
    assert job.then == Then("mix", 40, ObjectName(REGION, "media", "sets/"), 60.0, {"n": "3"})
    every = parse({**EVENT, "then": {**THEN, "when": "all"}}, Settings(), REGION)
    assert isinstance(every, ProgramJob)
    assert every.then == Then("mix", None, ObjectName(REGION, "media", "sets/"))


@pytest.mark.parametrize("source", ["oss://media/in/", None])
def test_so_does_one_of_many(source: str | None) -> None:
    """Below a prefix, or in a list."""
    many = {"source": source} if source else {"list": "oss://media/names.txt"}
    without = {key: each for key, each in EVENT.items() if key != "source"}
    job = parse({**without, **many}, Settings(), REGION)
    assert isinstance(job, BulkJob)
    assert job.then == Then("mix", 40, ObjectName(REGION, "media", "sets/"))


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"id": "j", "again": "failed"}, "then is on record with the job of this id"),
        ({"source": "oss://media/sets/in/"}, "oss://media/sets/in/ and oss://media/sets/ lie in"),
    ],
)
def test_what_makes_no_sense_of_many_is_refused(fields: dict[str, Any], sentence: str) -> None:
    event = {**{key: each for key, each in EVENT.items() if key != "source"}, **fields}
    with pytest.raises(InvalidEvent, match=sentence):
        parse(event, Settings(), REGION)


def test_a_flush_is_of_the_same_without_a_source() -> None:
    job, flush = (parse(each, Settings(), REGION) for each in (EVENT, FLUSH))
    assert isinstance(job, ProgramJob)
    assert flush == FlushJob(job.program, job.target, job.parameters, job.then)


def test_ossferry_asks_itself_for_a_batch_or_for_a_look() -> None:
    target = ObjectName(REGION, "media", "")
    assert parse(GATHER, Settings(), REGION) == GatherJob(target, "0" * 40, 3)
    look = {key: each for key, each in GATHER.items() if key != "batch"}
    assert parse(look, Settings(), REGION) == GatherJob(target, "0" * 40)


@pytest.mark.parametrize(
    ("then", "sentence"),
    [
        ("mix", "then must be an object like"),
        ({}, "then: program and target are missing: give the name of a program that gathers"),
        ({**THEN, "when": None}, "then: when is missing: give a number up to 1000, or all"),
        ({**THEN, "when": 0}, "then: when must be a whole number from 1 to 1000"),
        ({**THEN, "when": "some"}, "then: when must be a whole number from 1 to 1000"),
        ({**THEN, "max_wait": 0}, "then: max_wait must be a whole number from 1 to 604800"),
        ({**THEN, "target": "oss://media/.ossferry/"}, "then: target must not lead to .ossferry/"),
        ({**THEN, "program": "../mix"}, "then: program must be a name of small letters"),
        ({**THEN, "parameters": {"n": []}}, "then: parameters.n must be a text"),
        ({**THEN, "then": {}}, "then: then is"),
        ({**THEN, "wen": 3}, "did you mean when"),
    ],
)
def test_what_makes_no_sense_is_refused(then: object, sentence: str) -> None:
    with pytest.raises(InvalidEvent) as caught:
        parse({**EVENT, "then": then}, Settings(), REGION)
    assert sentence in caught.value.message


@pytest.mark.parametrize(
    ("event", "sentence"),
    [
        ({**FLUSH, "source": "oss://media/x"}, "source and flush exclude each other"),
        ({**FLUSH, "flush": False}, "flush must be true, or left out"),
        ({**GATHER, "group": "x"}, "group must be the id of a group"),
        ({**GATHER, "batch": 0}, "batch must be a whole number from 1"),
        ({**GATHER, "program": "cut"}, "program is"),
    ],
)
def test_other_events_are_refused(event: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InvalidEvent) as caught:
        parse(event, Settings(), REGION)
    assert sentence in caught.value.message
