"""Requests of FC's HTTP trigger, and the responses that it makes of what it is given."""

from __future__ import annotations

import json
from base64 import b64encode
from typing import Any

import pytest

import index
from ossferry.errors import ERROR_TYPES, FerryError, InvalidEvent, SourceGone, Unfinished
from ossferry.triggers.http_event import body_of, refusal, response
from tests.triggers.recorded import filled


def request(**changes: object) -> dict[str, Any]:
    return {**json.loads(filled("http")), **changes}


def test_the_body_is_the_event() -> None:
    """As text, or as what FC made base64 of."""
    assert body_of(request(body='{"a": "ü"}')) == '{"a": "ü"}'
    encoded = b64encode('{"a": "ü"}'.encode()).decode()
    assert body_of(request(body=encoded, isBase64Encoded=True)) == '{"a": "ü"}'.encode()


@pytest.mark.parametrize("body", ["", None, 5, {"source_url": "x"}])
def test_a_request_without_a_body_is_told_to_post_one(body: object) -> None:
    """Which is what somebody who opens the URL in a browser sees."""
    with pytest.raises(InvalidEvent, match="POST"):
        body_of(request(body=body))


@pytest.mark.parametrize("body", ["ü", "a", "a b c", "{}"])
def test_a_body_that_is_no_base64_is_refused(body: str) -> None:
    """Instead of being read as something else."""
    with pytest.raises(InvalidEvent, match="base64"):
        body_of(request(body=body, isBase64Encoded=True))


@pytest.mark.parametrize(("status", "code"), [("copied", 200), ("done", 200), ("handed_over", 202)])
def test_a_reply_is_a_response(status: str, code: int) -> None:
    """What goes on without the caller is accepted, and not yet done."""
    found = response({"status": status, "key": "ключ"})
    assert found["statusCode"] == code
    assert json.loads(str(found["body"])) == {"status": status, "key": "ключ"}


@pytest.mark.parametrize("name", sorted(ERROR_TYPES))
def test_every_error_is_a_response_with_a_status_of_its_kind(name: str) -> None:
    """What may pass asks for a second try; what the event has wrong does not."""
    error = ERROR_TYPES[name]("a sentence")
    found = refusal(error)
    assert json.loads(str(found["body"])) == {"errorType": name, "errorMessage": "a sentence"}
    status = found["statusCode"]
    assert isinstance(status, int)
    assert 400 <= status < 600
    if error.retryable and name != "PartDamaged":
        assert status in (429, 503)


def test_an_error_has_the_status_of_what_it_is_a_kind_of() -> None:
    """A new error needs no row of its own."""

    class BucketGone(SourceGone):
        pass

    assert refusal(BucketGone(""))["statusCode"] == 404
    assert refusal(Unfinished(""))["statusCode"] == 504
    assert refusal(FerryError(""))["statusCode"] == 500


def handled(event: dict[str, Any]) -> tuple[int, Any]:
    found = json.loads(index.handler(json.dumps(event).encode(), None))
    return found["statusCode"], json.loads(found["body"])


def test_whatever_goes_wrong_is_a_response(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before any event is read, too: a setting that makes no sense, say."""
    monkeypatch.setenv("OSSFERRY_STREAMS", "none")
    status, error = handled(request(body="{}"))
    assert (status, error["errorType"]) == (500, "InvalidSettings")


def test_a_request_in_a_request_is_no_request() -> None:
    """It is an event like any other, and one that asks for nothing."""
    status, error = handled(request(body=json.dumps(request(body="{}"))))
    assert (status, error["errorType"]) == (400, "InvalidEvent")
