"""What becomes of a function's asynchronous calls."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from . import destinations, fields
from .template import InvalidTemplate


@dataclass(frozen=True, slots=True)
class AsyncConfig:
    """Destinations are ARNs; ``made`` in epoch seconds, None where there is no configuration."""

    task_mode: bool = False
    max_retries: int = 3
    max_age: float = 86400.0
    on_success: str | None = None
    on_failure: str | None = None
    made: float | None = field(default=None, compare=False)


def read_async_config(document: Mapping[str, Any], now: float) -> AsyncConfig:
    """Read asyncInvokeConfig, which the API and s.yaml spell the same."""
    ends = fields.mapping(document, "destinationConfig")
    config = AsyncConfig(
        task_mode=bool(document.get("asyncTask", False)),
        max_retries=int(fields.number(document, "maxAsyncRetryAttempts", 3)),
        max_age=fields.number(document, "maxAsyncEventAgeInSeconds", 86400),
        on_success=fields.mapping(ends, "onSuccess").get("destination"),
        on_failure=fields.mapping(ends, "onFailure").get("destination"),
        made=now,
    )
    if not 0 <= config.max_retries <= 8:
        raise InvalidTemplate(f"maxAsyncRetryAttempts: {config.max_retries} is not within 0 and 8")
    if not 1 <= config.max_age <= 604800:
        raise InvalidTemplate(f"maxAsyncEventAgeInSeconds: {config.max_age:g} is out of range")
    for arn in (config.on_success, config.on_failure):
        if arn is not None:
            destinations.parse(str(arn))
    return config
