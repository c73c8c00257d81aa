"""The transfer of a source that can be split: children and the coordinator share its parts."""

from __future__ import annotations

from functools import partial

from ..crc64 import combine_all
from ..log import log
from ..pace.grid import Work
from ..records.checkpoint import Checkpoint
from ..source.checks import second_of_all
from ..source.identity import Identity
from ..source.nodes import by_date, served_as
from ..source.probe import probe
from ..spread.fanout import FanOut
from ..spread.plan import Plan
from .copiers import Copiers
from .patience import patiently
from .renewed import Renewed
from .transfer import Copied, Transfer


def copy_by_parts(transfer: Transfer, plan: Plan) -> Copied:
    """Go on with what an earlier invocation left of this transfer, or begin it."""
    job, expected, phases, cloud = (
        transfer.job,
        transfer.expected,
        transfer.phases,
        transfer.cloud,
    )
    source = transfer.source
    checkpoint = Checkpoint(transfer.bucket, job, source)
    with checkpoint.guarding():
        with phases("create"):
            resumed = checkpoint.find(partial(seen_as, transfer))
            if resumed:
                upload, done = resumed.upload, resumed.done
                plan = plan.resumed(resumed.cell)
                source = by_date(source) if resumed.by_date else source
            else:
                upload, done = checkpoint.open(plan.grid.cell), {}
        if transfer.journal:
            transfer.journal.begin(plan, done.values())
        work = Work(plan.grid, done.values())
        limits = plan.limits if work.left else plan.limits.alone
        log(
            "transfer.planned",
            size=plan.grid.size,
            cell=plan.grid.cell,
            left=work.left,
            reused=len(done),
            children=limits.children,
            streams=limits.streams,
        )
        signed = Renewed(job, source.to_copy, cloud)
        with phases("copy"), Copiers(limits, signed, upload, cloud, job.id, checkpoint) as copiers:
            checkpoint.keep_alive()
            fan_out = FanOut(
                work,
                copiers,
                limits,
                last_call=cloud.last_call,
                deadline=cloud.deadline,
                stop=cloud.stop,
                tally=transfer.tally,
                journal=transfer.journal,
                progressed=checkpoint.progressed,
            )
            fan_out.run()
        copied = {**done, **fan_out.done}
        parts = [copied[number] for number in sorted(copied)]
        crc64 = combine_all((part.crc64, part.size) for part in parts)
        second = second_of_all(parts, source.checksum)
        expected.check(plan.grid.size, crc64, md5=None, second=second)
        info = transfer.complete(upload, parts, crc64)
    return Copied(
        info,
        proof=expected.proof(parts, info, md5=None, second=second),
        count=len(parts),
        reused=len(done),
        part_size=max(part.size for part in parts),
    )


def seen_as(transfer: Transfer, before: Identity) -> bool:
    """Whether a node serves the source as it was recorded by another run."""
    ref, cloud = transfer.source.ref, transfer.cloud
    look = partial(probe, ref, cloud.guard, cloud.deadline)
    return served_as(before, partial(patiently, look, cloud)) is not None
