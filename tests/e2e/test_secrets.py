"""Secrets of a source, and those of the function itself, are shown nowhere.

The other tests look for them in every reply, error and log too; these make sure that there is
something to look for, and that looking works.
"""

from __future__ import annotations

import time

import pytest

from ossferry.copying.copy_job import COPY_VERSION
from tests.e2e.canary import CANARY, secrets_in
from tests.e2e.spotless import log_of
from tests.e2e.transfers import refused, transferred
from tests.localcloud.client import LocalCloud

PART = 100 * 1024
FAILURES = (
    "status:404",
    "status:500",
    "status:403,after:1",
    "version:2,after:2",
    "redirect:loop",
    f"redirect:1,location:ftp%3A//host/{CANARY}",
    f"redirect:1,location:http%3A//127.0.0.1%3A1/{CANARY}",
)


def secret_url(cloud: LocalCloud, seed: str, *behaviours: str) -> str:
    """Return a URL with secrets in every place that a URL has for them."""
    url = cloud.generated(seed, 3 * PART, *behaviours)
    asked = "&" if "?" in url else "?"
    return f"{url}{asked}signature={CANARY}".replace("http://", f"http://{CANARY}:{CANARY}@")


def printed_since(cloud: LocalCloud, started: float) -> str:
    """Return all that the function has printed, in every role."""
    calls = cloud.invocations(since=started)
    assert calls
    return "".join(log_of(cloud, call["request_id"]) for call in calls)


def test_success_shows_no_secret(eager_cloud: LocalCloud, key: str) -> None:
    """Neither the reply nor a log has the query, the password, a header, or a signed URL."""
    started = time.time()
    headers = {"X-Secret": CANARY, "Cookie": CANARY}
    url = secret_url(eager_cloud, "secret")
    reply = transferred(eager_cloud, url, key, part_size=PART, streams=1, source_headers=headers)
    assert reply["children"]["invocations"] > 0
    assert reply["source"]["url"] == eager_cloud.generated("secret", 3 * PART)
    printed = printed_since(eager_cloud, started)
    assert "transfer.done" in printed
    assert not secrets_in(printed, eager_cloud)


# Without the canary in the name of the test, which is that of the object: names are no secret.
@pytest.mark.parametrize("failure", FAILURES, ids=lambda each: each.replace(CANARY, "secret"))
def test_failure_shows_no_secret(eager_cloud: LocalCloud, key: str, failure: str) -> None:
    """An error names the source without what is secret of it, and so does the log."""
    started = time.time()
    url = secret_url(eager_cloud, "secret", failure)
    error = refused(eager_cloud, url, key, part_size=PART, streams=1)
    assert eager_cloud.generated("secret", 3 * PART) in error.message
    printed = printed_since(eager_cloud, started)
    assert error.error_type in printed
    assert not secrets_in(printed, eager_cloud)


def test_connection_that_fails_shows_no_secret(cloud: LocalCloud, key: str) -> None:
    """Where nobody listens, the error names host and path only."""
    url = f"http://{CANARY}:{CANARY}@127.0.0.1:1/path?signature={CANARY}"
    error = refused(cloud, url, key)
    assert error.error_type == "SourceBusy"
    assert "http://127.0.0.1:1/path" in error.message


@pytest.mark.parametrize(
    "url",
    [
        f"http://{CANARY}:{CANARY}@[::1/path?signature={CANARY}",
        f"http://127.0.0.1:{CANARY}/path",
        f"ftp://{CANARY}@127.0.0.1/path",
        f"http://{'a' * 70}.{CANARY}/",
    ],
)
def test_url_that_is_broken_is_not_quoted(cloud: LocalCloud, key: str, url: str) -> None:
    """What cannot be read as a URL cannot be redacted, so it is not shown at all."""
    error = refused(cloud, url, key)
    assert error.error_type == "InvalidEvent"
    assert error.message.startswith("source_url")


def test_copy_job_that_is_broken_is_not_quoted(cloud: LocalCloud) -> None:
    """A child that is asked nonsense shows none of the signed URLs in it."""
    started = time.time()
    job = {
        "kind": "copy",
        "version": COPY_VERSION,
        "source": {"url": f"x?{CANARY}"},
        "parts": [CANARY],
    }
    with pytest.raises(Exception, match="copy job") as caught:
        cloud.invoke(job)
    assert not secrets_in(str(caught.value), cloud)
    assert not secrets_in(printed_since(cloud, started), cloud)


def test_secrets_are_found_where_there_are_some(cloud: LocalCloud) -> None:
    """What all of these tests rely on."""
    signed = cloud.bucket.sign_url("GET", "key", 60)
    for shown in (CANARY, cloud.access_key_secret, "CAISabc", signed):
        assert secrets_in(f"some text {shown} more text", cloud)
