"""The variables of a Serverless Devs file: ``${vars.x}``, ``${env(X, 1)}``, ``${config(X)}``.

Only what this project's s.yaml may use is understood; anything else is an error rather than a
literal that would reach the function.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_VARIABLE = re.compile(r"\$\{([^}]*)\}")
_CALL = re.compile(r"(?P<name>env|config)\((?P<arguments>.*)\)")


class InvalidTemplate(ValueError):
    """An s.yaml that could not be deployed."""


def resolve(node: Any, scope: Mapping[str, Any], environment: Mapping[str, str]) -> Any:
    """Return the document with every variable replaced.

    ``scope`` holds ``vars`` and ``config``; a value that is one variable and nothing else keeps
    its type, so that numbers may be variables.
    """
    if isinstance(node, Mapping):
        return {key: resolve(value, scope, environment) for key, value in node.items()}
    if isinstance(node, list):
        return [resolve(value, scope, environment) for value in node]
    if not isinstance(node, str):
        return node
    whole = _VARIABLE.fullmatch(node)
    if whole:
        return _value(whole[1].strip(), scope, environment)
    return _VARIABLE.sub(lambda found: str(_value(found[1].strip(), scope, environment)), node)


def _value(expression: str, scope: Mapping[str, Any], environment: Mapping[str, str]) -> Any:
    call = _CALL.fullmatch(expression)
    if call is None:
        return _dotted(expression, scope)
    arguments = [argument.strip().strip("'\"") for argument in call["arguments"].split(",")]
    if call["name"] == "config":
        return _dotted(f"config.{arguments[0]}", scope)
    if arguments[0] in environment:
        return environment[arguments[0]]
    if len(arguments) < 2:
        raise InvalidTemplate(f"the variable {arguments[0]} is not set and has no default")
    return arguments[1]


def _dotted(path: str, scope: Mapping[str, Any]) -> Any:
    value: Any = scope
    for name in path.split("."):
        if not isinstance(value, Mapping) or name not in value:
            raise InvalidTemplate(f"${{{path}}} is not known here")
        value = value[name]
    return value
