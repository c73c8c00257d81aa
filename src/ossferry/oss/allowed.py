"""What may be written: the operator's ``OSSFERRY_ALLOW_TARGETS``, asked where the power is."""

from __future__ import annotations

from ..errors import TargetRefused
from ..names import FOLDER
from ..settings import Settings


def judge(settings: Settings, bucket: str, key: str) -> None:
    """``TargetRefused`` for a key that events may not write, or without one for such a bucket.

    ossferry's own records are written wherever anything may be.
    """
    own = not key or key.startswith(FOLDER)
    if not (settings.allows_bucket(bucket) if own else settings.allows(bucket, key)):
        raise TargetRefused(
            f"oss://{bucket}/{key} is not among OSSFERRY_ALLOW_TARGETS: choose another"
        )


def judge_source(bucket: str, key: str) -> None:
    """No write at all: a bucket that was opened for its sources is only read."""
    raise TargetRefused(f"oss://{bucket}/{key} was opened to be read, not to be written")
