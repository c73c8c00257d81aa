"""All findings about a deployment, in the order in which one thing needs another."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator, Sequence
from functools import partial
from typing import Literal, NamedTuple

from ossferry.settings import Settings

from ..credentials import Found
from .buckets import about_bucket
from .clients import CallRefused, Clients, Document, Unreachable
from .finding import Finding, ok, problem, warning
from .foreign import about_foreign, role_for
from .function import about_function
from .limits import about_async, about_concurrency
from .outcomes import looked_at, of_error
from .package import Package
from .programs import about_outputs, about_programs, gathering, given_to, where_outputs_go
from .rules import about_rules
from .source import about_source
from .tried import about_role
from .triggers import about_triggers, buckets_of
from .variables import about_variables, settings_of

_NOTICED, _REFUSED = 60.0, 900.0  # seconds


class Wanted(NamedTuple):
    """What to look at beside the deployment: more buckets, a source, a package."""

    buckets: tuple[str, ...] = ()
    source: str | None = None
    package: Package | None = None
    invokes: bool = True


def examine(
    clients: Clients,
    wanted: Wanted = Wanted(),  # noqa: B008 - a value
    now: Callable[[], float] = time.time,
) -> Iterator[Finding]:
    """Each as soon as it is known."""
    yield from about_clocks(clients, now)
    described = yield from _described(clients)
    environment = {str(k): str(v) for k, v in (described.get("environmentVariables") or {}).items()}
    settings = settings_of(environment)
    triggers: list[Document] = []
    if described:
        yield from about_function(described, wanted.package and wanted.package.checksum)
        yield from about_variables(environment)
        yield from about_foreign(environment, now())
        yield from _surroundings(clients, settings, triggers)
        find = wanted.package and wanted.package.find
        yield from about_programs(described, triggers, settings, clients.region, find)
    yield from _buckets(clients, settings, triggers, wanted, invokes=bool(described))
    if wanted.source is not None:
        yield from about_source(wanted.source, settings)


def about_credentials(found: Found) -> Iterator[Finding]:
    yield ok("credentials", str(found))
    for each in found.passed_over:
        yield ok("credentials", each)
    for each in found.warnings:
        text, _, remedy = each.rpartition(": ")
        yield warning("credentials", text, remedy)


def about_clocks(clients: Clients, now: Callable[[], float] = time.time) -> Iterator[Finding]:
    for service in ("fc", "oss"):
        yield from looked_at("clock", partial(_clock, clients, service, now))


def _clock(
    clients: Clients, service: Literal["fc", "oss"], now: Callable[[], float]
) -> Iterator[Finding]:
    began = now()
    there = clients.clock(service)
    name = {"fc": "Function Compute", "oss": "OSS"}[service]
    if there is None:
        return
    skew = (began + now()) / 2 - there
    if abs(skew) < _NOTICED:
        yield ok("clock", f"this machine and {name} agree")
        return
    text = (
        f"this machine's clock is {abs(skew):.0f} s {'ahead of' if skew > 0 else 'behind'} {name}"
    )
    finding = problem if abs(skew) >= _REFUSED else warning
    yield finding("clock", text, "set the clock: requests are refused from 15 minutes on")


def _described(clients: Clients) -> Generator[Finding, None, Document]:
    """The function, or nothing and why."""
    try:
        return clients.get_function()
    except CallRefused as refused:
        if refused.code not in ("FunctionNotFound", "ServiceNotFound"):
            yield of_error("function", refused, "fc:GetFunction")
        else:
            yield problem(
                "function",
                f"there is no function {clients.function} in {clients.region}",
                "deploy it (s deploy), or name yours with --function and --region; one of FC 2.0"
                " is named service$function",
            )
    except Unreachable as error:
        yield of_error("function", error)
    return {}


def _surroundings(
    clients: Clients, settings: Settings, triggers: list[Document]
) -> Iterator[Finding]:
    """What belongs to the function and is asked for by itself."""

    def of_triggers() -> Iterator[Finding]:
        triggers.extend(clients.list_triggers())
        yield from about_triggers(triggers, settings, clients.region)
        yield from about_rules(triggers, settings, clients.region)

    looks: Sequence[tuple[str, Callable[[], Iterator[Finding]], str]] = (
        ("triggers", of_triggers, "fc:ListTriggers"),
        ("async", lambda: about_async(clients.get_async_config()), _ASYNC),
        (
            "instances",
            lambda: about_concurrency(clients.get_concurrency(), settings),
            "fc:GetConcurrencyConfig",
        ),
    )
    for about, look, action in looks:
        yield from looked_at(about, look, action)


_ASYNC = "fc:GetFunctionAsyncInvokeConfig"


def _buckets(
    clients: Clients,
    settings: Settings,
    triggers: Sequence[Document],
    wanted: Wanted,
    *,
    invokes: bool,
) -> Iterator[Finding]:
    outputs = [each.bucket for each in given_to(settings)]
    targets = [name for name in (settings.target_bucket, *outputs, *wanted.buckets) if name]
    looked_for = where_outputs_go(settings, clients.region)
    gathered = gathering(settings, wanted.package and wanted.package.find)
    for name in dict.fromkeys((*targets, *buckets_of(triggers))):
        region = clients.region
        role = role_for(settings.foreign, name, looked_for)
        try:
            info = clients.bucket_info(name)
            region = info.region
            yield from about_bucket(name, info, clients.region, target=name in targets)
            yield from about_outputs(name, info, looked_for, settings, gathered)
        except CallRefused as refused:
            if refused.code == "NoSuchBucket":
                remedy = "create it, or correct its name"
                yield problem(f"bucket {name}", "there is no such bucket", remedy)
                continue
            if role is None or refused.status != 403:
                yield of_error(f"bucket {name}", refused, "oss:GetBucketInfo")
            else:
                who, region = role
                yield ok(f"bucket {name}", f"it is another account's, opened with {who}")
        except Unreachable as error:
            yield of_error(f"bucket {name}", error)
            continue
        if invokes and wanted.invokes and name in targets:
            yield from about_role(clients, name, region)
