"""The buckets that one stream asks, each over a connection of its own."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial

from ..context import Context
from ..copying.copy_job import SourceRef
from ..names import ObjectName
from ..oss.allowed import judge, judge_source
from ..oss.direct import LIFETIME, Account, Direct
from ..oss.endpoint import oss_endpoint
from ..oss.signing import object_url
from ..roles.assumed import signing_for
from ..settings import Settings


class Buckets:
    """Opened when they are first asked. Not thread-safe, but for ``interrupt``."""

    def __init__(
        self,
        context: Context,
        settings: Settings,
        deadline: float,
        sleep: Callable[[float], object],
    ) -> None:
        self._context = context
        self._settings = settings
        self._deadline = deadline
        self._sleep = sleep
        self._open: dict[tuple[str, str, bool, str | None], Direct] = {}
        self._ended = False

    @property
    def requests(self) -> int:
        return sum(direct.requests for direct in self._open.values())

    def of(self, name: ObjectName, *, read_only: bool = False, chosen: str | None = None) -> Direct:
        """To write to as far as events may, or to read from whatever the role may read, which is
        that of another account where settings, or an event that has ``chosen`` it, say so."""
        place = (name.region, name.bucket, read_only, chosen)
        if place not in self._open:
            may = judge_source if read_only else partial(judge, self._settings)
            self._open[place] = Direct(
                self._account(name, chosen, reading=read_only),
                self._deadline,
                judge=partial(may, name.bucket),
                sleep=self._sleep,
            )
            if self._ended:  # perhaps while it was not there yet
                self._open[place].interrupt()
        return self._open[place]

    def signed(
        self, name: ObjectName, *, direct_read: bool = False, chosen: str | None = None
    ) -> SourceRef:
        """An object as a source that is read like any other."""
        account = self._account(name, chosen, reading=True)
        date = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
        url = object_url(name, account.endpoint, account.signing(), date=date, lifetime=LIFETIME)
        return SourceRef(url, unpaid=not direct_read)

    def interrupt(self) -> None:
        self._ended = True
        for direct in tuple(self._open.values()):
            direct.interrupt()

    def close(self) -> None:
        for direct in self._open.values():
            direct.close()

    def may_copy(self, source: ObjectName, target: ObjectName, chosen: str | None) -> bool:
        """Whether OSS can: within a region, by one who may do both."""
        return source.region == target.region and self._settings.foreign.same_role(
            source, target, chosen
        )

    def _account(self, name: ObjectName, chosen: str | None, *, reading: bool) -> Account:
        endpoint = oss_endpoint(name.region, self._context, self._settings)
        signing = signing_for(name, self._context, self._settings, chosen, reading=reading)
        return Account(name._replace(key=""), endpoint, signing)
