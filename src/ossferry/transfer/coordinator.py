"""A transfer from probe to verified reply.

    probe -> already there? -> plan -> create -> copy -> check -> complete -> reply

A target object either stays as it was or becomes the whole, verified source. Once an upload is
open, an error ends it after everything in flight has ended: aborted, or kept with a record of what
is done if the same event may go on with it.
"""

from __future__ import annotations

import time
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, cast

from ..cloud import Cloud
from ..copying.copy_job import SourceRef
from ..entries import ObjectInfo
from ..errors import (
    FerryError,
    InvalidEvent,
    NoSuchUpload,
    ObjectExists,
    RangeNotHonoured,
    SourceArchived,
    SourceChanged,
    SourceGone,
    SourceRefused,
)
from ..jobs import TransferJob
from ..log import log
from ..names import ObjectName
from ..origins.place import ForeignName
from ..pace.part_sizes import WHOLE_AT_MOST
from ..settings import Settings
from ..source.expectations import Expectations, is_source, remembered
from ..source.expiry import refuse_if_hopeless
from ..source.foreign import Foreign, require_object
from ..source.frozen import told
from ..source.identity import Identity
from ..source.nodes import by_date, disagree, served_as, settled
from ..source.probe import Source, probe
from ..spread.plan import Plan, make_plan
from .by_parts import copy_by_parts
from .inside_oss import copy_inside_oss
from .one_pass import copy_in_one_pass
from .patience import patiently
from .reply import copied_reply, warnings
from .transfer import Copied, Phases, Transfer
from .updating import updated

if TYPE_CHECKING:
    from ..oss.bucket import Bucket
    from .reported import Report


def transfer(
    job: TransferJob, cloud: Cloud, settings: Settings, report: Report | None = None
) -> dict[str, object]:
    """Do the job; the reply as JSON. Idempotent: what is there already is not copied again.

    What a ``report`` needs is told to it.
    """
    try:
        reply = _done(job, cloud, settings, report)
    except (SourceRefused, SourceGone) as error:
        worded = in_words(error, job, cloud)
        if worded is error:
            raise
        raise worded from error
    if reply is not None:
        return reply
    return transfer(cast(TransferJob, job.fallback), cloud, settings, report)


def in_words(error: FerryError, job: TransferJob, cloud: Cloud) -> FerryError:
    """In words about the object, where whoever keeps it knows more than its reply said."""
    if isinstance(job.source, ForeignName):
        return _foreign(job, job.source, cloud).explained(error, cloud.guard, cloud.deadline)
    if isinstance(job.source, ObjectName) and isinstance(error, SourceArchived):
        head = cloud.source_bucket(job.source, job.credentials).head
        return told(error, job.source, head, direct_read=job.direct_read)
    return error


def _done(
    job: TransferJob, cloud: Cloud, settings: Settings, report: Report | None
) -> dict[str, object] | None:
    """The reply; None if there is no such source, and the job has a ``fallback``."""
    phases = report.phases if report else Phases()
    with phases("probe"):
        try:
            source = _first_seen(job, cloud)
        except SourceGone:
            if job.fallback is None:
                raise
            return None
        expected = Expectations.of(job, source)
        expected.check_source(source)
        bucket = cloud.bucket(job.target)  # not before: its SDK was imported meanwhile
        existing = already_there(job, source, bucket, cloud)
    if existing:
        return updated(job, source, existing, bucket, phases)
    under_way = Transfer(job, source, bucket, cloud, expected, phases)
    if report:
        under_way = report.begun(under_way)
    try:
        under_way, copied = copy(under_way, settings)
    except (NoSuchUpload, ObjectExists):
        # Somebody who does the same, an event delivered twice, was faster to complete or abort it.
        existing = already_there(job, source, bucket, cloud)
        if existing:
            return updated(job, source, existing, bucket, phases)
        under_way, copied = copy(under_way, settings)
    return copied_reply(under_way, copied, warnings(job.overwrite, bucket))


def copy(transfer: Transfer, settings: Settings) -> tuple[Transfer, Copied]:
    """Whoever is nearest: OSS itself, all instances together, or this one in one pass.

    Also the transfer as it was done: with the source as it was known in the end.
    """
    copied = copy_inside_oss(transfer)
    if copied:
        return transfer, copied
    plan = plan_of(transfer.job, transfer.source, settings)
    if plan is None:
        return copy_in_one_pass(transfer)
    refuse_if_hopeless(transfer.source, time.time())
    if plan.limits.children:
        transfer.cloud.expect_children()
    look = partial(look_at, transfer.job, transfer.cloud)
    source = settled(transfer.source, look)
    transfer = replace(transfer, source=source, expected=Expectations.of(transfer.job, source))
    try:
        return split(transfer, plan)
    except SourceChanged:
        if not disagree(source, look):
            raise
    log("source.nodes_disagree")
    return split(replace(transfer, source=by_date(source)), plan)


def split(transfer: Transfer, plan: Plan) -> tuple[Transfer, Copied]:
    """By parts, or in one pass where the source turns out not to bear that."""
    if transfer.source.splittable:
        try:
            return transfer, copy_by_parts(transfer, plan)
        except RangeNotHonoured as error:
            log("source.not_splittable", reason=error.message)
    transfer = replace(transfer, source=replace(transfer.source, splittable=False))
    return copy_in_one_pass(transfer)


def look_at(job: TransferJob, cloud: Cloud) -> Source:
    """Probe the source; a private object is read through a URL that is signed for it."""
    if isinstance(job.source, ObjectName):
        url = cloud.source_bucket(job.source, job.credentials).get_url(job.source.key)
        ref = SourceRef(url, job.source_headers, unpaid=not job.direct_read)
    elif isinstance(job.source, ForeignName):
        # Anew by each invocation, for as long as that takes: whatever goes on with it signs again.
        ref = _foreign(job, job.source, cloud).ref(cloud.signed_for)
    else:  # whoever signed it, or made it public, has decided what may be read
        ref = SourceRef(job.source, job.source_headers)
    return patiently(partial(_probed, job, ref, cloud), cloud)


def _probed(job: TransferJob, ref: SourceRef, cloud: Cloud) -> Source:
    source = probe(ref, cloud.guard, cloud.deadline)
    if isinstance(job.source, ForeignName):
        require_object(job.source, source)
    return source


def _first_seen(job: TransferJob, cloud: Cloud) -> Source:
    """With whatever can prove it."""
    source = look_at(job, cloud)
    if not isinstance(job.source, ForeignName):
        return source
    return _foreign(job, job.source, cloud).proven(source, cloud.guard, cloud.deadline)


def _foreign(job: TransferJob, name: ForeignName, cloud: Cloud) -> Foreign:
    return Foreign(name, cloud.foreign, job.credentials, job.source_headers)


def already_there(
    job: TransferJob, source: Source, bucket: Bucket, cloud: Cloud
) -> ObjectInfo | None:
    """The object if it already is the source; ``ObjectExists`` if another has to stay."""
    existing = None if job.overwrite == "always" else bucket.head(job.target.key)
    if existing is None or is_there(existing, job, source, cloud):
        return existing
    if job.overwrite == "never":
        raise ObjectExists(f"{job.target} exists and overwrite is never: nothing was changed")
    return None


def is_there(existing: ObjectInfo, job: TransferJob, source: Source, cloud: Cloud) -> bool:
    """Whether an object already is the source, whose nodes may not agree on its ETag."""
    if is_source(existing, job, source):
        return True
    before, now = remembered(existing), Identity.of(source)
    if before.is_same(now) or not before.may_be_same(now):
        return False
    seen = served_as(before, partial(look_at, job, cloud))
    return seen is not None and is_source(existing, job, seen)


def plan_of(job: TransferJob, source: Source, settings: Settings) -> Plan | None:
    """How to split the source; None if one stream copies it in one pass."""
    most = settings.max_children
    children = most if job.max_children is None else min(most, job.max_children)
    streams = job.streams or settings.streams
    if not source.splittable or source.size is None:
        return None
    if source.size <= (job.part_size or WHOLE_AT_MOST):
        return None
    if job.expected_md5 is not None:
        if (children, streams) == (0, 1):
            return None
        raise InvalidEvent(
            "expected_md5 can only be checked by one stream: set max_children to 0 and streams to"
            " 1, or give expected_crc64 instead"
        )
    return make_plan(
        source.size,
        part_size=job.part_size,
        max_children=children,
        streams=streams,
        fan_out_from=settings.fan_out_from,
    )
