"""What an invocation needs of the account that it runs in: buckets, children, address rules."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from .context import Context
from .copy_job import CopyJob, CopyResult
from .jobs import ObjectName
from .netguard import NetGuard
from .settings import Settings

if TYPE_CHECKING:
    from .bucket import Bucket

# What a coordinator keeps back of its time, to abort or to answer.
RESERVE = 5.0


class Cloud:
    """Made once per invocation; ``deadline`` is when the copying has to be over."""

    def __init__(self, context: Context, settings: Settings) -> None:
        self._context = context
        self._settings = settings
        self.deadline = context.deadline - min(RESERVE, context.timeout / 4)
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
