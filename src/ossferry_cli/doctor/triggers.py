"""The triggers of the function: what they miss, and those that would loop. Pure.

A payload is read as the function reads it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from ossferry.errors import InvalidEvent
from ossferry.events.parse import parse
from ossferry.jobs import SweepJob, WakeJob
from ossferry.settings import Settings

from .clients import Document
from .finding import Finding, ok, problem, warning
from .listening import as_listens, config_of, listening, takes_all

_LARGE = "oss:ObjectCreated:CompleteMultipartUpload"
_EVERYTHING = "oss:ObjectCreated:*"


def buckets_of(triggers: Sequence[Document]) -> list[str]:
    """The buckets that are listened to."""
    return [name for name in dict.fromkeys(each.bucket for each in listening(triggers)) if name]


def woken(triggers: Sequence[Document], settings: Settings, region: str) -> set[str]:
    """The buckets whose jobs a timer wakes."""
    timers = (each for each in triggers if each.get("triggerType") == "timer")
    jobs = (_timer(each, settings, region)[1] for each in timers)
    return {job.target.bucket for job in jobs if isinstance(job, WakeJob)}


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
    yield from _missing_timers(jobs, settings)


def _missing_timers(jobs: Sequence[object], settings: Settings) -> Iterator[Finding]:
    if not any(isinstance(job, SweepJob) for job in jobs):
        yield warning(
            "triggers",
            "no timer sweeps: what crashes leave is billed and stays",
            "take the timer daily-sweep from s.yaml, or run ossferry sweep now and then",
        )
    if not any(isinstance(job, WakeJob) for job in jobs):
        rules = settings.program_rules
        gathered = ", or a program has then with max_wait" if rules else ""
        yield warning(
            "triggers",
            "no timer wakes jobs that wait for restored objects",
            f"take the timer wake from s.yaml, if archived objects are restored{gathered}",
        )


def _timer(
    trigger: Document, settings: Settings, region: str
) -> tuple[list[Finding], object | None]:
    """Its findings, and the job that it sends, if it does send it."""
    config, name = config_of(trigger), _name(trigger)
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
    programs = (*settings.program_rules, settings.message_program)
    written = {settings.target_bucket, *(each.bucket for each in programs if each)}
    if target and settings.target_bucket and target.bucket not in written:
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
    seen = as_listens(trigger)
    name, bucket, prefix = seen.name, seen.bucket, seen.prefix
    if takes_all(settings.program_rules, prefix):
        wrong = [*_silent(trigger, name)]
        if not wrong:
            yield ok("triggers", f"{name}: what arrives at {seen} is given to programs")
        yield from wrong
        return
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
        yield ok("triggers", f"{name}: what arrives at {seen} is copied to {target}{prefix}")
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
    events = [str(each) for each in config_of(trigger).get("events") or []]
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
    if str(config_of(trigger).get("authType") or "").lower() == "anonymous":
        yield problem(
            "triggers",
            f"{name}: everybody on the internet may send events over HTTP",
            "set authType to function, or to jwt",
        )
    else:
        yield ok("triggers", f"{name}: events over HTTP, with authentication")


def _name(trigger: Document) -> str:
    return str(trigger.get("triggerName"))
