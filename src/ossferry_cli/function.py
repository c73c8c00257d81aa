"""Which function is meant, where it answers, and with whose credentials it is asked.

What the command line says goes first, then the environment, then the s.yaml of the working folder.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from .deployed import deployed
from .local import local_cloud
from .problems import Misuse
from .say import say
from .which import Which

NAME = "ossferry"


class Keys(NamedTuple):
    """Credentials, and where they are from."""

    access_key_id: str
    access_key_secret: str
    security_token: str = ""
    source: str = ""

    def __repr__(self) -> str:
        return f"Keys({self.source})"


class Function(NamedTuple):
    """``service`` is None for FC 3.0. Endpoints have a scheme; those of OSS by region, where they
    are not the public ones. ``account_id`` is "" until it has to be known.

    ``bucket`` is where its triggers write to, if that is known.
    """

    region: str
    account_id: str
    name: str
    service: str | None
    qualifier: str | None
    fc_endpoint: str
    oss_endpoints: Mapping[str, str]
    credentials: Keys
    bucket: str | None = None
    is_local: bool = False

    def oss_endpoint(self, region: str) -> str:
        return self.oss_endpoints.get(region) or f"https://oss-{region}.aliyuncs.com"

    @property
    def full_name(self) -> str:
        return self.name if self.service is None else f"{self.service}${self.name}"


def _warned(sentence: str) -> None:
    say(f"ossferry: {sentence}", err=True)


def chosen(
    which: Which,
    environ: Mapping[str, str] = os.environ,
    folder: Path | None = None,
    find: Callable[[str | None, Mapping[str, str]], Any] | None = None,
    warn: Callable[[str], object] = _warned,
) -> Function:
    """The function that is meant, which is told of where that is asked for. ``warn`` gets sentences
    about where credentials lie."""
    usual = partial(_stored, warn=warn, told=which.verbose)
    function = _chosen(which, environ, folder, find or usual)
    if which.verbose:
        keys = function.credentials.source
        say(f"credentials: {keys}", err=True)
        say(f"function: {function.full_name} in {function.region}", err=True)
        say(f"endpoint: {function.fc_endpoint}", err=True)
    return function


def _chosen(
    which: Which,
    environ: Mapping[str, str],
    folder: Path | None,
    find: Callable[[str | None, Mapping[str, str]], Any],
) -> Function:
    """The function that is meant; a ``Problem`` says what is missing to know it."""
    folder = folder or Path.cwd()
    if which.local:
        return _local(which, local_cloud(environ, folder))
    here = deployed(folder, environ)
    found = find(which.profile, environ)
    full = which.function or environ.get("OSSFERRY_FUNCTION") or here.function or NAME
    service, name, qualifier = _named(full)
    region = (
        which.region
        or environ.get("OSSFERRY_REGION")
        or environ.get("ALIBABA_CLOUD_REGION_ID")
        or here.region
        or found.region
    )
    if not region:
        raise Misuse("no region is known: give --region, such as --region cn-hangzhou")
    account = environ.get("FC_ACCOUNT_ID") or found.account_id or ""
    endpoint = environ.get("OSSFERRY_FC_ENDPOINT", "")
    oss = environ.get("OSSFERRY_OSS_ENDPOINT")
    function = Function(
        region=region.removeprefix("oss-"),
        account_id=account,
        name=name,
        service=service,
        qualifier=qualifier,
        fc_endpoint=endpoint,
        oss_endpoints={region: oss} if oss else {},
        credentials=Keys(
            found.access_key_id, found.access_key_secret, found.security_token or "", found.source
        ),
        bucket=environ.get("OSSFERRY_TARGET_BUCKET") or here.bucket,
    )
    return function if endpoint else _addressed(function)


def _addressed(function: Function) -> Function:
    """With the endpoint that an account has in a region."""
    from .fc.api import account_of

    account = function.account_id or account_of(function)
    return function._replace(
        account_id=account, fc_endpoint=f"https://{account}.{function.region}.fc.aliyuncs.com"
    )


def _named(full: str) -> tuple[str | None, str, str | None]:
    """Service, name and qualifier of ``name``, ``name:qualifier`` or ``service$name``."""
    rest, _, qualifier = full.partition(":")
    service, dollar, name = rest.partition("$")
    if not dollar:
        service, name = "", rest
    if not name or (dollar and not service):
        raise Misuse(f"{full!r} names no function: give its name, or service$function for FC 2.0")
    return service or None, name, qualifier or None


def _local(which: Which, cloud: Mapping[str, Any]) -> Function:
    service, name, qualifier = _named(which.function or str(cloud["function"]))
    return Function(
        region=str(cloud["region"]),
        account_id=str(cloud["account_id"]),
        name=name,
        service=service,
        qualifier=qualifier,
        fc_endpoint=str(cloud["fc_endpoint"]),
        oss_endpoints={
            str(cloud["region"]): str(cloud["oss_endpoint"]),
            str(cloud["second_region"]): str(cloud["second_oss_endpoint"]),
        },
        credentials=Keys(
            str(cloud["access_key_id"]), str(cloud["access_key_secret"]), "", "the local cloud"
        ),
        bucket=str(cloud["bucket"]),
        is_local=True,
    )


def _stored(
    profile: str | None,
    environ: Mapping[str, str],
    warn: Callable[[str], object],
    told: bool,
) -> Any:
    """Credentials where the tools of Alibaba Cloud keep them; ``told`` is also what else there
    was."""
    from .credentials import find

    found = find(profile, environ)
    for each in found.passed_over if told else ():
        say(f"credentials: {each}", err=True)
    for warning in found.warnings:
        warn(str(warning))
    return found.credentials
