"""Requests to Function Compute, judged by the local cloud's own reading of its documents."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ossferry_cli.fc.signing import signed_2_0, signed_3_0
from ossferry_cli.fc.tasks import Task
from ossferry_cli.function import Keys
from tests.localcloud.fc.signatures import SignedRequest, claim_of, expected_signature

KEYS = Keys("the-id", "very-secret", "a-token")
NOW = 1_700_000_000.0
values = st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=20)


@given(values, st.dictionaries(st.sampled_from(["limit", "prefix", "nextToken"]), values))
def test_signatures_of_3_0_are_right(name: str, query: dict[str, str]) -> None:
    """Whatever is asked."""
    path = "/2023-03-30/functions/svc%24fn/async-tasks"
    headers = {"x-fc-async-task-id": name or "x"}
    sent = signed_3_0("GET", "example.org", path, query, headers, b"body", KEYS, NOW)
    request = SignedRequest("2023-03-30", "GET", path, [*query.items()], sent, b"body")
    claim = claim_of(request)
    assert claim.signature == expected_signature(claim, "2023-03-30", KEYS.access_key_secret)
    assert (claim.access_key_id, claim.security_token) == (KEYS.access_key_id, "a-token")
    assert "very-secret" not in str(sent)


@given(values)
def test_signatures_of_2_0_are_right(name: str) -> None:
    """With the decoded path."""
    path = "/2016-08-15/services/s/functions/f%20g/invocations"
    headers = {"X-Fc-Stateful-Async-Invocation-Id": name or "x"}
    sent = signed_2_0("POST", path, headers, KEYS, NOW)
    claim = claim_of(SignedRequest("2016-08-15", "POST", path, [], sent, b"body"))
    assert claim.signature == expected_signature(claim, "2016-08-15", KEYS.access_key_secret)
    assert "very-secret" not in str(sent)


@pytest.mark.parametrize("kind", ["task", "invocation"])
def test_tasks_are_read_as_both_generations_describe_them(kind: str) -> None:
    """An error may be a report in JSON, or a sentence."""
    document = {
        f"{kind}Id": "a",
        "status": "Failed",
        f"{kind}ErrorMessage": '{"errorType": "SourceGone", "errorMessage": "it is gone"}',
        f"{kind}Payload": '{"handover": [1, "first", 0]}',
        "startedTime": 1500,
    }
    task = Task.read(document)
    assert (task.id, task.error_type, task.error) == ("a", "SourceGone", "it is gone")
    assert (task.started, task.live, task.handed_over_by) == (1.5, False, "first")
    other = Task.read({**document, f"{kind}ErrorMessage": "plain", f"{kind}Payload": "{"})
    assert (other.error, other.event, other.handed_over_by) == ("plain", None, "")
