"""Which keys win, in one order for everybody, and which are ignored.

A store that is broken is an error at its turn: going on silently would use somebody else's keys.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from . import aliyun_cli, environment, ossutil, serverless_devs
from .found import (
    ORDER,
    Broken,
    Candidate,
    Credentials,
    CredentialsError,
    Found,
    Nothing,
    Offer,
)
from .official import by_ecs

_MEANT_FOR_NOBODY = ("_CLI_PROFILE_DISABLED", "_IGNORE_PROFILE")


def find(
    profile: str | None = None,
    environ: Mapping[str, str] = os.environ,
    home: Path | None = None,
    *,
    access: str | None = None,
    folder: Path | None = None,
    ecs_role: bool = False,
) -> Found:
    """The keys to use; ``CredentialsError`` says what to do where there are none.

    ``profile`` names a profile of Alibaba Cloud CLI, an alias of Serverless Devs or a profile of
    ossutil, whichever there is first; ``access`` an alias only. ``folder`` is where the nearest
    s.yaml is looked for. The role of an ECS machine is asked for only if ``ecs_role`` says so, or
    the environment or a profile names it.
    """
    own = home or _home(environ)
    if profile or access:
        offers = _asked_for(profile, access, environ, own)
    else:
        offers = _all(environ, own, folder or Path.cwd(), ecs_role)
    return _first(offers, environ, profile or access)


def _first(offers: Iterator[Offer], environ: Mapping[str, str], named: str | None) -> Found:
    """The first that has keys, with what is there beside it in words."""
    passed: list[str] = []
    won: Candidate | None = None
    for each in offers:
        if won is not None:
            passed += _ignored(each)
        elif isinstance(each, Candidate):
            won = each
        elif isinstance(each, Broken):
            raise CredentialsError(each.reason)
        else:
            passed.append(each.reason)
    if won is None:
        raise CredentialsError(_nothing(passed, named))
    keys = won.obtain()
    region = environment.region_of(environ) or keys.region
    return Found(
        Credentials(
            keys.access_key_id,
            keys.access_key_secret,
            keys.security_token,
            keys.source,
            keys.account_id,
            region,
        ),
        tuple(dict.fromkeys(passed)),
        won.warnings,
    )


def _ignored(offer: Offer) -> list[str]:
    """What is there all the same; a store without keys is nothing to choose."""
    if isinstance(offer, Candidate):
        return [f"{offer.source} is ignored"]
    return [f"ignored, and broken: {offer.reason}"] if isinstance(offer, Broken) else []


def _nothing(passed: list[str], named: str | None) -> str:
    why = f" ({'; '.join(dict.fromkeys(passed))})" if passed else ""
    if named:
        return (
            f"there is no profile or alias {named!r} with keys{why}: look at aliyun configure list"
            " and s config get"
        )
    return (
        f"there are no keys of Alibaba Cloud{why}: run aliyun configure, or set"
        f" ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET; looked for in {ORDER}"
    )


def _all(environ: Mapping[str, str], home: Path, folder: Path, ecs_role: bool) -> Iterator[Offer]:
    yield from environment.offers(environ)
    yield from _of_cli(environ, home)
    yield from _of_serverless_devs(environ, home, folder)
    yield from _of_ossutil(environ, home)
    role = environ.get("ALIBABA_CLOUD_ECS_METADATA")
    if ecs_role or role:
        source = f"the role {role} of this ECS machine" if role else "the role of this ECS machine"
        yield Candidate(source, lambda: by_ecs(role, source, environment.region_of(environ)))


def _asked_for(
    profile: str | None, access: str | None, environ: Mapping[str, str], home: Path
) -> Iterator[Offer]:
    """What has that name, of each store that names things."""
    if profile:
        try:
            if profiles := aliyun_cli.read(home):
                yield aliyun_cli.offer(profiles, profile)
        except CredentialsError as error:
            yield Broken(str(error))
    try:
        yield serverless_devs.offer(serverless_devs.read(home, environ), access or profile or "")
    except CredentialsError as error:
        yield Broken(str(error))
    if profile:
        try:
            if sections := ossutil.read(home, environ):
                yield ossutil.offer(sections, profile)
        except CredentialsError as error:
            yield Broken(str(error))


def _of_cli(environ: Mapping[str, str], home: Path) -> Iterator[Offer]:
    try:
        profiles = aliyun_cli.read(home)
    except CredentialsError as error:
        yield Broken(str(error))
        return
    if profiles is None:
        return
    for each in environment.PREFIXES:
        for name in _MEANT_FOR_NOBODY:
            variable = each.removesuffix("_") + name
            if environ.get(variable, "").lower() == "true":
                yield Nothing(f"profiles of Alibaba Cloud CLI are switched off by {variable}")
                return
    named = environment.variable(environ, "PROFILE")
    offer = aliyun_cli.offer(profiles, named or profiles.current)
    if named and isinstance(offer, Nothing):
        offer = Broken(f"{offer.reason}, which a variable names: correct ALIBABA_CLOUD_PROFILE")
    yield offer


def _of_serverless_devs(environ: Mapping[str, str], home: Path, folder: Path) -> Iterator[Offer]:
    """The alias of the project; another one could be another account's."""
    try:
        aliases = serverless_devs.read(home, environ)
    except CredentialsError as error:
        yield Broken(str(error))
        return
    if not aliases.by_name:
        return
    named = serverless_devs.named_by_project(folder)
    if named and named[0] != "default":
        offer = serverless_devs.offer(aliases, named[0])
        if isinstance(offer, Nothing):
            offer = Nothing(f"{offer.reason}, which {named[1]} names")
        yield offer
    elif aliases.default:
        yield serverless_devs.offer(aliases, aliases.default)
    else:
        yield Nothing("no alias of Serverless Devs is the default one")


def _of_ossutil(environ: Mapping[str, str], home: Path) -> Iterator[Offer]:
    try:
        sections = ossutil.read(home, environ)
    except CredentialsError as error:
        yield Broken(str(error))
        return
    if sections is None:
        return
    name = environ.get("OSSUTIL_PROFILE") or sections.default
    yield ossutil.offer(sections, name) if name else Nothing(f"{sections.path} has no keys")


def _home(environ: Mapping[str, str]) -> Path:
    return Path(environ["HOME"]) if environ.get("HOME") else Path.home()
