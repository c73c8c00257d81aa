"""What the doctor asks of the cloud, and what may come instead of an answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple, Protocol

Document = Mapping[str, Any]


class CallRefused(Exception):
    """The service said no. ``action`` and ``resource`` are what the caller may not, if it says."""

    def __init__(self, status: int, code: str, action: str = "", resource: str = "") -> None:
        super().__init__(status, code, action, resource)
        self.status, self.code, self.action, self.resource = status, code, action, resource

    def __str__(self) -> str:
        return f"{self.status} {self.code}"


class Unreachable(Exception):
    """No answer; the message names host and cause."""


class FunctionFailed(Exception):
    """The function was invoked and ended with an error."""

    def __init__(self, error_type: str, message: str) -> None:
        super().__init__(error_type, message)
        self.error_type, self.message = error_type, message

    def __str__(self) -> str:
        return f"{self.error_type}: {self.message}"


class BucketInfo(NamedTuple):
    """As OSS says it; "" where it does not."""

    region: str
    storage_class: str = ""
    versioning: str = ""
    acl: str = ""


class Clients(Protocol):
    """The cloud as a person may ask it. Each call raises ``CallRefused`` or ``Unreachable``."""

    @property
    def function(self) -> str:
        """Its name; of FC 2.0 ``service$function``."""

    @property
    def region(self) -> str: ...

    def get_function(self) -> Document:
        """As API 2023-03-30 describes it."""

    def list_triggers(self) -> Sequence[Document]: ...

    def get_async_config(self) -> Document | None:
        """``None`` where nothing is configured."""

    def get_concurrency(self) -> int | None:
        """How many instances are reserved, which is as many as it may have."""

    def invoke(self, event: Document) -> Document:
        """What it replies; also raises ``FunctionFailed``."""

    def bucket_info(self, name: str) -> BucketInfo: ...

    def clock(self, service: Literal["fc", "oss"]) -> float | None:
        """The time there, in epoch seconds; asked without keys, so that it works if they do not."""
