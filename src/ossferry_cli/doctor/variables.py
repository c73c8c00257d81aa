"""The environment variables of the function: names that mean nothing, values that make no sense.

Pure. Only names are ever shown, and what ossferry itself says of a value.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches

from ossferry.errors import InvalidSettings
from ossferry.settings import BEGINNINGS, VARIABLES, Settings

from .finding import Finding, ok, problem, warning
from .foreign import beginning_of, understood

PREFIX = "OSSFERRY_"
_ENDPOINTS = tuple(f"{PREFIX}{service}_ENDPOINT" for service in ("OSS", "FC", "STS"))
_ALIKE, _MUCH_ALIKE = 0.8, 0.9


def settings_of(environment: Mapping[str, str]) -> Settings:
    """What the function takes them for; the default of each one that it refuses."""
    good = {name: value for name, value in environment.items() if name in VARIABLES}
    good = {name: value for name, value in good.items() if _refusal(name, value) is None}
    return Settings.from_env({**good, **understood(environment)})


def _refusal(name: str, value: str) -> str | None:
    """The function says only what is wrong with the first one."""
    try:
        Settings.from_env({name: value})
    except InvalidSettings as error:
        return error.message
    return None


def about_variables(environment: Mapping[str, str]) -> Iterator[Finding]:
    named = sorted(name for name in environment if name in VARIABLES or beginning_of(name))
    yield ok("variables", f"set are {', '.join(named)}" if named else "none of ossferry's is set")
    for name in named:
        if name in VARIABLES and (refusal := _refusal(name, environment[name])):
            yield problem("variables", refusal, "correct it in s.yaml, and deploy again")
    for name in sorted(environment):
        if name not in named and name.upper().startswith(PREFIX.rstrip("_")):
            yield _unknown(name)
    yield from _risky(environment)


def _risky(environment: Mapping[str, str]) -> Iterator[Finding]:
    """What is no mistake by itself."""
    for name in _ENDPOINTS:
        if environment.get(name):
            yield warning(
                "variables",
                f"{name} is set, so requests do not go to the endpoint of the region",
                "remove it, unless that is what you want",
            )
    programs = (f"{PREFIX}PROGRAM_RULES", f"{PREFIX}MESSAGE_PROGRAM")
    if not any(environment.get(name) for name in (f"{PREFIX}TARGET_BUCKET", *programs)):
        yield warning(
            "variables",
            f"{PREFIX}TARGET_BUCKET is not set, which triggers and lists need",
            "set it in s.yaml to the bucket that copies go to",
        )
    for name in sorted(environment):
        if name.upper().endswith(("ACCESS_KEY_SECRET", "ACCESSKEYSECRET")):
            yield warning(
                "variables",
                f"{name} holds a secret that everybody sees who may look at the function",
                "remove it, and renew that key: the function's role is enough",
            )


def _unknown(name: str) -> Finding:
    """One that is nearly known was meant for something, which it does not do."""
    if near := _near(name.upper()):
        return problem(
            "variables",
            f"{name} means nothing to ossferry, and is ignored",
            f"name it {near}, if that is meant",
        )
    return warning("variables", f"{name} means nothing to ossferry", "remove it")


def _near(name: str) -> str | None:
    """Of names that go on as their owner likes, only the beginning is judged."""
    begins, mark, rest = name.rpartition("_")
    while begins.startswith(PREFIX):
        for near in get_close_matches(f"{begins}_", BEGINNINGS, n=1, cutoff=_MUCH_ALIKE):
            return f"{near}{rest or '<NAME>'}"
        begins, mark, before = begins.rpartition("_")
        rest = f"{before}{mark}{rest}"
    return next(iter(get_close_matches(name, VARIABLES, n=1, cutoff=_ALIKE)), None)
