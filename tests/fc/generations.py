"""The two generations of Function Compute, as an invocation of either finds itself."""

from __future__ import annotations

from dataclasses import dataclass

from ossferry.byte_range import ByteRange
from ossferry.context import Context, Credentials
from ossferry.copying.copy_job import CopiedPart, CopyJob, CopyResult, PartJob, SourceRef
from ossferry.urls import Url

CANARY = "C4n4ry"
TIMEOUT = 600.0
JOB = CopyJob(
    SourceRef(Url(f"http://h/x?{CANARY}")),
    (PartJob(1, ByteRange(0, 5), Url(f"http://oss/k?{CANARY}")),),
    streams=2,
    seconds=5.5,
)
RESULT = CopyResult((CopiedPart(1, 5, "e", 7, confirmed=True),), retried=1)


@dataclass(frozen=True)
class Generation:
    """How its API names the function, its headers and the code of an error."""

    name: str
    service: str | None
    path: str
    token: str
    scheme: str
    code: str
    task: str

    def context(
        self, function: str = "ferry", qualifier: str | None = "LATEST", timeout: float = TIMEOUT
    ) -> Context:
        """Return who the caller is."""
        return Context(
            request_id="r",
            region="cn-hangzhou",
            account_id="123",
            service=self.service,
            function=function,
            qualifier=qualifier,
            timeout=timeout,
            deadline=0,
            credentials=Credentials("STS.id", f"{CANARY}-secret", f"{CANARY}-token"),
        )


FC2 = Generation(
    name="FC 2.0",
    service="moving",
    path="/2016-08-15/services/moving.LATEST/functions/ferry/invocations",
    token="x-fc-security-token",
    scheme="FC STS.id:",
    code="ErrorCode",
    task="x-fc-stateful-async-invocation-id",
)
FC3 = Generation(
    name="FC 3.0",
    service=None,
    path="/2023-03-30/functions/ferry/invocations?qualifier=LATEST",
    token="x-acs-security-token",
    scheme="ACS3-HMAC-SHA256 Credential=STS.id,",
    code="Code",
    task="x-fc-async-task-id",
)
GENERATIONS = (FC2, FC3)
