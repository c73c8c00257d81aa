"""Keys of other clouds and roles of other accounts, as the function's environment has them. Pure.

Whether they are accepted is asked only of a source that somebody names: what this machine may
reach, the function may not, and a role trusts the function and nobody else. No key is ever shown.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping

from ossferry.errors import InvalidSettings
from ossferry.origins.credentials import ASSUME_ROLE, BUCKETS, CREDENTIALS, OSS, Credentials, Entry
from ossferry.origins.place import ForeignName
from ossferry.settings import BEGINNINGS

from .finding import Finding, ok, problem, warning

_SOON = 3600.0  # seconds


def beginning_of(name: str) -> str | None:
    """Of a variable whose name goes on as its owner likes, what it begins with."""
    return next((each for each in BEGINNINGS if name.startswith(each) and name != each), None)


def refusals(environment: Mapping[str, str]) -> dict[str, str]:
    """What the function says, by name of the keys or the role: it says only the first itself."""
    found = {}
    for name, variables in _by_name(environment).items():
        try:
            Credentials.from_env(variables)
        except InvalidSettings as error:
            found[name] = error.message
    return found


def understood(environment: Mapping[str, str]) -> dict[str, str]:
    """The variables of those that are not refused."""
    refused = refusals(environment)
    return {
        variable: value
        for name, variables in _by_name(environment).items()
        if name not in refused
        for variable, value in variables.items()
    }


def about_foreign(environment: Mapping[str, str], now: float) -> Iterator[Finding]:
    for refusal in refusals(environment).values():
        yield problem("variables", refusal, "correct it in s.yaml, and deploy again")
    found = Credentials.from_env(understood(environment))
    for name, keys in found.keys.items():
        yield _bound("clouds", CREDENTIALS, name, found)
        if keys.ends is not None and keys.ends < now + _SOON:
            ended = "have ended" if keys.ends <= now else "end within an hour"
            level = problem if keys.ends <= now else warning
            yield level(
                "clouds",
                f"{CREDENTIALS}{name.upper()}: the keys {ended}, at {_moment(keys.ends)}",
                "set new ones, with their end, and deploy again",
            )
    for name in found.roles:
        yield _bound("accounts", ASSUME_ROLE, name, found)


def role_for(found: Credentials, bucket: str, region: str) -> tuple[str, str] | None:
    """The role that a bucket of another account is opened with, and the region it is set for."""
    for entry in found.entries:
        where = entry.region or region
        if entry.store == OSS and entry.is_for(ForeignName(OSS, bucket, "", where)):
            return found.roles[entry.credentials], where
    return None


def _bound(about: str, beginning: str, name: str, found: Credentials) -> Finding:
    entries = [each for each in found.entries if each.credentials == name]
    variable = f"{beginning}{name.upper()}"
    if entries:
        return ok(about, f"{variable} is for {', '.join(map(_shown, entries))}")
    return warning(
        about,
        f"{variable} is used for nothing: no bucket is named with it",
        f"set {BUCKETS}{name.upper()}, or remove it",
    )


def _shown(entry: Entry) -> str:
    where = [f"{entry.store}://{entry.bucket}", entry.region, entry.endpoint]
    return " ".join(each for each in where if each)


def _moment(epoch: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(epoch))


def _by_name(environment: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """What belongs together, which is what is called by one name."""
    found: dict[str, dict[str, str]] = {}
    for variable in sorted(environment):
        if beginning := beginning_of(variable):
            name = variable.removeprefix(beginning).lower()
            found.setdefault(name, {})[variable] = environment[variable]
    return found
