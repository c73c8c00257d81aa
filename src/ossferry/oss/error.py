"""Which error an answer of OSS stands for; OSS API reference, "Error responses"."""

from __future__ import annotations

import re

from ..errors import (
    FerryError,
    NoSuchUpload,
    ObjectExists,
    SourceChanged,
    TargetRefused,
    TargetUnavailable,
)

_KNOWN: dict[str, type[FerryError]] = {
    "PreconditionFailed": SourceChanged,  # only copying has a precondition, on its source
    "FileAlreadyExists": ObjectExists,
    "NoSuchUpload": NoSuchUpload,
    "InvalidDigest": TargetUnavailable,  # a record was damaged on its way
}


_ENDPOINT = re.compile(r"oss-([a-z0-9-]+?)(-internal)?\.aliyuncs\.com")


def oss_error(
    status: int, code: str, message: str, bucket: str, endpoint: str | None = None
) -> FerryError:
    """Transient are 429, 5xx and what never reached OSS, for which oss2 has negative numbers.

    ``endpoint`` is where OSS says that the bucket is, if it was asked elsewhere: with a 403.
    """
    elsewhere = _ENDPOINT.fullmatch(endpoint or "")
    if elsewhere:
        return TargetRefused(
            f"the bucket {bucket} is in the region {elsewhere[1]}: correct target_region"
        )
    detail = re.sub(r"\s+", " ", f"{code} {message}").strip()
    sentence = f"OSS answered {status} for the bucket {bucket}: {detail}"
    if status < 0 or status >= 500 or status == 429:
        return TargetUnavailable(sentence)
    return _KNOWN.get(code, TargetRefused)(sentence)
