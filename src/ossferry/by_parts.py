"""The transfer of a source that can be split: children and the coordinator share its parts."""

from __future__ import annotations

from .copiers import Copiers
from .crc64 import combine_all
from .fanout import FanOut
from .object_headers import at_completion, at_creation
from .plan import Plan
from .transfer import Copied, Transfer


def copy_by_parts(transfer: Transfer, plan: Plan) -> Copied:
    job, expected, phases = transfer.job, transfer.expected, transfer.phases
    with phases("create"):
        upload = transfer.bucket.create(job.target.key, at_creation(job, transfer.source))
    with upload:
        with phases("copy"), Copiers(plan, transfer.source, upload, transfer.cloud) as copiers:
            fan_out = FanOut(
                plan.slices,
                width=plan.children,
                child=copiers.child,
                own=copiers.own,
                deadline=transfer.cloud.deadline,
            )
            parts = fan_out.run()
        crc64 = combine_all((part.crc64, part.size) for part in parts)
        expected.check(plan.size, crc64, md5=None)
        with phases("complete"):
            info = upload.complete(parts, crc64, at_completion(job))
    return Copied(
        info,
        proof=expected.proof(parts, info, md5=None),
        count=len(parts),
        part_size=plan.part_size,
        streams=plan.streams,
        children=plan.children,
        tally=fan_out.tally,
    )
