"""Entry points for Function Compute: no logic, only who does what."""

from __future__ import annotations

import json
import os
import time
from typing import TYPE_CHECKING

from ossferry import child
from ossferry.context import Context
from ossferry.errors import FerryError, InternalError
from ossferry.events import parse
from ossferry.jobs import CopyJob
from ossferry.log import log
from ossferry.netguard import NetGuard
from ossferry.settings import Settings

if TYPE_CHECKING:
    from ossferry.events import Job


def initializer(context: object) -> None:
    """Fail here, once per instance, rather than in every request."""
    Settings.from_env(os.environ)


def handler(event: bytes, context: object) -> str:
    """Answer an event with JSON; an error's class name is the ``errorType`` that FC reports."""
    try:
        return json.dumps(_answer(event, context, time.monotonic()), ensure_ascii=False)
    except FerryError as error:
        log("request.failed", error_type=error.type, error=error.message)
        raised = error
    except Exception as error:
        # Neither text nor traceback: both may quote what is secret.
        where = error.__traceback__
        while where is not None and where.tb_next is not None:
            where = where.tb_next
        line = f"{where.tb_frame.f_code.co_filename}:{where.tb_lineno}" if where else "?"
        raised = InternalError(f"a fault in ossferry: {type(error).__name__} at {line}")
        log("request.failed", error_type=raised.type, error=raised.message)
    # A fresh error, because FC prints the whole chain of causes.
    raise type(raised)(raised.message) from None


def _answer(event: bytes, context: object, started: float) -> dict[str, object]:
    settings = Settings.from_env(os.environ)
    job: Job = parse(event, settings)
    if isinstance(job, CopyJob):
        return child.copy(job, NetGuard(settings.allow_networks)).to_json()
    from ossferry import coordinator  # brings the SDKs, which a child does without
    from ossferry.cloud import Cloud

    cloud = Cloud(Context.read(context, os.environ, started), settings)
    return coordinator.run(job, cloud, settings)
