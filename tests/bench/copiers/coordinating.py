"""All that a coordinator does for its parts, with children that answer at once.

Cut slices, sign, encode jobs, decode results, collect, combine, complete; ``size`` over
``part_size`` says how many parts. The completion goes to the sink, which takes anything.
"""

from __future__ import annotations

import json
import time
from collections import deque
from collections.abc import Callable

import oss2
from oss2.credentials import StaticCredentialsProvider

from ossferry.context import Credentials
from ossferry.copying.copy_job import CopiedPart, CopyJob, CopyResult, PartJob, Pin, SourceRef
from ossferry.crc64 import combine_all
from ossferry.oss.bucket import Bucket
from ossferry.oss.signing import part_url_signer
from ossferry.pace.grid import Grid, Work
from ossferry.pace.limits import Limits
from ossferry.pace.run import Run
from ossferry.parts import Slice
from ossferry.spread.fanout import FanOut
from ossferry.urls import Url
from tests.bench.copiers.measuring import Errand, cpu_seconds, run

_SECRET = "secret"
_TOKEN = "t" * 600  # as long as real ones
_ETAG = "0123456789ABCDEF" * 2
_REGION = "cn-hangzhou"
_CHILDREN = 32
_STREAMS = 8


class _Answering:
    """Children that answer at once; own streams are busy until nothing is left for children."""

    def __init__(self, source: SourceRef, sign: Callable[[int], Url]) -> None:
        self.not_ours = 0.0  # CPU seconds that children would spend
        self._source = source
        self._sign = sign
        self._children: deque[tuple[Run, bytes]] = deque()
        self._own: deque[Run] = deque()

    def own(self, run: Run) -> None:
        self._own.append(run)

    def child(self, run: Run) -> None:
        parts = tuple(
            PartJob(part.number, part.range, self._sign(part.number)) for part in run.slice
        )
        CopyJob(self._source, parts, run.streams, 600.0).encode()
        before = cpu_seconds()
        self._children.append((run, json.dumps(_result(run.slice).to_json()).encode()))
        self.not_ours += cpu_seconds() - before

    def sent(self, run: Run) -> int:
        return 1

    def call_off(self, run: Run) -> None:
        """Nobody copies."""

    def hear(self, timeout: float) -> tuple[Run, CopyResult] | None:
        if self._children:
            run, answer = self._children.popleft()
            return run, CopyResult.decode(answer)
        run = self._own.popleft()
        self._sign(run.slice[0].number)
        return run, _result(run.slice)


def copy(errand: Errand) -> float:
    """Coordinate a transfer of which no byte is copied; what its children would do is not ours."""
    source = SourceRef(Url(errand.source), pin=Pin(size=errand.size))
    sign = part_url_signer(_signed_by_oss2(errand.sink), "bucket", "object", _SECRET)
    # Not make_plan, which would take larger parts rather than so many.
    work = Work(Grid(errand.size, errand.part_size, even=True))
    copiers = _Answering(source, sign)
    deadline = time.monotonic() + 600
    limits = Limits(children=_CHILDREN, streams=_STREAMS, at_once=True)
    fan_out = FanOut(work, copiers, limits, last_call=deadline, deadline=deadline)
    done = fan_out.run()
    combine_all((part.crc64, part.size) for part in done)
    credentials = Credentials("id", _SECRET, _TOKEN)
    bucket = Bucket("bucket", _REGION, errand.sink, lambda: credentials, deadline, judge=bool)
    bucket.complete("object", "upload", done, {})
    return copiers.not_ours


def _result(part_slice: Slice) -> CopyResult:
    parts = (
        CopiedPart(part.number, part.range.size, _ETAG, crc, True)
        for crc, part in enumerate(part_slice, 0x123456789ABCDEF0)
    )
    return CopyResult(tuple(parts), seconds=1.0)


def _signed_by_oss2(endpoint: str) -> str:
    provider = StaticCredentialsProvider("id", _SECRET, _TOKEN)
    signer = oss2.Bucket(oss2.ProviderAuthV4(provider), endpoint, "bucket", region=_REGION)
    params = {"partNumber": "1", "uploadId": "upload"}
    return str(signer.sign_url("PUT", "object", 3600, params=params, slash_safe=True))


if __name__ == "__main__":
    run(copy)
