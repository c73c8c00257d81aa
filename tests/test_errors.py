"""Errors survive the ways that they travel: pickle between processes, JSON between invocations."""

from __future__ import annotations

import importlib
import pickle
import pkgutil
import re

import pytest

import ossferry
from ossferry import errors
from ossferry.errors import ERROR_TYPES, FerryError, InternalError, error_of


def _all_classes() -> list[type[FerryError]]:
    for module in pkgutil.walk_packages(ossferry.__path__, "ossferry."):
        importlib.import_module(module.name)
    found = [FerryError]
    for each in found:
        found += each.__subclasses__()
    return found


@pytest.mark.parametrize("kind", _all_classes())
def test_every_error_survives_pickle(kind: type[FerryError]) -> None:
    """An error that another process raised is the same here: kind, message, time to wait."""
    error = pickle.loads(pickle.dumps(kind("what went wrong", 1.5)))
    assert type(error) is kind
    assert str(error) == error.message == "what went wrong"
    assert error.retry_after == 1.5
    assert error.type == kind.__name__


@pytest.mark.parametrize("kind", _all_classes())
def test_every_error_survives_json(kind: type[FerryError]) -> None:
    """The type that a reply names leads back to the class, wherever the class is defined."""
    error = error_of(kind.__name__, "told")
    assert type(error) is kind
    assert error.message == "told"


def test_an_unknown_type_is_an_internal_error() -> None:
    """What another version of us reports is no reason to crash."""
    error = error_of("FromTheFuture", "told")
    assert type(error) is InternalError
    assert error.message == "told"


def test_the_docstring_draws_every_class_where_it_belongs() -> None:
    """The tree at the top of the module is the tree of the classes, retryable marks included."""
    assert errors.__doc__ is not None
    drawn = re.findall(r"^([│├└─ ]*)(\w+)(.*)$", errors.__doc__, re.MULTILINE)
    tree = [(len(lead) // 4, name, "(retryable)" in rest) for lead, name, rest in drawn]
    start = next(n for n, (_, name, _) in enumerate(tree) if name == "FerryError")
    shown: dict[str, tuple[str, bool]] = {}
    path: list[str] = []
    for depth, name, retryable in tree[start:]:
        if name not in ERROR_TYPES:
            break
        path[depth:] = [name]
        shown[name] = (path[depth - 1] if depth else "Exception", retryable)
    assert shown == {
        kind.__name__: (kind.__mro__[1].__name__, kind.retryable) for kind in _all_classes()
    }
