"""One job in, one result out, by invoking this very function synchronously.

FC 2.0 through fc2. The child must not be cut off by its caller: FC interrupts an invocation whose
caller goes away, and fc2 gives up after 60 s unless told otherwise.
"""

from __future__ import annotations

import json
import logging
from typing import Any

import fc2
import requests
from fc2.fc_exceptions import FcError

from .context import Context
from .copy_job import CopyJob, CopyResult
from .errors import ChildFailed, ChildRefused, ChildThrottled, FerryError, InternalError, error_of
from .settings import Settings

_PATIENCE = 15.0  # seconds past the function's own timeout

# fc2 logs the headers of a failed request, token and signature included.
logging.getLogger().addFilter(lambda record: not record.pathname.startswith(fc2.__path__[0]))


class Invoker:
    """Calls this function, at the version that is running, as the role that it runs as."""

    def __init__(self, context: Context, settings: Settings) -> None:
        endpoint = settings.fc_endpoint or (
            f"https://{context.account_id}.{context.region}-internal.fc.aliyuncs.com"
        )
        if context.service is None:
            raise InternalError("this version calls itself through the API of FC 2.0 only")
        credentials = context.credentials
        self._client = fc2.Client(
            endpoint=endpoint,
            accessKeyID=credentials.access_key_id,
            accessKeySecret=credentials.access_key_secret,
            securityToken=credentials.security_token,
            Timeout=context.timeout + _PATIENCE,
        )
        self._service = context.service
        self._function = context.function
        self._qualifier = context.qualifier

    def __call__(self, job: CopyJob) -> CopyResult:
        """The child's result; what the child or FC reports as an error is raised as one."""
        try:
            reply = self._client.invoke_function(
                self._service, self._function, job.encode(), qualifier=self._qualifier
            )
            return CopyResult.decode(reply.data)
        except FcError as error:
            raise _translated(error) from None
        except (requests.RequestException, ValueError, TypeError) as error:
            # TypeError: what fc2 makes of an error that is JSON, but no object.
            raise ChildFailed(f"a child gave no usable answer: {type(error).__name__}") from None

    def later(self, payload: bytes) -> None:
        """Have FC start an invocation by itself; returns when FC has the event."""
        headers = {"x-fc-invocation-type": "Async"}
        try:
            self._client.invoke_function(
                self._service, self._function, payload, headers, qualifier=self._qualifier
            )
        except FcError as error:
            raise _translated(error) from None
        except (requests.RequestException, ValueError, TypeError) as error:
            raise ChildFailed(f"FC did not take the event: {type(error).__name__}") from None


def _translated(error: FcError) -> FerryError:
    """FC says 429 or 503 when it has no instance; a 200 with an error is the function's own."""
    code = str(error.err_code)
    if error.status_code == 429 or code in ("ResourceExhausted", "ResourceThrottled"):
        return ChildThrottled(f"Function Compute has no instance for a child: {code}")
    if error.status_code >= 500:
        return ChildFailed(f"Function Compute answered {error.status_code} {code}")
    if error.status_code >= 400:
        return ChildRefused(
            f"Function Compute answered {error.status_code} {code} when the function called itself:"
            " allow its role fc:InvokeFunction on this function, or set max_children to 0"
        )
    return _reported(_json(error.message))


def _reported(report: dict[str, Any]) -> FerryError:
    kind, message = str(report.get("errorType", "")), str(report.get("errorMessage", ""))
    raised = error_of(kind, message)
    if isinstance(raised, InternalError) and kind != InternalError.__name__:
        # A crash, a timeout, out of memory: FC's own words, which quote no URL.
        return ChildFailed(f"a child ended badly: {message[:200]}")
    return raised


def _json(text: str) -> dict[str, Any]:
    try:
        document = json.loads(text)
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}
