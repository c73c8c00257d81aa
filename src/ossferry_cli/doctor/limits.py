"""What becomes of asynchronous events, and how many instances there may be. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from ossferry.settings import Settings

from .clients import Document
from .finding import Finding, ok, problem, warning

_DAY, _HOUR = 86_400, 3600  # seconds
QUOTAS = "https://quotas.console.aliyun.com/products/fc/quotas"


def about_async(config: Document | None) -> Iterator[Finding]:
    if config is None:
        yield warning(
            "async",
            "there is no asynchronous configuration: copies that nobody waits for cannot be"
            " listed or stopped",
            "take asyncInvokeConfig from s.yaml",
        )
        return
    about = len(findings := list(_async(config)))
    yield from findings
    if not about:
        retries, age = config.get("maxAsyncRetryAttempts", 3), _age(config)
        yield ok("async", f"asyncTask is on, {retries} retries, events are kept for {age} s")


def _async(config: Document) -> Iterator[Finding]:
    if not config.get("asyncTask"):
        yield warning(
            "async",
            "asyncTask is off: copies that nobody waits for cannot be listed or stopped",
            "set asyncInvokeConfig.asyncTask to true",
        )
    if int(config.get("maxAsyncRetryAttempts", 3)) == 0:
        yield warning(
            "async",
            "a hiccup of Function Compute ends a copy: there are no retries",
            "set asyncInvokeConfig.maxAsyncRetryAttempts to 3",
        )
    if _age(config) < _HOUR:
        yield warning(
            "async",
            f"events that wait for an instance are dropped after {_age(config)} s",
            f"set asyncInvokeConfig.maxAsyncEventAgeInSeconds to {_DAY}",
        )


def _age(config: Document) -> int:
    return int(config.get("maxAsyncEventAgeInSeconds") or _DAY)


def about_concurrency(reserved: int | None, settings: Settings) -> Iterator[Finding]:
    """The coordinator is an instance too."""
    most = settings.max_children
    if reserved is None:
        yield ok(
            "instances",
            f"none are reserved; up to {most} children beside a coordinator, of the account's"
            f" quota ({QUOTAS})",
        )
    elif reserved == 0:
        yield problem(
            "instances",
            "reservedConcurrency is 0, so it never runs",
            "raise or remove concurrencyConfig",
        )
    elif reserved < most + 1:
        yield warning(
            "instances",
            f"{reserved} may run at once, and OSSFERRY_MAX_CHILDREN of {most} takes {most + 1}",
            f"set OSSFERRY_MAX_CHILDREN to {reserved - 1}, or reservedConcurrency to {most + 1}",
        )
    else:
        yield ok("instances", f"{reserved} are reserved, for up to {most} children")
