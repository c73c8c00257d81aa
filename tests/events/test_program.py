"""Events that have a program run: what they name, and what they cannot."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ossferry.errors import InvalidEvent, InvalidSettings
from ossferry.events.parse import parse
from ossferry.jobs import (
    AloneJob,
    BatchJob,
    BulkJob,
    ProgramCall,
    ProgramJob,
    Selection,
    TransferJob,
)
from ossferry.names import ObjectName
from ossferry.settings import Settings

EVENT: dict[str, Any] = {
    "kind": "program",
    "program": "transcode",
    "source": "oss://media/in/480P.mp4",
    "target": "oss://media/out/",
}


def asked(settings: Settings | None = None, region: str = "cn-hangzhou", **fields: Any) -> object:
    event = {name: value for name, value in {**EVENT, **fields}.items() if value is not None}
    return parse(event, settings or Settings(), region)


def test_a_program_over_an_object() -> None:
    """In the function's own region, unless something says otherwise."""
    assert asked() == ProgramJob(
        "transcode",
        ObjectName("cn-hangzhou", "media", "in/480P.mp4"),
        ObjectName("cn-hangzhou", "media", "out/"),
        {},
    )
    elsewhere = asked(source_region="oss-cn-beijing", target_region="cn-shanghai")
    assert isinstance(elsewhere, ProgramJob)
    assert (elsewhere.source.region, elsewhere.target.region) == ("cn-beijing", "cn-shanghai")
    by_setting = asked(Settings(target_region="cn-shenzhen"))
    assert isinstance(by_setting, ProgramJob)
    assert by_setting.target.region == "cn-shenzhen"


def test_parameters_are_texts() -> None:
    """Whatever JSON had."""
    job = asked(parameters={"a": "x", "b": 1, "c": 0.5, "d": True, "e": False})
    assert isinstance(job, ProgramJob)
    assert job.parameters == {"a": "x", "b": "1", "c": "0.5", "d": "true", "e": "false"}


def test_a_target_may_be_a_whole_bucket() -> None:
    """Or the beginning of names."""
    for text, key in (("oss://media/", ""), ("oss://media/out-", "out-")):
        job = asked(target=text)
        assert isinstance(job, ProgramJob)
        assert job.target.key == key


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"program": None}, "program is missing"),
        ({"source": None, "target": None, "then": {}}, "source and target are missing"),
        ({"program": "Transcode"}, "program must be a name"),
        ({"program": "a/../b"}, "program must be a name"),
        ({"program": ["/bin/sh"]}, "program must be a name"),
        ({"source": "https://host/a"}, "source must be like oss://bucket/key"),
        ({"include": "*.mp4"}, "include is for many objects"),
        ({"source": "oss://media/.ossferry/x"}, "must not start with .ossferry/"),
        ({"target": "oss://media"}, "target must be what goes before"),
        ({"target": "oss://media//x"}, "target must be what goes before"),
        ({"target": "oss://media/.ossferry/"}, "target must not lead to .ossferry/"),
        ({"target": "oss://media/.oss"}, "target must not lead to .ossferry/"),
        ({"target_region": "here"}, "target_region must be a region id"),
        ({"parameters": ["a"]}, "parameters must be an object"),
        ({"parameters": {"A": "b"}}, "parameters has a name that is not allowed"),
        ({"parameters": {"a": ["b"]}}, "parameters.a must be a text"),
        ({"parameters": {"a": "b" * 1025}}, "parameters.a must be a text of at most 1024"),
        ({"parameters": {f"a{n}": "b" for n in range(51)}}, "at most 50 values"),
        ({"command": ["/bin/sh"]}, "command is not a field: see"),
        ({"parameter": {}}, "parameter is not a field: did you mean parameters?"),
        ({"taget": "x"}, "taget is not a field: did you mean target?"),
    ],
)
def test_what_cannot_be_asked_is_one_sentence(fields: dict[str, Any], said: str) -> None:
    """It names the field."""
    with pytest.raises(InvalidEvent) as caught:
        asked(**fields)
    assert said in caught.value.message


def test_a_program_over_many_objects() -> None:
    """Below a prefix, which ends in a slash, in a bucket, or in a list."""
    job = asked(source="oss://media/in/", parameters={"a": 1}, include="*.mp4", fail_above=3)
    assert job == BulkJob(
        ObjectName("cn-hangzhou", "media", "out/"),
        source=ObjectName("cn-hangzhou", "media", "in/"),
        source_region="cn-hangzhou",
        selection=Selection(include=("*.mp4",)),
        overwrite="always",
        fail_above=3,
        program=ProgramCall("transcode", {"a": "1"}),
    )
    whole = asked(source="oss://other")
    assert isinstance(whole, BulkJob)
    assert whole.source == ObjectName("cn-hangzhou", "other", "")
    listed = asked(source=None, list="oss://media/l.jsonl", naming="path", target_region="cn-x")
    assert isinstance(listed, BulkJob)
    assert (str(listed.list), listed.naming, listed.target.region) == (
        *("oss://media/l.jsonl", "path", "cn-x"),
    )


@pytest.mark.parametrize("wants", [{"status": True}, {"stop": True}, {"again": "failed"}])
def test_a_job_is_known_by_its_id(wants: dict[str, Any]) -> None:
    """And by the bucket of its target."""
    job = asked(program=None, source=None, id="daily", **wants)
    assert isinstance(job, BulkJob)
    assert (job.id, job.wants, job.program) == ("daily", next(iter(wants)), None)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"program": None}, "program is missing"),
        ({"target": None}, "target is missing"),
        ({"id": "a", "status": True, "source": None, "target": None}, "target is missing"),
        ({"source": None, "status": True}, "id is missing"),
        ({"target": "oss://media/"}, "lie in each other"),
        ({"target": "oss://media/in/out/"}, "lie in each other"),
        ({"list": "oss://media/l.urls"}, "either list or source"),
        ({"source": None, "list": "oss://media/l", "include": "*"}, "for prefixes, not for lists"),
        ({"source": "s3://films/in/"}, "source must be like oss://bucket/key"),
        ({"source": "oss://media/.ossferry/"}, "must not lead to .ossferry/"),
        ({"overwrite": "never"}, "overwrite is not a field"),
        ({"thaw": True}, "thaw is not a field"),
        ({"parameters": {"A": "b"}}, "parameters has a name that is not allowed"),
        ({"fail_above": "many"}, "fail_above must be"),
    ],
)
def test_what_cannot_be_asked_of_many_is_one_sentence(fields: dict[str, Any], said: str) -> None:
    """It names the field as well."""
    with pytest.raises(InvalidEvent) as caught:
        asked(**{"source": "oss://media/in/", **fields})
    assert said in caught.value.message


@pytest.mark.parametrize("target", [None, "oss://media/out/"])
def test_without_a_source_a_program_is_run_alone(target: str | None) -> None:
    """As a timer asks for it; a target is for its outputs."""
    payload = {"kind": "program", "program": "nightly", "parameters": {"days": 3}}
    event = {**payload, **({"target": target} if target else {})}
    timer = {"triggerTime": "x", "triggerName": "nightly", "payload": json.dumps(event)}
    for document in (event, timer):
        job = parse(document, Settings(), "cn-hangzhou")
        assert isinstance(job, AloneJob)
        assert (job.program, job.parameters) == ("nightly", {"days": "3"})
        assert (job.target and str(job.target)) == target


def test_a_region_has_to_come_from_somewhere() -> None:
    """The function may not know its own."""
    with pytest.raises(InvalidEvent, match="source_region is missing"):
        asked(region="")
    with pytest.raises(InvalidEvent, match="target_region is missing"):
        asked(region="", source_region="cn-hangzhou")


def test_messages_may_ask_for_programs() -> None:
    """Each by itself."""
    job = parse([EVENT, {**EVENT, "program": ""}], Settings(), "cn-hangzhou")
    assert isinstance(job, BatchJob)
    assert [type(each.job).__name__ for each in job.messages] == ["ProgramJob", "InvalidEvent"]


def arrived(key: str, rules: str, bucket: str = "media") -> object:
    entry = {
        "eventName": "ObjectCreated:PutObject",
        "region": "cn-hangzhou",
        "oss": {"bucket": {"name": bucket}, "object": {"key": key}},
    }
    settings = Settings.from_env(
        {"OSSFERRY_PROGRAM_RULES": rules, "OSSFERRY_TARGET_BUCKET": "copies"}
    )
    job = parse({"events": [entry]}, settings)
    assert isinstance(job, BatchJob)
    return job.messages[0].job


RULES = "in/*.mp4 -> transcode -> oss://media/out/,\n in/* -> shout -> oss://texts/"


@pytest.mark.parametrize(
    ("key", "program", "otherwise"),
    [
        ("in/a.mp4", "transcode", None),
        ("in/b/a.mp4", "transcode", None),
        ("in/a.txt", "shout", None),
        ("in/a+b%2Emp4", "transcode", "in/a b.mp4"),
        ("elsewhere/a.mp4", None, None),
    ],
)
def test_what_arrives_is_given_to_a_program(
    key: str, program: str | None, otherwise: str | None
) -> None:
    """The first whose rule takes it; or it is copied."""
    job = arrived(key, RULES)
    if program is None:
        assert isinstance(job, TransferJob)
        return
    assert isinstance(job, ProgramJob)
    assert (job.program, job.source.key) == (program, key)
    assert (job.otherwise and job.otherwise.key) == otherwise


@pytest.mark.parametrize(
    "target", ["oss://media/in/out/", "oss://media/in/", "oss://media/", "oss://media/i"]
)
def test_a_rule_that_could_loop_is_refused(target: str) -> None:
    """In the bucket that it watches; elsewhere it may."""
    job = arrived("in/a.mp4", f"in/*.mp4 -> transcode -> {target}")
    assert isinstance(job, InvalidEvent)
    assert "could loop" in job.message
    assert isinstance(arrived("in/a", f"in/* -> x -> {target}", bucket="other"), ProgramJob)


@pytest.mark.parametrize(
    "rules",
    [
        *("in/*", "in/* -> x", "in/* -> X -> oss://media/", "-> x -> oss://media/"),
        *("a -> x -> media/", "a -> x -> oss://media/.ossferry/", "a -> x -> oss://media//a"),
        "a -> x -> oss://a/b -> c",
    ],
)
def test_a_rule_that_makes_no_sense_is_told(rules: str) -> None:
    """With an example of one that does."""
    with pytest.raises(InvalidSettings, match="OSSFERRY_PROGRAM_RULES must be like in/"):
        Settings.from_env({"OSSFERRY_PROGRAM_RULES": rules})
