"""All that a coordinator does for its parts, with children that answer at once.

Plan, sign, encode jobs, decode results, collect, combine, complete; ``size`` over ``part_size``
says how many parts. The completion goes to the sink, which takes anything.
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from concurrent.futures import Future

import oss2
from oss2.credentials import StaticCredentialsProvider

from ossferry.context import Credentials
from ossferry.copying.copy_job import CopiedPart, CopyJob, CopyResult, PartJob, Pin, SourceRef
from ossferry.crc64 import combine_all
from ossferry.oss.bucket import Bucket
from ossferry.oss.signing import part_url_signer
from ossferry.parts import Slice
from ossferry.spread.fanout import FanOut
from ossferry.spread.part_sizes import split
from ossferry.spread.plan import share
from ossferry.urls import Url
from tests.bench.copiers.measuring import Errand, cpu_seconds, run

_SECRET = "secret"
_TOKEN = "t" * 600  # as long as real ones
_ETAG = "0123456789ABCDEF" * 2
_REGION = "cn-hangzhou"
_CHILDREN = 32
_STREAMS = 8


def copy(errand: Errand) -> float:
    """Coordinate a transfer of which no byte is copied; what its children would do is not ours."""
    source = SourceRef(Url(errand.source), pin=Pin(size=errand.size))
    before = cpu_seconds()
    answers = _answers(_slices(errand))
    not_ours = cpu_seconds() - before
    # Not make_plan, which would take larger parts rather than so many.
    slices = _slices(errand)
    sign = part_url_signer(_signed_by_oss2(errand.sink), "bucket", "object", _SECRET)

    def child(part_slice: Slice) -> Future[CopyResult]:
        parts = tuple(PartJob(part.number, part.range, sign(part.number)) for part in part_slice)
        CopyJob(source, parts, _STREAMS, 600.0).encode()
        result: Future[CopyResult] = Future()
        result.set_result(CopyResult.decode(answers[part_slice[0].number]))
        return result

    deadline = time.monotonic() + 600
    fan_out = FanOut(
        slices,
        width=_CHILDREN,
        streams=10_000,  # no slice is halved: the answers were prepared for the planned ones
        child=child,
        own=lambda part_slice, _report: child(part_slice),
        last_call=deadline,
        deadline=deadline,
    )
    fan_out.run()
    done = [fan_out.done[number] for number in sorted(fan_out.done)]
    combine_all((part.crc64, part.size) for part in done)
    credentials = Credentials("id", _SECRET, _TOKEN)
    bucket = Bucket("bucket", _REGION, errand.sink, credentials, deadline, judge=bool)
    bucket.complete("object", "upload", done, {})
    return not_ours


def _slices(errand: Errand) -> Sequence[Slice]:
    parts = split(errand.size, errand.part_size)
    return share(parts, _CHILDREN, _STREAMS, errand.part_size)


def _signed_by_oss2(endpoint: str) -> str:
    provider = StaticCredentialsProvider("id", _SECRET, _TOKEN)
    signer = oss2.Bucket(oss2.ProviderAuthV4(provider), endpoint, "bucket", region=_REGION)
    params = {"partNumber": "1", "uploadId": "upload"}
    return str(signer.sign_url("PUT", "object", 3600, params=params, slash_safe=True))


def _answers(slices: Sequence[Slice]) -> dict[int, bytes]:
    """What children would reply, by the number of a slice's first part."""
    return {
        part_slice[0].number: json.dumps(
            CopyResult(
                tuple(
                    CopiedPart(part.number, part.range.stop - part.range.start, _ETAG, crc, True)
                    for crc, part in enumerate(part_slice, 0x123456789ABCDEF0)
                )
            ).to_json()
        ).encode()
        for part_slice in slices
    }


if __name__ == "__main__":
    run(copy)
