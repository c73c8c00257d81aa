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

from ossferry.context import Context
from ossferry.copying import child
from ossferry.copying.copy_job import COPY, CopyJob
from ossferry.errors import FerryError, InvalidEvent
from ossferry.http.netguard import NetGuard
from ossferry.invocation.under_way import end, under_way
from ossferry.invocation.warrant import check
from ossferry.log import lines_with, log
from ossferry.names import ITEMS
from ossferry.settings import Settings
from ossferry.tls import tls

HTTP = "v1"  # the version of the events of FC's HTTP trigger


def initializer(context: object) -> None:
    """Prepare what every request of the instance needs, or fail with what the operator can mend.

    Not the SDKs, nor connections: most instances are children, which need neither, and would pay
    0.4 to 1 s of CPU each. A coordinator imports them while its source answers, which is as fast.
    The certificates, because streams that find them missing load them all at once. The native CRC
    has come with ``child``.
    """
    try:
        settings = Settings.from_env(os.environ)
        tls()
        if settings.depot:
            _load_depot(context, settings)
        return
    except Exception as error:
        raised = _told(error)
    raise raised from None


def _load_depot(context: object, settings: Settings) -> None:
    from ossferry.depot.load import load

    with lines_with(settings.log_level):
        load(Context.read(context, os.environ, time.monotonic()), settings)


def pre_stop(context: object) -> None:
    """Let what is under way record how far it is: Function Compute is about to end the instance."""
    end()


def handler(event: bytes, context: object) -> str:
    """Answer an event with JSON; an error's class name is the ``errorType`` that FC reports."""
    started = time.monotonic()
    with lines_with(request_id=str(getattr(context, "request_id", ""))):
        try:
            document = _read(event)
            answering = _over_http if document.get("version") == HTTP else _answer
            return json.dumps(answering(document, context, started), ensure_ascii=False)
        except Exception as error:
            raised = _told(error)
    # Not from the error itself: FC prints the whole chain, whose texts may quote what is secret.
    raise raised from None


def _read(event: bytes | str) -> Mapping[str, Any]:
    """The event as an object: what is none by itself is what an event of messages would hold."""
    try:
        document = json.loads(event)
    except (ValueError, RecursionError) as error:
        from ossferry.triggers.slip import slip

        why = slip(error)
        raise InvalidEvent(f"the event must be a job as JSON, and is no JSON{why}") from None
    if isinstance(document, dict):
        return document
    return {"messages": document if isinstance(document, list) else [document]}


def _over_http(document: Mapping[str, Any], context: object, started: float) -> dict[str, object]:
    """There an error is a reply like any other: FC would make a bare 502 of it."""
    from ossferry.triggers import http_event

    try:
        asked = _read(http_event.body_of(document))
        reply = _answer(asked, context, started, may_be_child=False)
    except Exception as error:
        return http_event.refusal(_told(error))
    return http_event.response(reply)


def _answer(
    document: Mapping[str, Any], context: object, started: float, *, may_be_child: bool = True
) -> dict[str, object]:
    settings = Settings.from_env(os.environ)
    with lines_with(settings.log_level):
        if may_be_child and document.get("kind") == COPY:
            return _copy(document, context, settings, started)
        with under_way() as stop:
            if may_be_child and document.get("kind") == ITEMS:
                from ossferry.items.child import answer as items_answer

                return items_answer(document, context, settings, started, stop)
            from ossferry.invocation.answer import answer

            return answer(document, context, os.environ, settings, started, stop)


def _copy(
    document: Mapping[str, Any], context: object, settings: Settings, started: float
) -> dict[str, object]:
    job, guard = CopyJob.decode(document), NetGuard(settings.allow_networks)
    with lines_with(transfer_id=job.transfer_id):
        job = check(job, document, Context.read(context, os.environ, started), settings)
        return child.copy(job, guard, began=started).to_json()


def _told(error: Exception) -> FerryError:
    from ossferry.invocation.fault import told

    raised = told(error)
    log("request.failed", "error", error_type=raised.type, error=raised.message)
    return raised
