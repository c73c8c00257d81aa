"""Credentials for a source are sent where they were given for, and nowhere else."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest

from tests.e2e.canary import CANARY
from tests.e2e.contents import bytes_of
from tests.e2e.transfers import refused, stored, transferred
from tests.localcloud.client import LocalCloud

PART = 100 * 1024
SIZE = 5 * PART
HEADERS = {"Authorization": f"Bearer {CANARY}", "Cookie": f"session={CANARY}"}


def test_source_headers_are_sent_with_every_range(eager_cloud: LocalCloud, key: str) -> None:
    """The coordinator and the children ask as the event says."""
    url = eager_cloud.generated("headers", SIZE, "auth:required")
    reply = transferred(eager_cloud, url, key, part_size=PART, streams=1, source_headers=HEADERS)
    assert stored(eager_cloud, key) == bytes_of("headers", SIZE)
    assert reply["children"]["invocations"] > 0
    asked = eager_cloud.origin_requests(url)["requests"]
    assert all(each["authorization"] and each["cookie"] for each in asked)


def test_user_and_password_in_the_url_are_sent_as_basic_authorization(
    eager_cloud: LocalCloud, key: str
) -> None:
    """``user:password@`` before the host works, in every range, and is in no reply."""
    url = eager_cloud.generated("userinfo", SIZE, "auth:required")
    with_userinfo = url.replace("http://", f"http://someone:{CANARY}@")
    reply = transferred(eager_cloud, with_userinfo, key, part_size=PART, streams=1)
    assert stored(eager_cloud, key) == bytes_of("userinfo", SIZE)
    assert urlsplit(reply["source"]["url"]).username is None


def test_source_that_wants_credentials_refuses_without_them(cloud: LocalCloud, key: str) -> None:
    """The error is final and says what to look at."""
    error = refused(cloud, cloud.generated("none", 1, "auth:required"), key)
    assert error.error_type == "SourceRefused"
    assert "source_headers" in error.message


@pytest.mark.parametrize("userinfo", ["", f"someone:{CANARY}@"], ids=["headers", "userinfo"])
def test_credentials_are_dropped_when_a_redirect_leaves_the_host(
    eager_cloud: LocalCloud, key: str, userinfo: str
) -> None:
    """The first host gets them, the host that it redirects to does not."""
    url = eager_cloud.generated(f"other-{len(userinfo)}", SIZE, "redirect:1,to:other-host")
    fields: dict[str, object] = {} if userinfo else {"source_headers": HEADERS}
    with_userinfo = url.replace("http://", f"http://{userinfo}")
    transferred(eager_cloud, with_userinfo, key, part_size=PART, streams=1, **fields)
    asked = eager_cloud.origin_requests(url)["requests"]
    first = urlsplit(url).netloc
    there = [each for each in asked if each["host"] == first]
    elsewhere = [each for each in asked if each["host"] != first]
    assert there
    assert elsewhere
    assert all(each["authorization"] for each in there)
    assert not any(each["authorization"] or each["cookie"] for each in elsewhere)


def test_credentials_stay_when_a_redirect_stays_with_the_host(
    eager_cloud: LocalCloud, key: str
) -> None:
    """A redirect within the host is still the server that the credentials are for."""
    url = eager_cloud.generated("same", SIZE, "redirect:2,auth:required")
    transferred(eager_cloud, url, key, part_size=PART, source_headers=HEADERS)
    assert stored(eager_cloud, key) == bytes_of("same", SIZE)
