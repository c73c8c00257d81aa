"""What an invocation needs of the account that it runs in: buckets, children, address rules."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from .context import Context
from .copy_job import CopyJob, CopyResult
from .jobs import ObjectName
from .netguard import NetGuard
from .settings import Settings

if TYPE_CHECKING:
    from .bucket import Bucket

# What a coordinator keeps back of its time, in seconds and at most as a share: to abort, hand over
# or answer; and before that, to hear from the children what they got done.
_RESERVE = 5.0
_HEARING = 2.0
_SHARE = 0.2


class Cloud:
    """Made once per invocation.

    ``last_call`` is when everybody who copies has to come to an end, ``deadline`` when the
    coordinator stops waiting for them.
    """

    def __init__(self, context: Context, settings: Settings) -> None:
        self._context = context
        self._settings = settings
        self.deadline = context.deadline - min(_RESERVE, context.timeout * _SHARE)
        self.last_call = self.deadline - min(_HEARING, context.timeout * _SHARE)
        self.guard = NetGuard(settings.allow_networks)
        # The SDKs take longer to import than most sources to answer: both at once.
        self._loading = threading.Thread(target=_load_sdks)
        self._loading.start()

    def bucket(self, name: ObjectName) -> Bucket:
        from .bucket import Bucket

        return Bucket(
            name.bucket,
            name.region,
            self._endpoint(name.region),
            self._context.credentials,
            self.deadline,
        )

    @property
    def request_id(self) -> str:
        return self._context.request_id

    def invoke_later(self, document: Mapping[str, object]) -> None:
        """Start this function once more, with this event, without waiting for it."""
        from .invoker import Invoker

        Invoker(self._context, self._settings).later(json.dumps(document).encode())

    def invoker(self) -> Callable[[CopyJob], CopyResult]:
        from .invoker import Invoker

        self._loading.join()  # who asks for an invoker is about to fork
        return Invoker(self._context, self._settings)

    def _endpoint(self, region: str) -> str:
        """Inside the region the internal endpoint: free of charge, and plain HTTP, because what
        TLS would protect on that network is proven by CRC64 and costs a third of the CPU."""
        if self._settings.oss_endpoint:
            return self._settings.oss_endpoint
        if region == self._context.region:
            return f"http://oss-{region}-internal.aliyuncs.com"
        return f"https://oss-{region}.aliyuncs.com"


def _load_sdks() -> None:
    from . import bucket, invoker  # noqa: F401
