"""The deployed function inside its instance: imported once, called for each request.

Whatever it does ends as bytes to answer with; an exception becomes the JSON that FC makes of it.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import traceback
from collections.abc import Callable
from typing import Any

from .context import FCContext

_OWN_FOLDER = os.path.dirname(__file__)


class FunctionFailed(Exception):
    """The function raised, or could not be loaded; ``body`` is what FC answers."""

    def __init__(self, body: bytes) -> None:
        super().__init__(body)
        self.body = body


class LoadError(Exception):
    """A handler that cannot be found, named as the runtime names it."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(kind, message)
        self.kind, self.message = kind, message


def call(handler: str, event: bytes, context: FCContext) -> bytes:
    """Call a handler (``file.method``) with an event and return its answer."""
    return _guarded(lambda: _answer(_load(handler)(event, context)))


def call_hook(handler: str, context: FCContext) -> bytes:
    """Call an initializer or the like, which gets no event and whose result counts for nothing."""

    def run() -> bytes:
        _load(handler)(context)
        return b""

    return _guarded(run)


def _guarded(action: Callable[[], bytes]) -> bytes:
    try:
        return action()
    except SystemExit:
        raise
    except BaseException as error:
        traceback.print_exc()
        raise FunctionFailed(describe(error)) from error


def _load(handler: str) -> Callable[..., object]:
    module_name, _, name = handler.rpartition(".")
    module_name = module_name.replace("/", ".")
    try:
        module = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        if error.name != module_name:
            raise
        raise LoadError("ImportModuleError", f"Unable to import module '{module_name}'") from error
    function = getattr(module, name, None)
    if not callable(function):
        message = f"Handler '{name}' is missing on module '{module_name}'"
        raise LoadError("HandlerNotFound", message)
    return function  # type: ignore[no-any-return]


def _answer(result: object) -> bytes:
    if isinstance(result, bytes):
        return result
    if isinstance(result, str):
        return result.encode()
    return json.dumps(result).encode()


def describe(error: BaseException) -> bytes:
    """Write the error as FC does: message, type, and the function's own frames, outermost first."""
    if isinstance(error, LoadError):
        document: dict[str, Any] = {"errorMessage": error.message, "errorType": error.kind}
    else:
        document = {"errorMessage": str(error), "errorType": type(error).__name__}
    document["stackTrace"] = [
        [f'File "{frame.filename}"', f"line {frame.lineno}", f"in {frame.name}", frame.line or ""]
        for frame in traceback.extract_tb(error.__traceback__)
        if os.path.dirname(frame.filename) != _OWN_FOLDER
    ]
    return json.dumps(document).encode()


def flush_output() -> None:
    """Put what the function printed where the log is read from."""
    for stream in (sys.stdout, sys.stderr):
        # The function may have closed or replaced them.
        flush = getattr(stream, "flush", None)
        if flush is not None and not getattr(stream, "closed", False):
            flush()
