"""The environment variables of the function: names that mean nothing, values that make no sense.

Pure. Only names are ever shown, and what ossferry itself says of a value.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches

from ossferry.errors import InvalidSettings
from ossferry.settings import Settings

from .finding import Finding, ok, problem, warning

PREFIX = "OSSFERRY_"
KNOWN = tuple(f"{PREFIX}{field.upper()}" for field in Settings._fields)
_ENDPOINTS = (f"{PREFIX}OSS_ENDPOINT", f"{PREFIX}FC_ENDPOINT")


def settings_of(environment: Mapping[str, str]) -> Settings:
    """What the function takes them for; the default of each one that it refuses."""
    return Settings.from_env(
        {name: value for name, value in environment.items() if _refusal(name, value) is None}
    )


def _refusal(name: str, value: str) -> str | None:
    """The function says only what is wrong with the first one."""
    try:
        Settings.from_env({name: value})
    except InvalidSettings as error:
        return error.message
    return None


def about_variables(environment: Mapping[str, str]) -> Iterator[Finding]:
    named = sorted(name for name in environment if name in KNOWN)
    yield ok("variables", f"set are {', '.join(named)}" if named else "none of ossferry's is set")
    for name in named:
        if refusal := _refusal(name, environment[name]):
            yield problem("variables", refusal, "correct it in s.yaml, and deploy again")
    for name in sorted(environment):
        if name not in KNOWN and name.upper().startswith(PREFIX.rstrip("_")):
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
    if not environment.get(f"{PREFIX}TARGET_BUCKET"):
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
    near = get_close_matches(name.upper(), KNOWN, n=1, cutoff=0.8)
    if near:
        return problem(
            "variables",
            f"{name} means nothing to ossferry, and is ignored",
            f"name it {near[0]}, if that is meant",
        )
    return warning("variables", f"{name} means nothing to ossferry", "remove it")
