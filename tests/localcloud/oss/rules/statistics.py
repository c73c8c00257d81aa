"""What a bucket holds, counted by storage class as GetBucketStat tells it."""

from __future__ import annotations

from tests.localcloud.oss.rules.buckets import Bucket
from tests.localcloud.oss.rules.documents import Node

# The names of the classes other than Standard, whose objects are billed as so many bytes at least.
_PREFIXES = {
    "IA": "InfrequentAccess",
    "Archive": "Archive",
    "ColdArchive": "ColdArchive",
    "DeepColdArchive": "DeepColdArchive",
}
_LEAST_BILLED = 64 * 1024


def count(bucket: Bucket, now: float) -> list[Node]:
    """Return the elements of BucketStat; the service's may be an hour old, these never are."""
    sizes: dict[str, list[int]] = {name: [] for name in ("Standard", *_PREFIXES)}
    for item in bucket.objects.values():
        sizes[item.attributes.storage_class].append(item.size)
    parts = [part.content.size for up in bucket.uploads.values() for part in up.parts.values()]
    counted = {
        "Storage": sum(map(sum, sizes.values())),
        "ObjectCount": len(bucket.objects),
        "MultipartUploadCount": len(bucket.uploads),
        "LiveChannelCount": 0,
        "MultipartPartCount": len(parts),
        "MultipartPartStorage": sum(parts),
        "DeleteMarkerCount": 0,
        "LastModifiedTime": int(now),
        "StandardStorage": sum(sizes["Standard"]),
        "StandardObjectCount": len(sizes["Standard"]),
    }
    for storage_class, prefix in _PREFIXES.items():
        stored = sizes[storage_class]
        counted[f"{prefix}Storage"] = sum(max(size, _LEAST_BILLED) for size in stored)
        counted[f"{prefix}RealStorage"] = sum(stored)
        counted[f"{prefix}ObjectCount"] = len(stored)
    return [(name, str(number)) for name, number in counted.items()]
