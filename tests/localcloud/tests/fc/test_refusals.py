"""What the local FC refuses, as the service does: each test fails if the call is accepted."""

from __future__ import annotations

import base64
import hmac
import json
import time
from collections.abc import Callable, Iterator
from email.utils import formatdate
from pathlib import Path
from typing import Any

import fc2
import pytest
import requests
from alibabacloud_tea_openapi import exceptions as tea_exceptions
from alibabacloud_tea_openapi.utils import Utils

from tests.localcloud.credentials import issue
from tests.localcloud.tests.fc.fc_cloud import SECRET, FcCloud, running_fc, template

ECHO = b'{"do": "echo"}'
FC2_PATH = "/2016-08-15/services/ossferry/functions/ossferry/invocations"
FC3_PATH = "/2023-03-30/functions/ossferry/invocations"
MB = 1024 * 1024


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FcCloud]:
    document = template(asyncInvokeConfig={"maxAsyncRetryAttempts": 0})
    with running_fc(tmp_path_factory.mktemp("fc"), document) as running:
        yield running


def refused2(call: Callable[..., Any], *args: Any, **kwargs: Any) -> tuple[int, str]:
    """Return status and code of a refusal as the 2.0 SDK reads it."""
    with pytest.raises(fc2.FcError) as caught:
        call(*args, **kwargs)
    assert caught.value.request_id
    return caught.value.status_code, caught.value.err_code


def refused3(call: Callable[..., Any], *args: Any, **kwargs: Any) -> tuple[int, str]:
    """Return status and code of a refusal as the 3.0 SDK reads it."""
    with pytest.raises(tea_exceptions.AlibabaCloudException) as caught:
        call(*args, **kwargs)
    assert caught.value.request_id
    return caught.value.status_code, caught.value.code


def invoke2(client: Any, service: str = "ossferry", function: str = "ossferry") -> Any:
    return client.invoke_function(service, function, ECHO)


def sent(cloud: FcCloud, path: str = FC2_PATH, **kwargs: Any) -> tuple[int, dict[str, Any]]:
    """Send a request as it is, for what no SDK would send."""
    url = cloud.config.fc_endpoint + path
    answer = requests.post(url, data=kwargs.pop("data", ECHO), timeout=20, **kwargs)
    return answer.status_code, answer.json()


def signed_fc2(
    path: str = FC2_PATH, *, date: str = "", headers: dict[str, str] | None = None
) -> dict[str, str]:
    """Return headers that are signed as the 2.0 API wants it."""
    date = date or formatdate(usegmt=True)
    ours = sorted((headers or {}).items())
    lines = ["POST", "", "application/json", date, *(f"{k}:{v}" for k, v in ours), path]
    digest = hmac.digest(SECRET.encode(), "\n".join(lines).encode(), "sha256")
    authorization = f"FC LOCALACCESSKEYID:{base64.b64encode(digest).decode()}"
    content_type = {"content-type": "application/json"}
    return {"date": date, "authorization": authorization, **content_type, **(headers or {})}


def test_wrong_secret(cloud: FcCloud) -> None:
    """Neither API accepts a signature that was made with another secret."""
    expected = (403, "SignatureNotMatch")
    assert refused2(invoke2, cloud.fc2(secret="wrong")) == expected
    assert refused3(cloud.call_fc3, client=cloud.fc3(secret="wrong")) == expected


def test_unknown_key(cloud: FcCloud) -> None:
    """Only the account's own key is known, and temporary keys need their token."""
    expected = (403, "InvalidAccessKeyID")
    temporary = issue(cloud.config.root_secret, None, time.time() + 60)
    for key, secret in [("other", SECRET), (temporary.access_key_id, temporary.access_key_secret)]:
        assert refused2(invoke2, cloud.fc2(key, secret)) == expected
        assert refused3(cloud.call_fc3, client=cloud.fc3(key, secret)) == expected


def test_altered_or_foreign_token(cloud: FcCloud) -> None:
    """A token counts only as it was issued, by this cloud and for its own key."""
    mine = issue(cloud.config.root_secret, None, time.time() + 60)
    other = issue(cloud.config.root_secret, None, time.time() + 60)
    foreign = issue("another cloud's secret", None, time.time() + 60)
    middle = len(mine.security_token) // 2
    flipped = "A" if mine.security_token[middle] != "A" else "B"
    altered = mine.security_token[:middle] + flipped + mine.security_token[middle + 1 :]
    for keys in [
        (mine.access_key_id, mine.access_key_secret, altered),
        (mine.access_key_id, mine.access_key_secret, other.security_token),
        (foreign.access_key_id, foreign.access_key_secret, foreign.security_token),
    ]:
        expected = (403, "InvalidAccessKeyID")
        assert refused2(invoke2, cloud.fc2(*keys)) == expected
        assert refused3(cloud.call_fc3, client=cloud.fc3(*keys)) == expected


def test_expired_credentials(cloud: FcCloud) -> None:
    """Temporary credentials end."""
    given = issue(cloud.config.root_secret, None, time.time() - 1)
    keys = given.access_key_id, given.access_key_secret, given.security_token
    assert refused2(invoke2, cloud.fc2(*keys)) == (403, "AccessDenied")
    assert refused3(cloud.call_fc3, client=cloud.fc3(*keys)) == (403, "AccessDenied")


def test_unsigned(cloud: FcCloud) -> None:
    """A request without authorization is nobody's, and each API words it in its own way."""
    status, body = sent(cloud)
    assert (status, body["ErrorCode"]) == (403, "AccessDenied")
    status, body = sent(cloud, FC3_PATH)
    assert (status, body["Code"]) == (403, "AccessDenied")
    assert set(body) == {"Code", "Message", "RequestId"}


def test_clock_skew_of_more_than_15_minutes(cloud: FcCloud) -> None:
    """An old signature is refused though it is right; a slightly old one is not."""
    old, recent = (formatdate(time.time() - age, usegmt=True) for age in (901, 880))
    assert sent(cloud, headers=signed_fc2(date=old))[0] == 403
    assert sent(cloud, headers=signed_fc2(date=recent))[0] == 200


def test_missing_date(cloud: FcCloud) -> None:
    """What the signature cannot do without has to be there."""
    headers = signed_fc2()
    del headers["date"]
    status, body = sent(cloud, headers=headers)
    assert (status, body["ErrorCode"]) == (400, "MissingRequiredHeader")


def test_header_of_fc_that_was_not_signed(cloud: FcCloud) -> None:
    """Nobody on the way can turn a call into another kind of call."""
    status, body = sent(cloud, headers={**signed_fc2(), "x-fc-invocation-type": "Async"})
    assert (status, body["ErrorCode"]) == (403, "SignatureNotMatch")


def signed_fc3(cloud: FcCloud, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Return the headers of a request that the 3.0 SDK signed and sent."""
    kept: dict[str, str] = {}
    send = requests.Session.send

    def keep(session: requests.Session, request: requests.PreparedRequest, **kwargs: Any) -> Any:
        kept.update(request.headers)
        return send(session, request, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(requests.Session, "send", keep)
        cloud.call_fc3(ECHO)
    return kept


def test_body_that_was_not_signed(cloud: FcCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    """The 3.0 signature covers the body, through its digest."""
    headers = signed_fc3(cloud, monkeypatch)
    assert sent(cloud, FC3_PATH, headers=headers)[0] == 200
    altered = b'{"do": "ecHo"}'
    assert sent(cloud, FC3_PATH, headers=headers, data=altered)[0] == 400
    digest = Utils.hex_encode(Utils.hash(altered, "ACS3-HMAC-SHA256"))
    status, body = sent(
        cloud, FC3_PATH, headers={**headers, "x-acs-content-sha256": digest}, data=altered
    )
    assert (status, body["Code"]) == (403, "SignatureNotMatch")


def test_query_or_header_of_the_scheme_that_was_not_signed(
    cloud: FcCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The 3.0 signature covers the query, and every header of the scheme has to be covered."""
    headers = signed_fc3(cloud, monkeypatch)
    status, body = sent(cloud, f"{FC3_PATH}?qualifier=LATEST", headers=headers)
    assert (status, body["Code"]) == (403, "SignatureNotMatch")
    status, body = sent(cloud, FC3_PATH, headers={**headers, "x-acs-other": "value"})
    assert (status, body["Code"]) == (403, "AccessDenied")


@pytest.mark.parametrize(
    ("service", "function", "code"),
    [
        ("other", "ossferry", "ServiceNotFound"),
        ("ossferry", "other", "FunctionNotFound"),
        ("ossferry.canary", "ossferry", "AliasNotFound"),
        ("ossferry.3", "ossferry", "VersionNotFound"),
    ],
)
def test_fc2_target_that_does_not_exist(
    cloud: FcCloud, service: str, function: str, code: str
) -> None:
    """Service, function and qualifier each have their own 404."""
    assert refused2(invoke2, cloud.fc2(), service, function) == (404, code)


@pytest.mark.parametrize(
    ("function", "qualifier", "code"),
    [
        ("other", None, "FunctionNotFound"),
        ("other$ossferry", None, "ServiceNotFound"),
        ("ossferry", "canary", "AliasNotFound"),
        ("ossferry", "3", "VersionNotFound"),
    ],
)
def test_fc3_target_that_does_not_exist(
    cloud: FcCloud, function: str, qualifier: str | None, code: str
) -> None:
    """A function or a qualifier that is not deployed is a 404."""
    found = refused3(cloud.call_fc3, ECHO, function, qualifier=qualifier)
    assert found == (404, code)


def test_path_that_is_no_api(cloud: FcCloud) -> None:
    """An unknown path is refused in JSON, as the SDKs need it."""
    status, body = sent(cloud, "/2016-08-15/services/ossferry")
    assert (status, body["ErrorCode"]) == (400, "PathNotSupported")


def test_payload_over_32_mb(cloud: FcCloud) -> None:
    """A synchronous payload has 32 MB at most, in both APIs and also without a length."""
    largest = b'{"do": "big", "bytes": 1}'.ljust(32 * MB)
    assert cloud.fc2().invoke_function("ossferry", "ossferry", largest).data == b"x"
    expected = (400, "EntityTooLarge")
    too_large = largest + b" "
    call = cloud.fc2().invoke_function
    assert refused2(call, "ossferry", "ossferry", too_large) == expected
    assert refused3(cloud.call_fc3, too_large) == expected


def test_asynchronous_payload_over_128_kb(cloud: FcCloud) -> None:
    """An asynchronous payload has 128 KB at most."""
    largest = ECHO.ljust(128 * 1024)
    assert cloud.call_fc3(largest, x_fc_invocation_type="Async").status_code == 202
    found = refused3(cloud.call_fc3, largest + b" ", x_fc_invocation_type="Async")
    assert found == (400, "EntityTooLarge")


@pytest.mark.parametrize("header", ["x-fc-invocation-type", "x-fc-log-type"])
def test_header_with_a_value_that_does_not_exist(cloud: FcCloud, header: str) -> None:
    """A misspelt option is an error, not the default."""
    status, body = sent(cloud, headers=signed_fc2(headers={header: "sync"}))
    assert (status, body["ErrorCode"]) == (400, "InvalidArgument")


@pytest.mark.parametrize("delay", ["-1", "3601", "soon"])
def test_delay_that_is_out_of_range(cloud: FcCloud, delay: str) -> None:
    """An asynchronous call waits an hour at most."""
    headers = {"x-fc-async-delay": delay, "x-fc-invocation-type": "Async"}
    status, body = sent(cloud, headers=signed_fc2(headers=headers))
    assert (status, body["ErrorCode"]) == (400, "InvalidArgument")


def policy(*resources: str, effect: str = "Allow") -> dict[str, Any]:
    statement = {"Effect": effect, "Action": "fc:InvokeFunction", "Resource": list(resources)}
    return {"Version": "1", "Statement": [statement]}


def test_policy_decides_what_a_function_may_call(tmp_path: Path) -> None:
    """Temporary credentials carry the role's policy, whose resource differs between the APIs."""
    path = tmp_path / "policy.json"
    path.write_text(json.dumps(policy("acs:fc:*:*:services/ossferry.*/functions/*")))
    with running_fc(tmp_path, policy=str(path)) as cloud:
        given = cloud.call("describe")["credentials"]
        keys = given["access_key_id"], given["access_key_secret"], given["security_token"]
        assert invoke2(cloud.fc2(*keys)).data
        assert refused3(cloud.call_fc3, client=cloud.fc3(*keys)) == (403, "AccessDenied")


def test_policy_without_a_matching_statement(cloud: FcCloud) -> None:
    """What no statement allows is denied, whether the function exists or not."""
    narrow = policy("acs:fc:cn-hangzhou:1234567890123456:functions/another")
    given = issue(cloud.config.root_secret, narrow, time.time() + 60)
    keys = given.access_key_id, given.access_key_secret, given.security_token
    assert refused2(invoke2, cloud.fc2(*keys)) == (403, "AccessDenied")
    found = refused3(cloud.call_fc3, client=cloud.fc3(*keys), function="unknown")
    assert found == (403, "AccessDenied")
