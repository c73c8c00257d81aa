"""The triggers of the function: what they miss, and those that would loop. Pure.

A payload is read as the function reads it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ossferry.errors import InvalidEvent
from ossferry.events.parse import parse
from ossferry.jobs import SweepJob, WakeJob
from ossferry.settings import Settings

from .clients import Document
from .finding import Finding, ok, problem, warning

_LARGE = "oss:ObjectCreated:CompleteMultipartUpload"
_EVERYTHING = "oss:ObjectCreated:*"


def buckets_of(triggers: Sequence[Document]) -> list[str]:
    """The buckets that are listened to."""
    found = [_bucket(each) for each in triggers if each.get("triggerType") == "oss"]
    return [name for name in dict.fromkeys(found) if name]


def about_triggers(
    triggers: Sequence[Document], settings: Settings, region: str
) -> Iterator[Finding]:
    if not any(each.get("triggerType") == "oss" for each in triggers):
        yield ok("triggers", "no OSS trigger: what is uploaded is not copied by itself")
    jobs = []
    for each in triggers:
        kind = each.get("triggerType")
        if kind == "oss":
            yield from _oss(each, settings)
        elif kind == "timer":
            findings, job = _timer(each, settings, region)
            jobs.append(job)
            yield from findings
        elif kind == "http":
            yield from _http(each)
        else:
            yield ok("triggers", f"{_name(each)}: of the kind {kind}")
    yield from _missing_timers(jobs)


def _missing_timers(jobs: Sequence[object]) -> Iterator[Finding]:
    if not any(isinstance(job, SweepJob) for job in jobs):
        yield warning(
            "triggers",
            "no timer sweeps: what crashes leave is billed and stays",
            "take the timer daily-sweep from s.yaml, or run ossferry sweep now and then",
        )
    if not any(isinstance(job, WakeJob) for job in jobs):
        yield warning(
            "triggers",
            "no timer wakes jobs that wait for restored objects",
            "take the timer wake from s.yaml, if archived objects are restored",
        )


def _timer(
    trigger: Document, settings: Settings, region: str
) -> tuple[list[Finding], object | None]:
    """Its findings, and the job that it sends, if it does send it."""
    config, name = _config(trigger), _name(trigger)
    if config.get("enable") is False:
        remedy = "enable it in s.yaml"
        return [warning("triggers", f"{name}: the timer is switched off", remedy)], None
    try:
        event = json.loads(str(config.get("payload") or ""))
        job = parse(event, settings, region)
    except (ValueError, InvalidEvent) as error:
        said = error.message if isinstance(error, InvalidEvent) else "it is no JSON"
        found = problem(
            "triggers",
            f"{name}: the function refuses the payload of the timer ({said})",
            "correct its payload in s.yaml",
        )
        return [found], None
    findings = [ok("triggers", f"{name}: {config.get('cronExpression')}, UTC unless it says else")]
    target = job.target if isinstance(job, SweepJob | WakeJob) else None
    if target and settings.target_bucket and target.bucket != settings.target_bucket:
        findings = [
            warning(
                "triggers",
                f"{name}: the timer is for the bucket {target.bucket}, and copies go to"
                f" {settings.target_bucket}",
                "name that bucket in its payload, or add a timer for it",
            )
        ]
    return findings, job


def _oss(trigger: Document, settings: Settings) -> Iterator[Finding]:
    name, bucket, prefix = _name(trigger), _bucket(trigger), _prefix(trigger)
    where = f"{bucket}/{prefix}"
    wrong = [*_loops(name, bucket, prefix, settings), *_silent(trigger, name)]
    if settings.target_bucket is None:
        wrong.append(
            problem(
                "triggers",
                f"{name}: it has no bucket to copy to",
                "set OSSFERRY_TARGET_BUCKET in s.yaml",
            )
        )
    if not wrong:
        target = f"{settings.target_bucket}/{settings.target_prefix}"
        yield ok("triggers", f"{name}: what arrives at {where} is copied to {target}{prefix}")
    yield from wrong


def _loops(name: str, bucket: str, prefix: str, settings: Settings) -> Iterator[Finding]:
    if bucket != settings.target_bucket:
        return
    remedy = "set another OSSFERRY_TARGET_PREFIX or OSSFERRY_TARGET_BUCKET, or watch less"
    if f"{settings.target_prefix}{prefix}".startswith(prefix):
        yield problem(
            "triggers",
            f"{name}: it listens to {bucket}/{prefix}, where its own copies arrive, which loops",
            remedy,
        )
    elif settings.list_prefix and prefix.startswith(settings.target_prefix):
        yield warning(
            "triggers",
            f"{name}: what a list names may arrive at {bucket}/{prefix}, which would loop",
            remedy,
        )


def _silent(trigger: Document, name: str) -> Iterator[Finding]:
    """What keeps it from ever, or from often, doing anything."""
    if not trigger.get("invocationRole"):
        yield problem(
            "triggers",
            f"{name}: it has no role, so OSS may not invoke the function",
            "set invocationRole to the role ossferry-trigger of role.yml",
        )
    events = [str(each) for each in _config(trigger).get("events") or []]
    if not any(each.startswith("oss:ObjectCreated:") for each in events):
        yield problem(
            "triggers", f"{name}: no event of it says that an object is there", "see s.yaml"
        )
    elif _LARGE not in events and _EVERYTHING not in events:
        yield warning(
            "triggers", f"{name}: large uploads do not fire it", f"add {_LARGE} to its events"
        )


def _http(trigger: Document) -> Iterator[Finding]:
    name = _name(trigger)
    if str(_config(trigger).get("authType") or "").lower() == "anonymous":
        yield problem(
            "triggers",
            f"{name}: everybody on the internet may send events over HTTP",
            "set authType to function, or to jwt",
        )
    else:
        yield ok("triggers", f"{name}: events over HTTP, with authentication")


def _name(trigger: Document) -> str:
    return str(trigger.get("triggerName"))


def _bucket(trigger: Document) -> str:
    return str(trigger.get("sourceArn") or "").rpartition(":")[2]


def _prefix(trigger: Document) -> str:
    found: Any = _config(trigger)
    for name in ("filter", "key"):
        found = found.get(name) if isinstance(found, Mapping) else None
    return str(found.get("prefix") or "") if isinstance(found, Mapping) else ""


def _config(trigger: Document) -> Mapping[str, Any]:
    """The API has it as a text of JSON."""
    config = trigger.get("triggerConfig")
    if isinstance(config, str):
        try:
            config = json.loads(config)
        except ValueError:
            return {}
    return config if isinstance(config, Mapping) else {}
