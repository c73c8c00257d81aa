"""Options that commands share: which function is meant, and how to answer."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

import click

from .which import Which as Which

F = TypeVar("F", bound=Callable[..., Any])


def function_options(command: F) -> F:
    """Gives a command ``which``."""

    @click.option("--function", metavar="NAME", help="The function; service$function of FC 2.0.")
    @click.option("--region", metavar="ID", help="Its region, such as cn-hangzhou.")
    @click.option(
        "--profile",
        "--access",
        "profile",
        metavar="NAME",
        help="Whose credentials: a profile of Alibaba Cloud CLI or ossutil, an alias of s.",
    )
    @click.option("--local", is_flag=True, help="The local cloud that make cloud runs.")
    @click.option("-v", "--verbose", is_flag=True, help="Name credentials, function and endpoint.")
    @wraps(command)
    def asked(
        *args: Any,
        function: str | None,
        region: str | None,
        profile: str | None,
        local: bool,
        verbose: bool,
        **others: Any,
    ) -> Any:
        return command(*args, which=Which(function, region, local, profile, verbose), **others)

    return asked  # type: ignore[return-value]


def json_option(command: F) -> F:
    """Gives a command ``as_json``."""
    return click.option("--json", "as_json", is_flag=True, help="Answer in JSON.")(command)


def bucket_options(command: F) -> F:
    """Gives a command ``bucket`` and ``target_region``: where to look for a job's records."""
    command = click.option(
        "--bucket", metavar="NAME", help="The target bucket, where that is not known."
    )(command)
    return click.option("--target-region", metavar="ID", help="The region of that bucket.")(command)


def source_options(command: F) -> F:
    """Gives a command ``source_region``, ``source_endpoint`` and ``credentials``."""
    for option in (
        click.option("--credentials", metavar="NAME", help="Which of OSSFERRY_CREDENTIALS_*."),
        click.option("--source-endpoint", metavar="URL", help="Of what else speaks S3."),
        click.option("--source-region", metavar="ID", help="Of the buckets of sources."),
    ):
        command = option(command)
    return command


def follow_options(command: F) -> F:
    return click.option("--detach", is_flag=True, help="Print the id, and do not wait.")(command)
