"""What Function Compute's answer to an invocation means, in words that both of its APIs share.

Its own errors have a status and a code, which the API of 2.0 calls ``ErrorCode`` and that of 3.0
``Code``. An error of the function is a 200 with the header ``X-Fc-Error-Type`` and a report.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ..errors import ChildFailed, ChildRefused, ChildThrottled, FerryError, InternalError, error_of

# "ResourceExhausted" and "FunctionResourceExhausted" by quota, "ResourceThrottled" for want of
# machines; with 429, some also with 503.
_NO_INSTANCE = ("ResourceExhausted", "ResourceThrottled")


def result_of(status: int, function_failed: bool, body: bytes) -> bytes:
    """What the function returned; everything else is raised as the error that it is.

    ``function_failed``: the answer has the header ``X-Fc-Error-Type``.
    """
    if status < 300 and not function_failed:
        return body
    report = _json(body)
    code = str(report.get("ErrorCode") or report.get("Code") or report.get("code") or "")[:60]
    if function_failed and not code:
        raise _reported(report)
    if status == 429 or code.endswith(_NO_INSTANCE):
        raise ChildThrottled(f"Function Compute has no instance for a child: {code or status}")
    if 400 <= status < 500 and report:
        raise ChildRefused(
            f"Function Compute answered {status} {code} when the function called itself:"
            " allow its role fc:InvokeFunction on this function, or set max_children to 0"
        )
    # What is not JSON comes from something between us and Function Compute.
    raise ChildFailed(f"Function Compute answered {status} {code}".rstrip())


def _reported(report: Mapping[str, Any]) -> FerryError:
    kind, message = str(report.get("errorType", "")), str(report.get("errorMessage", ""))
    raised = error_of(kind, message)
    if isinstance(raised, InternalError) and kind != InternalError.__name__:
        # A crash, a timeout, out of memory: FC's own words, which quote no URL.
        return ChildFailed(f"a child ended badly: {message[:200]}")
    return raised


def _json(text: bytes) -> Mapping[str, Any]:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}
