"""The variables of an s.yaml, as Serverless Devs 3 reads them: ``${vars.x}``, ``${env('X', 512)}``.

Its own ``s preview`` is the judge, see the tests. Only variables of the file, of the environment
and the account's id are understood; whatever else Serverless Devs knows, or would leave as it is,
is an error here rather than a literal that would reach the function.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

_EXPRESSION = re.compile(r"\$\{([^}]*)\}")
_CALL = re.compile(r"\s*(?P<name>env|config)\((?P<arguments>.*)\)\s*", re.DOTALL)
_PATH = re.compile(r"vars(?:\.[\w-]+)+")
_QUOTES = "'\"`"
# One argument and what follows it: a string in quotes, or anything without a comma.
_ARGUMENT = re.compile(
    r"""\s*(?:(?P<quote>['"`])(?P<text>(?:\\.|(?!(?P=quote)).)*)(?P=quote)|(?P<bare>[^,]*?))\s*(?:,|$)""",
    re.DOTALL,
)


class InvalidTemplate(ValueError):
    """An s.yaml that could not be deployed; the message is one sentence that names the place."""


def load(path: Path) -> dict[str, Any]:
    """Read an s.yaml without its variables."""
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeError, yaml.YAMLError) as error:
        raise InvalidTemplate(f"it cannot be read: {' '.join(str(error).split())}") from error
    if not isinstance(document, dict):
        raise InvalidTemplate("it is no mapping with vars and resources")
    return document


def resolve(node: Any, scope: Mapping[str, Any], environment: Mapping[str, str]) -> Any:
    """Return the document with every variable replaced.

    ``scope`` holds ``vars`` and ``config``; a value that is one variable and nothing else keeps
    its type, so that numbers, lists and mappings may be variables.
    """
    return _Scope(scope.get("vars"), scope.get("config", {}), environment).resolve(node)


@dataclass(frozen=True, slots=True)
class _Scope:
    """What the variables of one file stand for."""

    variables: Any
    config: Mapping[str, str]
    environment: Mapping[str, str]

    def resolve(self, node: Any) -> Any:
        if isinstance(node, Mapping):
            return {key: self.resolve(value) for key, value in node.items()}
        if isinstance(node, list):
            return [self.resolve(value) for value in node]
        if not isinstance(node, str):
            return node
        whole = _EXPRESSION.fullmatch(node)
        if whole:
            return self._value(whole[1])
        return _EXPRESSION.sub(lambda found: _in_text(found[0], self._value(found[1])), node)

    def _value(self, expression: str) -> Any:
        call = _CALL.fullmatch(expression)
        if call is None:
            return self._variable(expression)
        name, *defaults = _arguments(expression, call["arguments"])
        name = _unquoted(name)
        if call["name"] == "env":
            # An empty variable counts as none.
            return self.environment.get(name) or self._default(name, defaults)
        if name not in self.config:
            raise InvalidTemplate(f"config({name!r}) is not known here")
        return self.config[name]

    def _default(self, name: str, defaults: list[str]) -> Any:
        """Return what the second argument is worth, as JavaScript reads it."""
        if not defaults:
            raise InvalidTemplate(f"the variable {name} is not set and has no default")
        argument = defaults[0]
        if argument.startswith(tuple(_QUOTES)):
            return _unquoted(argument)
        if _PATH.fullmatch(argument) or _CALL.fullmatch(argument):
            return self._value(argument)
        try:
            value = json.loads(argument)
        except ValueError:
            value = None
        if value is None or isinstance(value, list | dict):
            raise InvalidTemplate(f"{argument} is no default: text needs quotes")
        return _as_javascript(value)

    def _variable(self, path: str) -> Any:
        if not _PATH.fullmatch(path):
            # With a space inside the braces, say; Serverless Devs does not find those either.
            raise InvalidTemplate(f"${{{path}}} is not known here")
        value: Any = self.variables
        for name in path.split(".")[1:]:
            if not isinstance(value, Mapping) or value.get(name) is None:
                raise InvalidTemplate(f"${{{path}}} is not set")
            value = value[name]
        return self.resolve(value)


def _arguments(expression: str, text: str) -> list[str]:
    """Split a call's arguments; without any quotes all of it is one, whatever it holds."""
    if not any(quote in text for quote in _QUOTES):
        return [text.strip()]
    found: list[str] = []
    start = 0
    while start < len(text):
        match = _ARGUMENT.match(text, start)
        if match is None:
            raise InvalidTemplate(f"${{{expression}}} cannot be read")
        quote = match["quote"]
        found.append(f"{quote}{match['text']}{quote}" if quote else match["bare"])
        start = match.end()
    return found


def _unquoted(argument: str) -> str:
    if not argument.startswith(tuple(_QUOTES)):
        return argument
    return re.sub(r"\\(.)", r"\1", argument[1:-1], flags=re.DOTALL)


def _in_text(expression: str, value: Any) -> str:
    if isinstance(value, list | dict):
        raise InvalidTemplate(f"{expression} is a list or a mapping, and stands within a text")
    value = _as_javascript(value)
    return str(value).lower() if isinstance(value, bool) else str(value)


def _as_javascript(value: Any) -> Any:
    """JavaScript knows no difference between 1.0 and 1."""
    return int(value) if isinstance(value, float) and value.is_integer() else value
