"""Who and where this invocation is: FC's context object and environment as one value.

Which of the two says a thing depends on the runtime: python3.10 has ``context.service`` and
``context.credentials``, python3.12 has neither and puts the credentials in the environment. The
environment goes first, because FC renews what is in it; see "Context" in FC's user guide.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import NamedTuple


class Credentials(NamedTuple):
    """Temporary credentials of the function's role, which outlast an invocation, or of one that it
    assumed, which end at that moment of the epoch."""

    access_key_id: str
    access_key_secret: str
    security_token: str
    ends: float = math.inf

    def __repr__(self) -> str:
        return "Credentials()"


# Asked before each signature, because those of a role that was assumed are renewed.
Signing = Callable[[], Credentials]


class Context(NamedTuple):
    """``deadline`` is on ``time.monotonic``; ``service`` is None for a function of FC 3.0, and for
    one of 2.0 that goes by the name it has there, ``service$function``."""

    request_id: str
    region: str
    account_id: str
    service: str | None
    function: str
    qualifier: str | None
    timeout: float
    deadline: float
    credentials: Credentials
    memory_mb: int | None = None

    @classmethod
    def read(cls, context: object, environ: Mapping[str, str], started: float) -> Context:
        """``started`` is when the invocation began, on ``time.monotonic``."""
        function = getattr(context, "function", None)
        service = getattr(context, "service", None)
        name = _text(function, "name") or environ.get("FC_FUNCTION_NAME", "")
        timeout = float(getattr(function, "timeout", None) or 60)
        return cls(
            request_id=str(getattr(context, "request_id", "")),
            region=_text(context, "region") or environ.get("FC_REGION", ""),
            account_id=_text(context, "account_id") or environ.get("FC_ACCOUNT_ID", ""),
            # What tells the generation: python3.10 has a service in either, in 3.0 without a name.
            service=(_text(service, "name") or None) if "$" not in name else None,
            function=name,
            qualifier=_text(service, "qualifier") or _text(function, "qualifier") or None,
            timeout=timeout,
            deadline=started + timeout,
            credentials=_credentials(getattr(context, "credentials", None), environ),
            memory_mb=_memory(getattr(function, "memory", None), environ),
        )


def _text(holder: object, name: str) -> str:
    return str(getattr(holder, name, None) or "")


def _memory(given: object, environ: Mapping[str, str]) -> int | None:
    text = environ.get("FC_FUNCTION_MEMORY_SIZE") or str(given)
    return int(text) if text.isdecimal() and len(text) < 10 else None


def _credentials(given: object, environ: Mapping[str, str]) -> Credentials:
    if "ALIBABA_CLOUD_ACCESS_KEY_ID" in environ:
        return Credentials(
            environ["ALIBABA_CLOUD_ACCESS_KEY_ID"],
            environ.get("ALIBABA_CLOUD_ACCESS_KEY_SECRET", ""),
            environ.get("ALIBABA_CLOUD_SECURITY_TOKEN", ""),
        )
    return Credentials(
        _text(given, "access_key_id"),
        _text(given, "access_key_secret"),
        _text(given, "security_token"),
    )
