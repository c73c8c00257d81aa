"""What oss2's own functions take for the same parts: a signed URL each, and the combined CRC64."""

from __future__ import annotations

import oss2
from oss2.crc64_combine import mkCombineFun
from oss2.credentials import StaticCredentialsProvider
from oss2.utils import Crc64

from tests.bench.copiers.measuring import Errand, run

_TOKEN = "t" * 600  # as long as real ones


def copy(errand: Errand) -> None:
    """Sign and combine, and nothing else."""
    provider = StaticCredentialsProvider("id", "secret", _TOKEN)
    bucket = oss2.Bucket(oss2.ProviderAuthV4(provider), errand.sink, "bucket", region="cn-hangzhou")
    combine = mkCombineFun(Crc64._POLY, 0, True, Crc64._XOROUT)
    total = 0
    for number in range(1, errand.size // errand.part_size + 1):
        params = {"partNumber": str(number), "uploadId": "upload"}
        bucket.sign_url("PUT", "object", 3600, params=params, slash_safe=True)
        total = combine(total, number, errand.part_size)


if __name__ == "__main__":
    run(copy)
