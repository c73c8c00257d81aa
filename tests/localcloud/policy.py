"""RAM policies: may this action be done to this resource?

Pure. An explicit Deny wins, and what no statement allows is refused. Only what can be judged is
accepted: an element that this module does not know (a NotAction, a Condition on something else than
the prefix of a listing) raises, because skipping it would allow or refuse something that the real
service does not.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

_ELEMENTS = {"Effect", "Action", "Resource"}
_CONDITION = "Condition"
# RAM's operators that are evaluated here, and OSS's only key, which is the prefix that is listed.
_LIKE, _EQUALS = "StringLike", "StringEquals"
PREFIX = "oss:Prefix"

_Conditions = list[tuple[str, str, list[str]]]


class UnsupportedPolicy(ValueError):
    """A policy that is malformed, or says something that is not evaluated here."""


def allows(
    policy: Mapping[str, Any], action: str, resource: str, request: Mapping[str, str] | None = None
) -> bool:
    """Say whether ``policy`` lets ``action`` (``oss:PutObject``) be done to ``resource``.

    ``request`` has what conditions ask about; a key that a request does not have meets none. Every
    statement is checked for elements that are not evaluated, also those that do not match.
    """
    if policy.get("Version") != "1":
        raise UnsupportedPolicy(f"Version is {policy.get('Version')!r}, not '1'")
    effects = {
        effect
        for effect, actions, resources, conditions in map(_read, _statements(policy))
        if _any_matches(actions, action)
        and _any_matches(resources, resource)
        and all(_holds(condition, request or {}) for condition in conditions)
    }
    return "Allow" in effects and "Deny" not in effects


def _statements(policy: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    statements = policy.get("Statement")
    if isinstance(statements, Mapping):
        statements = [statements]
    if not isinstance(statements, list) or not all(isinstance(s, Mapping) for s in statements):
        raise UnsupportedPolicy("Statement is not a list of objects")
    return statements


def _read(statement: Mapping[str, Any]) -> tuple[str, list[str], list[str], _Conditions]:
    if set(statement) - {_CONDITION} != _ELEMENTS:
        strange = sorted((set(statement) - {_CONDITION}) ^ _ELEMENTS)
        raise UnsupportedPolicy(f"a statement has unknown or missing elements: {strange}")
    if statement["Effect"] not in ("Allow", "Deny"):
        raise UnsupportedPolicy(f"Effect is {statement['Effect']!r}")
    return (
        statement["Effect"],
        _strings(statement["Action"]),
        _strings(statement["Resource"]),
        _conditions(statement.get(_CONDITION, {})),
    )


def _conditions(document: object) -> _Conditions:
    """Operator, key and values of each; all have to hold, by any of their values."""
    if not isinstance(document, Mapping):
        raise UnsupportedPolicy("Condition is not an object")
    found: _Conditions = []
    for operator, keys in document.items():
        if operator not in (_LIKE, _EQUALS) or not isinstance(keys, Mapping) or {*keys} != {PREFIX}:
            raise UnsupportedPolicy(f"Condition {operator!r} of {keys!r} is not evaluated here")
        found += [(operator, key, _strings(values)) for key, values in keys.items()]
    return found


def _holds(condition: tuple[str, str, list[str]], request: Mapping[str, str]) -> bool:
    operator, key, values = condition
    if key not in request:
        return False
    return request[key] in values if operator == _EQUALS else _any_matches(values, request[key])


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
