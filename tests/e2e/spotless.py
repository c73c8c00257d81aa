"""What must hold on a cloud after every test: nothing open, nothing running, nothing shown.

``leaving_no_trace`` looks at OSS and at busy instances; this adds the processes that a
coordinator forks, the bar on memory, and secrets in what the function printed.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator

import oss2
import requests

from tests.e2e.canary import secrets_in
from tests.localcloud.client import LocalCloud
from tests.localcloud.patience import eventually
from tests.localcloud.tidiness import leaving_no_trace

MOST_RSS_MB = 128


@contextlib.contextmanager
def staying_spotless(cloud: LocalCloud) -> Iterator[None]:
    """Check a cloud after a test, whatever happened in it."""
    started = time.time()
    try:
        with leaving_no_trace(cloud):
            yield
    finally:
        abort_uploads(cloud)  # or one test's failure would be the next one's too
    eventually(lambda: _forked(cloud), wanted=lambda forked: not forked)
    sizes = [each["rss_mb"] for each in cloud.instances()]
    assert max(sizes, default=0) <= MOST_RSS_MB, f"of {sizes} MB at most {MOST_RSS_MB} are good"
    for invocation in cloud.invocations(since=started):
        shown = secrets_in(log_of(cloud, invocation["request_id"]), cloud)
        assert not shown, f"the log of a {invocation['role']} shows {shown}"


def abort_uploads(cloud: LocalCloud) -> None:
    """Abort all open uploads of the bucket."""
    for upload in oss2.MultipartUploadIterator(cloud.bucket):
        cloud.bucket.abort_multipart_upload(upload.key, upload.upload_id)


def log_of(cloud: LocalCloud, request_id: str) -> str:
    """Return what an invocation printed."""
    reply = requests.get(f"{cloud.fc_endpoint}/-/invocations/{request_id}/log", timeout=30)
    reply.raise_for_status()
    return reply.text


def _forked(cloud: LocalCloud) -> list[int]:
    return [instance["pid"] for instance in cloud.instances() if instance["children"]]
