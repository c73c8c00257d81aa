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


def oss_error(status: int, code: str, message: str, bucket: str) -> FerryError:
    """Transient are 429, 5xx and what never reached OSS, for which oss2 has negative numbers."""
    detail = re.sub(r"\s+", " ", f"{code} {message}").strip()
    sentence = f"OSS answered {status} for the bucket {bucket}: {detail}"
    if status < 0 or status >= 500 or status == 429:
        return TargetUnavailable(sentence)
    return _KNOWN.get(code, TargetRefused)(sentence)
