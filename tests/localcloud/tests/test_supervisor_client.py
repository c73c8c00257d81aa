"""``LocalCloud``: what tests, demo and benchmarks reach the local cloud with."""

from __future__ import annotations

import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from tests.conftest import StartCloud
from tests.localcloud.client import CloudNotStarted, FunctionError, LocalCloud
from tests.localcloud.patience import eventually
from tests.localcloud.tidiness import BYSTANDER, leaving_no_trace

CODE = """
import json, time

def handler(event, context):
    asked = json.loads(event)
    if "fail" in asked:
        raise ValueError(asked["fail"])
    return asked

def initializer(context):
    pass
"""


@pytest.fixture
def echo(start_cloud: StartCloud, tmp_path: Path) -> LocalCloud:
    """A cloud whose function returns its event, or fails as the event says."""
    (tmp_path / "index.py").write_text(CODE)
    return start_cloud(code=tmp_path, env={"A": "b"}, instances=2)


def test_the_reply_of_an_invocation_comes_back(echo: LocalCloud) -> None:
    """And the invocation can be found among the calls since a moment."""
    before = time.time()
    assert echo.invoke({"ключ": [1]}) == {"ключ": [1]}
    calls = echo.invocations(since=before)
    assert [(call["status"], call["error_type"]) for call in calls] == [(200, None)]
    assert echo.invocations(since=time.time()) == []
    assert len(echo.instances()) == 1


def test_an_error_of_the_function_is_an_exception(echo: LocalCloud) -> None:
    """With the type and the sentence that the caller of a function sees."""
    with pytest.raises(FunctionError, match="ValueError: on purpose") as failed:
        echo.invoke({"fail": "on purpose"})
    assert (failed.value.error_type, failed.value.message) == ("ValueError", "on purpose")
    assert (failed.value.status, bool(failed.value.request_id)) == (200, True)


def test_a_refusal_of_fc_is_an_exception(echo: LocalCloud) -> None:
    """With FC's code and status."""
    echo.faults("fc", [{"status": 403, "code": "AccessDenied", "message": "not you"}])
    with pytest.raises(FunctionError) as refused:
        echo.invoke({})
    assert (refused.value.error_type, refused.value.status) == ("AccessDenied", 403)


def test_files_are_served_from_where_the_client_puts_them(
    cloud: LocalCloud, tmp_path: Path
) -> None:
    """Bytes or a path in, a URL out."""
    (tmp_path / "source").write_bytes(b"from a file")
    for content in (b"from memory", tmp_path / "source"):
        url = cloud.serve_file("a folder/b+c%.bin", content)
        with urllib.request.urlopen(url) as reply:
            wanted = content if isinstance(content, bytes) else content.read_bytes()
            assert reply.read() == wanted
    assert cloud.origin_requests(url)["bytes"] == len(b"from memory" + b"from a file")


def test_generated_files_have_urls_with_behaviours(cloud: LocalCloud) -> None:
    """Seed, size, name and as many groups as wanted."""
    url = cloud.generated("s", 100, "range:ignored,etag:weak", "status:503,first:1", name="a b")
    assert url.endswith("/random/s/100/a%20b?as=range:ignored,etag:weak&as=status:503,first:1")
    with pytest.raises(urllib.error.HTTPError, match="503"):
        urllib.request.urlopen(url)
    with urllib.request.urlopen(url) as reply:
        assert len(reply.read()) == 100


def test_a_bad_fault_is_an_error_at_once(cloud: LocalCloud) -> None:
    """A misspelt rule does not wait to be missed."""
    with pytest.raises(ValueError, match="statsu"):
        cloud.faults("origin", [{"statsu": 503}])


def test_a_cloud_that_cannot_start_says_why(start_cloud: StartCloud) -> None:
    """What ``up`` wrote to stderr is in the exception."""
    with pytest.raises(CloudNotStarted, match="start-rate"):
        start_cloud(start_rate="fast")


@pytest.mark.usefixtures("tidy")
def test_a_test_that_tidies_up_passes(cloud: LocalCloud) -> None:
    """Faults are taken back for it, objects of its own may stay."""
    cloud.bucket.put_object("mine", b"data")
    cloud.faults("oss", [{"status": 503}])


def test_an_upload_that_stays_open_is_noticed(cloud: LocalCloud) -> None:
    """The check that every test of the whole system ends with."""
    with pytest.raises(AssertionError, match="left open"), leaving_no_trace(cloud):
        upload = cloud.bucket.init_multipart_upload("forgotten")
    cloud.bucket.abort_multipart_upload("forgotten", upload.upload_id)


def test_a_changed_bystander_is_noticed(cloud: LocalCloud) -> None:
    """Writing an object that nobody asked for."""
    with pytest.raises(AssertionError, match="bystander"), leaving_no_trace(cloud):
        cloud.bucket.put_object(BYSTANDER, b"something else")


def test_patience_ends_with_the_last_sight() -> None:
    """What was seen at last says why the waiting was in vain."""
    with pytest.raises(AssertionError, match="'nearly'"):
        eventually(lambda: "nearly", wanted=lambda seen: seen == "done", within=0.05)
