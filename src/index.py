"""Entry points for Function Compute: no logic, only who does what.

A child is told apart before anything is imported that only a coordinator needs: it starts cold,
often in hundreds, and pays for each import.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from typing import Any

from ossferry import child
from ossferry.copy_job import COPY, CopyJob
from ossferry.errors import FerryError, InternalError, InvalidEvent
from ossferry.log import log
from ossferry.netguard import NetGuard
from ossferry.settings import Settings
from ossferry.wire import tls


def initializer(context: object) -> None:
    """Fail here, once per instance, rather than in every request; load what all requests need."""
    Settings.from_env(os.environ)
    tls()


def handler(event: bytes, context: object) -> str:
    """Answer an event with JSON; an error's class name is the ``errorType`` that FC reports."""
    try:
        return json.dumps(_answer(_read(event), context, time.monotonic()), ensure_ascii=False)
    except FerryError as error:
        raised = type(error)(error.message)
    except Exception as error:
        raised = InternalError(f"a fault in ossferry: {type(error).__name__} at {_where(error)}")
    log("request.failed", error_type=raised.type, error=raised.message)
    # A fresh error and no cause: FC prints the whole chain, whose texts may quote what is secret.
    raise raised from None


def _read(event: bytes) -> Mapping[str, Any]:
    try:
        document = json.loads(event)
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        raise InvalidEvent("the event must be a JSON object with source_url and so on")
    return document


def _answer(document: Mapping[str, Any], context: object, started: float) -> dict[str, object]:
    settings = Settings.from_env(os.environ)
    if document.get("kind") == COPY:
        return child.copy(CopyJob.decode(document), NetGuard(settings.allow_networks)).to_json()
    from ossferry.answer import answer

    return answer(document, context, os.environ, settings, started)


def _where(error: Exception) -> str:
    traceback = error.__traceback__
    while traceback is not None and traceback.tb_next is not None:
        traceback = traceback.tb_next
    if traceback is None:
        return "an unknown line"
    return f"{os.path.basename(traceback.tb_frame.f_code.co_filename)}:{traceback.tb_lineno}"
