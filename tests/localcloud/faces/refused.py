"""What a face answers when it does not do what was asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

# What a fault or a behaviour means when it names a status and no code.
CODES = {
    304: "NotModified",
    400: "BadRequest",
    403: "AccessDenied",
    404: "NoSuchKey",
    405: "MethodNotAllowed",
    412: "PreconditionFailed",
    416: "InvalidRange",
    429: "TooManyRequests",
    500: "InternalError",
    501: "NotImplemented",
    503: "SlowDown",
}
MESSAGES = {
    "AccessDenied": "Access Denied",
    "InternalError": "We encountered an internal error. Please try again.",
    "InvalidRange": "The requested range is not satisfiable",
    "NoSuchBucket": "The specified bucket does not exist",
    "NoSuchKey": "The specified key does not exist.",
    "PreconditionFailed": "At least one of the pre-conditions you specified did not hold",
    "SlowDown": "Please reduce your request rate.",
}


@dataclass(slots=True)
class Refused(Exception):
    """A status, a code, and what the document says besides."""

    status: int
    code: str = ""
    message: str = ""
    details: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.code = self.code or CODES.get(self.status, "InternalError")
        self.message = self.message or MESSAGES.get(self.code, self.code)
