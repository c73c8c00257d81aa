"""One request as the handlers see it, and the server that they work on."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace

from aiohttp import web

from tests.localcloud.clock import Clock
from tests.localcloud.config import CloudConfig
from tests.localcloud.faults import Fault
from tests.localcloud.oss.disk import Disk
from tests.localcloud.oss.notifier import Notifier
from tests.localcloud.oss.rules import access, traffic
from tests.localcloud.oss.rules.authentication import Caller
from tests.localcloud.oss.rules.buckets import Bucket, Catalogue
from tests.localcloud.oss.rules.known import Operation
from tests.localcloud.oss.rules.listing import MOST_PER_PAGE
from tests.localcloud.oss.rules.notifications import Happening
from tests.localcloud.oss.rules.target import Target
from tests.localcloud.wire import FAULT


@dataclass(slots=True)
class OssServer:
    """Everything that lives as long as the server."""

    config: CloudConfig
    disk: Disk
    threads: Executor
    notifier: Notifier
    clock: Clock = field(default_factory=Clock)
    catalogue: Catalogue = field(default_factory=Catalogue)
    requests: Counter[str] = field(default_factory=Counter)
    # How often each object was to be restored, by the status of the answer: "bucket/key" first.
    restores: defaultdict[str, Counter[int]] = field(default_factory=lambda: defaultdict(Counter))
    # Bytes that were asked for of Archive objects as they are; billed dearly, sent or not.
    read_directly: int = 0
    # Objects on a page of a list, at most: what was asked for is an upper limit only.
    most_listed: int = MOST_PER_PAGE


@dataclass(frozen=True, slots=True)
class Call:
    """A request whose caller is known and allowed to make it."""

    server: OssServer
    region: str
    request: web.Request
    request_id: str
    target: Target
    headers: Mapping[str, str]
    operation: Operation
    caller: Caller

    @property
    def bucket(self) -> Bucket:
        return self.server.catalogue.get(self.target.bucket, self.region)

    @property
    def key(self) -> str:
        return self.target.key

    @property
    def now(self) -> float:
        return self.server.clock.now()

    @property
    def fault(self) -> Fault | None:
        """What goes wrong with the data, a client's own limit to its speed included."""
        fault: Fault | None = self.request.get(FAULT)
        limit = self.headers.get(traffic.HEADER) or self.parameter(traffic.HEADER)
        if not limit:
            return fault
        rate = traffic.bytes_per_second(limit)
        if fault is None:
            return Fault("oss", bytes_per_second=rate)
        return replace(fault, bytes_per_second=min(rate, fault.bytes_per_second or rate))

    @property
    def forbids_overwrite(self) -> bool:
        return self.headers.get("x-oss-forbid-overwrite", "").lower() == "true"

    def parameter(self, name: str) -> str:
        """Return a query parameter, empty when it is missing."""
        return self.target.query.get(name, "")

    def require(self, action: str, bucket: str, key: str = "") -> None:
        """Refuse unless the caller may also do this; the call's own action was checked before."""
        account = self.server.config.account_id
        name = access.resource(self.region, account, bucket, key)
        access.check_policy(self.caller, action, name)

    def announce(self, event: str, key: str, size: int = 0, etag: str = "", delta: int = 0) -> None:
        """Tell whoever asked to be told that something happened to an object."""
        config, peer = self.server.config, self.request.remote or ""
        self.server.notifier.announce(
            Happening(
                name=event,
                bucket=self.target.bucket,
                key=key,
                size=size,
                etag=etag,
                delta=delta,
                moment=self.now,
                region=self.region,
                account_id=config.account_id,
                request_id=self.request_id,
                address=peer,
            )
        )


Handler = Callable[[Call], Awaitable[web.StreamResponse]]
