"""What an id stands for: a task of Function Compute, a job in a bucket, or both."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from ..asked.programs import is_of_many, is_program
from ..asked.sources import target_of
from ..buckets import bucket_of
from ..fc.api import FunctionApi
from ..fc.tasks import Task
from ..function import Function
from ..problems import Problem
from .jobs import Job, read_head
from .look import Watched
from .programs import Program
from .transfers import Transfer

_MANY = ("bulk", "thaw")


class Known(NamedTuple):
    """``event`` is None if it is known from the bucket alone, and its head does not tell;
    ``bucket`` is empty for what has no records."""

    id: str
    task: Task | None
    event: Mapping[str, Any] | None
    bucket: str
    region: str
    job_id: str | None
    watched: Watched

    def __repr__(self) -> str:
        return f"Known({self.id})"

    @property
    def is_job(self) -> bool:
        return isinstance(self.watched, Job)

    @property
    def is_program(self) -> bool:
        """One program, over one object or none."""
        return isinstance(self.watched, Program)


def known(
    function: Function, api: FunctionApi, given: str, bucket: str | None, region: str | None
) -> Known:
    """A ``Problem`` if nobody knows it. The beginning of an id is enough, if no other has it."""
    task = api.task(given) or _begins(api, given)
    if task is not None and task.event is not None:
        return of_event(function, api, task.id, task.event, task, bucket, region)
    where = bucket or function.bucket
    if where:
        opened = bucket_of(function, where, region)
        head = read_head(opened, given)
        if head is not None:
            watched = Job(None, opened, None, given)
            place = region or function.region
            return Known(given, None, head.event, where, place, given, watched)
    told = f" nor is it a job in oss://{where}" if where else ": name the bucket with --bucket"
    raise Problem(f"Function Compute knows no task {given}{told}; ossferry ls shows what there is")


def of_event(
    function: Function,
    api: FunctionApi,
    task_id: str,
    event: Mapping[str, Any],
    task: Task | None = None,
    bucket: str | None = None,
    region: str | None = None,
) -> Known:
    """What was submitted as this."""
    one = is_program(event) and not is_of_many(event)
    if one and not ({"target", "target_bucket_name"} & {*event}):
        return Known(task_id, task, event, "", "", None, Program(api, None, task_id, event))
    name, where = _place(function, event)
    name, where = bucket or name, region or where
    opened = bucket_of(function, name, where)
    if one:
        program = Program(api, opened, task_id, event)
        return Known(task_id, task, event, name, where, None, program)
    if event.get("kind") in _MANY or is_program(event):
        job_id = None if event.get("again") else event.get("id")
        job = Job(api, opened, task_id, str(job_id) if job_id else None)
        return Known(task_id, task, event, name, where, job.id, job)
    if "target_object_name" not in event:
        raise Problem(f"{task_id} is neither a copy nor a job: its end is in the function's log")
    watched = Transfer(api, opened, task_id, event)
    return Known(task_id, task, event, name, where, None, watched)


def _begins(api: FunctionApi, given: str) -> Task | None:
    found = []
    for task in api.tasks(given):
        found.append(task)
        if len(found) > 1:
            raise Problem(
                f"{given} begins several ids, {found[0].id} and {found[1].id}: give more of it"
            )
    return found[0] if found else None


def _place(function: Function, event: Mapping[str, Any]) -> tuple[str, str]:
    """Bucket and region of the records."""
    of_source = None if is_program(event) else event.get("source_region")
    region = str(event.get("target_region") or of_source or function.region)
    named = event.get("target_bucket_name")
    if not named and is_program(event) and event.get("target"):
        named = target_of(str(event["target"])).bucket
    if not named and event.get("kind") == "thaw":
        text = str(event.get("source") or event.get("list") or "")
        named = text.removeprefix("oss://").partition("/")[0] if text.startswith("oss://") else None
    named = named or function.bucket
    if not named:
        raise Problem("the bucket of its records is not known: name it with --bucket")
    return str(named), region
