"""One job in, one result out, by invoking this very function.

The child must not be cut off by its caller: FC interrupts an invocation whose caller goes away.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..context import Context
from ..copying.copy_job import CopyJob, CopyResult
from ..errors import ChildFailed, ChildRefused
from ..settings import Settings
from .session import FcSession

if TYPE_CHECKING:
    from .client_2_0 import Fc2Client
    from .client_3_0 import Fc3Client

_PATIENCE = 15.0  # seconds past the function's own timeout


class Invoker:
    """Calls this function, at the version that is running, as the role that it runs as.

    ``calls`` is how many there are at once, for which connections are kept, ``patience`` how many
    seconds an answer may take: longer than the function runs, unless nobody waits for its end.
    """

    def __init__(
        self,
        context: Context,
        settings: Settings,
        calls: int = 1,
        patience: float | None = None,
    ) -> None:
        endpoint = settings.fc_endpoint or (
            f"https://{context.account_id}.{context.region}-internal.fc.aliyuncs.com"
        )
        self._session = FcSession(endpoint, patience or context.timeout + _PATIENCE, calls)
        self._client = client_for(context)(context, self._session)

    def __call__(self, job: CopyJob) -> CopyResult:
        """The child's result; what the child or FC reports as an error is raised as one."""
        answer = self.call(job.encode())
        try:
            return CopyResult.decode(answer)
        except (ValueError, TypeError) as error:
            raise ChildFailed(f"a child gave no usable answer: {type(error).__name__}") from None

    def call(self, payload: bytes) -> bytes:
        """What an invocation with this event returns."""
        return self._client.invoke(payload, "Sync", {})

    def later(self, payload: bytes, delay: int = 0, task_id: str = "") -> None:
        """Have FC start an invocation by itself, after ``delay`` seconds if it knows delays;
        returns when FC has the event, or had one with this ``task_id`` before."""
        asked = {"x-fc-async-delay": str(delay)} if delay else {}
        if task_id:
            asked["x-fc-stateful-async-invocation-id"] = task_id
        try:
            self._client.invoke(payload, "Async", asked)
        except ChildRefused as error:
            if not task_id or " 409 " not in f"{error.message} ":
                raise
        finally:
            self._session.close()  # the instance may live on, and fork for another transfer


def client_for(context: Context) -> type[Fc2Client | Fc3Client]:
    """How this function is called: as one of a service, which is FC 2.0, or by its name alone.

    Either SDK is imported only where it is needed: that of FC 3.0 takes 0.4 s and 28 MB.
    """
    if context.service is None:
        from .client_3_0 import Fc3Client

        return Fc3Client
    from .client_2_0 import Fc2Client

    return Fc2Client
