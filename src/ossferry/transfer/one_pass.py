"""The transfer of a source that one stream copies: too small to split, or not splittable."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace

from ..byte_range import ByteRange
from ..cloud import Cloud
from ..copying.body import Body, RangeBody, WholeBody
from ..copying.reader import SourceReader
from ..errors import (
    FerryError,
    OutOfTime,
    RangeNotHonoured,
    SourceChanged,
    SourceUnavailable,
    Stopped,
)
from ..log import log
from ..origins.place import ForeignName
from ..pace.part_sizes import sequential_part_sizes
from ..records.checkpoint import Checkpoint
from ..retry import DEFAULT_POLICY, call
from ..source.expectations import Expectations
from ..source.foreign import require_object
from ..source.probe import as_read, with_checks_of
from ..spread.alone import Alone, alone
from .front_to_back import FrontToBack
from .one_put import put_once
from .transfer import Copied, Transfer

# A source that cannot be asked for the rest is read again from its start, so often in all.
_PASSES = DEFAULT_POLICY._replace(attempts=3)


def copy_in_one_pass(transfer: Transfer) -> tuple[Transfer, Copied]:
    """One PUT if one part holds it, else a multipart upload of parts in turn.

    By ranges if that goes, because they can be asked for again. Where the answers are not what the
    probe promised, in one reply: whatever that carries is of one piece. Also the transfer as it was
    done, with the source as that reply told of it.
    """
    if transfer.source.splittable:
        try:
            return _by_ranges(transfer)
        except (RangeNotHonoured, SourceChanged) as error:
            log("source.not_splittable", reason=error.message)
    cloud = transfer.cloud
    return call(
        lambda: _in_one_reply(transfer), _PASSES, deadline=cloud.deadline, sleep=cloud.stop.wait
    )


def _by_ranges(transfer: Transfer) -> tuple[Transfer, Copied]:
    source, cloud = transfer.source, transfer.cloud
    with _reading(transfer) as (reader, ends), alone(transfer.journal) as told:
        body = RangeBody(
            reader,
            ByteRange(0, source.size or 0),
            policy=DEFAULT_POLICY,
            deadline=cloud.deadline,
            stop=cloud.stop,
        )
        with transfer.phases("read"):
            body.open()
        return transfer, _pass(transfer, body, ends, told)


def _in_one_reply(transfer: Transfer) -> tuple[Transfer, Copied]:
    """What the source was when it was probed does not count: it is what is read now. Only where
    the reply itself does not say how long it is, it must not be shorter."""
    cloud, known = transfer.cloud, transfer.source.size
    with _reading(transfer) as (reader, ends), alone(transfer.journal) as told:
        with transfer.phases("read"):
            reply = reader.open_whole()
        source = with_checks_of(as_read(transfer.source.ref, reply), transfer.source)
        if isinstance(transfer.job.source, ForeignName):
            require_object(transfer.job.source, source)
        expected = Expectations.of(transfer.job, source)
        expected.check_size(source.size)
        transfer = replace(transfer, source=source, expected=expected)
        least = 0 if reply.delimited else known or 0
        body = WholeBody(reader, cloud.deadline, cloud.stop, least)
        return transfer, _pass(transfer, body, ends, told)


def _pass(transfer: Transfer, body: Body, ends: list[Callable[[], None]], told: Alone) -> Copied:
    job, source, cloud = transfer.job, transfer.source, transfer.cloud
    copy = FrontToBack(
        body,
        sequential_part_sizes(source.size, job.part_size),
        source.size,
        deadline=cloud.deadline,
        sleep=cloud.stop.wait,
        with_md5=job.expected_md5 is not None,
        checksum=source.checksum,
    )
    with closing(copy):
        ends.append(copy.interrupt)
        with transfer.phases("read"):
            whole = copy.begin()
        return _put(copy, transfer, told) if whole else _in_turn(copy, transfer, told)


@contextmanager
def _reading(transfer: Transfer) -> Iterator[tuple[SourceReader, list[Callable[[], None]]]]:
    """A reader, and what ends all that waits; append to it."""
    cloud = transfer.cloud
    with closing(SourceReader(transfer.source.ref, cloud.guard, cloud.deadline)) as reader:
        ends = [reader.interrupt]
        with _ending_with(cloud, ends):
            yield reader, ends


@contextmanager
def _ending_with(cloud: Cloud, interrupts: list[Callable[[], None]]) -> Iterator[None]:
    """End what the copying waits for when it has to end, so that there is time to abort."""

    def interrupt() -> None:
        for each in interrupts:
            each()

    timer = threading.Timer(max(0.0, cloud.deadline - time.monotonic()), interrupt)
    timer.daemon = True
    timer.start()
    try:
        with cloud.stop.then(interrupt):
            yield
    except FerryError as error:
        interrupted = error.retryable or isinstance(error, OutOfTime)
        if interrupted and cloud.stop.is_set():
            raise Stopped("the function was stopped before all was copied") from error
        if interrupted and time.monotonic() >= cloud.deadline:
            raise OutOfTime(
                "the function's time ended before all was copied: raise its timeout"
            ) from error
        raise
    finally:
        timer.cancel()


def _check(copy: FrontToBack, transfer: Transfer) -> None:
    """Before the object becomes visible: all that was announced has come, and is as expected."""
    size = transfer.source.size
    copy.finish()
    if size is not None and copy.size != size:
        raise SourceUnavailable(f"the source announced {size} bytes and gave {copy.size}")
    transfer.expected.check(copy.size, copy.crc64, copy.md5, copy.check)


def _put(copy: FrontToBack, transfer: Transfer, told: Alone) -> Copied:
    expected = transfer.expected
    _check(copy, transfer)
    with transfer.phases("copy"):
        info = put_once(
            transfer, copy.put, size=copy.size, crc64=copy.crc64, content_md5=copy.content_md5
        )
    told.next(1, copy.size, copy.sends)
    return Copied(info, proof=expected.proof([], info, copy.md5, copy.check))


def _in_turn(copy: FrontToBack, transfer: Transfer, told: Alone) -> Copied:
    job, source, expected = transfer.job, transfer.source, transfer.expected
    checkpoint = Checkpoint(transfer.bucket, job, source, resumable=False)
    with checkpoint.guarding():
        with transfer.phases("create"):
            upload = checkpoint.open()
        with transfer.phases("copy"):
            parts = []
            for part in copy.parts(upload.part_url):
                parts.append(part)
                told.next(part.number, part.size, copy.sends)
        _check(copy, transfer)
        info = transfer.complete(upload, parts, copy.crc64)
    return Copied(
        info,
        proof=expected.proof(parts, info, copy.md5, copy.check),
        count=len(parts),
        part_size=max(part.size for part in parts),
    )
