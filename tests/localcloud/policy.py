"""RAM policies: may this action be done to this resource?

Pure. An explicit Deny wins, and what no statement allows is refused. Only what can be judged is
accepted: an element that this module does not know (a Condition, a NotAction) raises, because
skipping it would allow or refuse something that the real service does not.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

_ELEMENTS = {"Effect", "Action", "Resource"}


class UnsupportedPolicy(ValueError):
    """A policy that is malformed, or says something that is not evaluated here."""


def allows(policy: Mapping[str, Any], action: str, resource: str) -> bool:
    """Say whether ``policy`` lets ``action`` (``oss:PutObject``) be done to ``resource``.

    Every statement is checked for elements that are not evaluated, also those that do not match.
    """
    if policy.get("Version") != "1":
        raise UnsupportedPolicy(f"Version is {policy.get('Version')!r}, not '1'")
    effects = {
        effect
        for effect, actions, resources in map(_read, _statements(policy))
        if _any_matches(actions, action) and _any_matches(resources, resource)
    }
    return "Allow" in effects and "Deny" not in effects


def _statements(policy: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    statements = policy.get("Statement")
    if isinstance(statements, Mapping):
        statements = [statements]
    if not isinstance(statements, list) or not all(isinstance(s, Mapping) for s in statements):
        raise UnsupportedPolicy("Statement is not a list of objects")
    return statements


def _read(statement: Mapping[str, Any]) -> tuple[str, list[str], list[str]]:
    if set(statement) != _ELEMENTS:
        strange = sorted(set(statement) ^ _ELEMENTS)
        raise UnsupportedPolicy(f"a statement has unknown or missing elements: {strange}")
    if statement["Effect"] not in ("Allow", "Deny"):
        raise UnsupportedPolicy(f"Effect is {statement['Effect']!r}")
    return statement["Effect"], _strings(statement["Action"]), _strings(statement["Resource"])


def _strings(value: object) -> list[str]:
    values = [value] if isinstance(value, str) else value
    if not isinstance(values, list) or not all(isinstance(each, str) for each in values):
        raise UnsupportedPolicy(f"{value!r} is neither a string nor a list of strings")
    return values


def _any_matches(patterns: Iterable[str], text: str) -> bool:
    return any(_compiled(pattern).fullmatch(text) for pattern in patterns)


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> re.Pattern[str]:
    # Not fnmatch: brackets are plain characters in a RAM policy.
    wild = {"*": ".*", "?": "."}
    return re.compile("".join(wild.get(c) or re.escape(c) for c in pattern), re.DOTALL)
