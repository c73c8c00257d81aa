"""Events about outputs that are gathered: a person's, not to wait for more, and ossferry's own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..errors import InvalidEvent
from ..jobs import FlushJob, GatherJob
from ..names import ObjectName, region_id
from ..settings import BUCKET, REGION, Settings
from .fields import A_BUCKET, A_REGION, Fields
from .program import PROGRAM, named, parameters_of, target_of, then_of

GROUP = r"[0-9a-f]{40}"
_FLUSH = {"kind", "program", "target", "target_region", "parameters", "then", "flush", "report"}
_GATHER = {"kind", "group", "batch", "target_region", "target_bucket_name"}
_MOST = 10**9  # batches of a group


def flush_of(document: Mapping[str, Any], settings: Settings, region: str) -> FlushJob:
    """``region`` is the function's own."""
    if "source" in document:
        raise InvalidEvent("source and flush exclude each other: flush is for what is done already")
    fields = Fields(document, _FLUSH)
    if not fields.flag("flush"):
        raise InvalidEvent("flush must be true, or left out")
    fields.choice("kind", (PROGRAM,))
    job = FlushJob(
        program=named(fields),
        target=target_of(fields, settings, region),
        parameters=parameters_of(fields.optional_any("parameters")),
        then=then_of(fields.optional_any("then"), settings, region),
        report=fields.flag("report"),
    )
    fields.finish()
    return job


def gather_of(document: Mapping[str, Any]) -> GatherJob:
    """Written by ossferry, or by a person with what a reply says."""
    fields = Fields(document, _GATHER)
    fields.choice("kind", (PROGRAM,))
    region = fields.text("target_region", pattern=REGION, meaning=A_REGION)
    bucket = fields.text("target_bucket_name", pattern=BUCKET, meaning=A_BUCKET)
    meaning = "the id of a group, as replies of its program say it under then"
    job = GatherJob(
        target=ObjectName(region_id(region), bucket, ""),
        group=fields.text("group", pattern=GROUP, meaning=meaning),
        batch=fields.optional_whole("batch", 1, _MOST),
    )
    fields.finish()
    return job
