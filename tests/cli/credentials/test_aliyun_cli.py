"""The profiles of Alibaba Cloud CLI: every mode is keys, or a clear sentence."""

from __future__ import annotations

import contextlib
import http.server
import json
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ossferry_cli.credentials import CredentialsError, Found, find
from tests.cli.credentials.stores import ID, SECRET, TOKEN, cli, profile

ROLE = "acs:ram::1234567890123456:role/reader"


def found(home: Path, name: str | None = None, **environ: str) -> Found:
    return find(name, environ, home, folder=home)


@pytest.mark.parametrize("mode", ["AK", "ak", "", "Ak"])
def test_static_keys(tmp_path: Path, mode: str) -> None:
    """The CLI compares modes without case; a token that an earlier mode left is none of theirs."""
    cli(tmp_path, profile(mode=mode, sts_token=TOKEN))
    keys = found(tmp_path).credentials
    assert (keys.access_key_id, keys.access_key_secret, keys.security_token) == (ID, SECRET, None)


def test_temporary_keys(tmp_path: Path) -> None:
    """With their token, without which they are of no use."""
    cli(tmp_path, profile(mode="StsToken", sts_token=TOKEN))
    assert found(tmp_path).credentials.security_token == TOKEN
    cli(tmp_path, profile(mode="StsToken"))
    with pytest.raises(CredentialsError, match="lacks a part of its keys: run aliyun configure"):
        found(tmp_path)


def test_the_current_profile_is_taken(tmp_path: Path) -> None:
    """And "default" where no other is."""
    cli(tmp_path, profile(), profile("b", access_key_id="other-key-1234"), current="b")
    assert found(tmp_path).credentials.access_key_id == "other-key-1234"
    cli(tmp_path, profile(), current="")
    assert found(tmp_path).credentials.access_key_id == ID


@pytest.mark.parametrize("mode", ["BearerToken", "Anonymous", "RsaKeyPair", "ZeroTrust"])
def test_modes_that_give_no_keys(tmp_path: Path, mode: str) -> None:
    """Each is a sentence that names the profile."""
    cli(tmp_path, profile(mode=mode))
    with pytest.raises(CredentialsError, match=r"profile 'default' .* --profile"):
        found(tmp_path)


def test_an_empty_profile_is_nothing(tmp_path: Path) -> None:
    """What ``aliyun configure`` leaves that was ended before a key was typed."""
    cli(tmp_path, profile(access_key_id="", access_key_secret=""))
    with pytest.raises(CredentialsError, match=r"has no keys\): run aliyun configure"):
        found(tmp_path)


def test_a_chain_that_leads_nowhere(tmp_path: Path) -> None:
    """Back to itself, or to a profile that is not there."""
    chain = {"mode": "ChainableRamRoleArn", "ram_role_arn": ROLE}
    cli(tmp_path, profile(source_profile="b", **chain), profile("b", source_profile="c", **chain))
    with pytest.raises(CredentialsError, match="'c', which is not there"):
        found(tmp_path)
    cli(
        tmp_path,
        profile(source_profile="b", **chain),
        profile("b", source_profile="default", **chain),
    )
    with pytest.raises(CredentialsError, match="leads back to itself"):
        found(tmp_path)


def test_a_role_needs_to_be_named(tmp_path: Path) -> None:
    """Before anybody is asked for it."""
    cli(tmp_path, profile(mode="RamRoleArn"))
    with pytest.raises(CredentialsError, match="has no ram_role_arn"):
        found(tmp_path)


class Answered:
    """What an SDK's transport is given instead of a network: one answer for each request."""

    def __init__(self, *documents: object) -> None:
        self.documents = [*documents]
        self.requests: list[Any] = []

    def __call__(self, request: Any, _options: object = None) -> Any:
        self.requests.append(request)
        document = self.documents.pop(0)
        text = document if isinstance(document, str) else json.dumps(document)
        return SimpleNamespace(status_code=200, body=text.encode())

    def queries(self) -> list[dict[str, Any]]:
        return [dict(each.query) for each in self.requests]


KEYS = {
    "AccessKeyId": "STS.temporary-1234",
    "AccessKeySecret": "another",
    "SecurityToken": TOKEN,
    "Expiration": "2099-01-01T00:00:00Z",
}


@pytest.fixture
def transport(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Answered]:
    """Answers instead of the network, for what the official package sends."""
    from Tea.core import TeaCore  # type: ignore[import-untyped]

    def answering(*documents: object) -> Answered:
        answered = Answered(*documents)
        monkeypatch.setattr(TeaCore, "do_action", answered)
        return answered

    return answering


def test_a_role_by_the_keys_of_the_profile(
    tmp_path: Path, transport: Callable[..., Answered]
) -> None:
    """STS is asked as that user, for that role; by another profile, as the role of that one."""
    sts = transport(*[{"Credentials": KEYS}] * 3)
    cli(
        tmp_path,
        profile(
            mode="ramrolearn",
            ram_role_arn=ROLE,
            ram_session_name="me",
            expired_seconds=900,
            external_id="x",
        ),
        profile("chained", mode="ChainableRamRoleArn", ram_role_arn=ROLE, source_profile="default"),
    )
    keys = found(tmp_path).credentials
    assert (keys.access_key_id, keys.access_key_secret) == ("STS.temporary-1234", "another")
    assert keys.security_token == TOKEN
    assert keys.source == "profile 'default' of Alibaba Cloud CLI"
    found(tmp_path, "chained")
    direct, first, second = sts.queries()
    wanted = {"Action": "AssumeRole", "RoleArn": ROLE, "RoleSessionName": "me"}
    assert direct.items() >= {**wanted, "AccessKeyId": ID, "ExternalId": "x"}.items()
    assert direct["DurationSeconds"] == "900"
    assert first["AccessKeyId"] == ID
    assert (second["AccessKeyId"], second["SecurityToken"]) == ("STS.temporary-1234", TOKEN)


def test_a_role_for_a_token(tmp_path: Path, transport: Callable[..., Answered]) -> None:
    """The session's name is where the CLI writes it; and the same by variables."""
    token = tmp_path / "token"
    token.write_text("a-token-of-somebody")
    sts = transport({"Credentials": KEYS}, {"Credentials": KEYS})
    fields = {"ram_role_arn": ROLE, "oidc_provider_arn": "p", "oidc_token_file": str(token)}
    cli(tmp_path, profile(mode="OIDC", ram_session_name="me", **fields))
    assert found(tmp_path).credentials.access_key_id == "STS.temporary-1234"
    environ = {
        "ALIBABA_CLOUD_ROLE_ARN": ROLE,
        "ALIBABA_CLOUD_OIDC_PROVIDER_ARN": "p",
        "ALIBABA_CLOUD_OIDC_TOKEN_FILE": str(token),
    }
    keys = found(tmp_path, **environ).credentials
    assert keys.source == "the variable ALIBABA_CLOUD_OIDC_TOKEN_FILE"
    assert [each["Action"] for each in sts.queries()] == ["AssumeRoleWithOIDC"] * 2
    assert [each["RoleSessionName"] for each in sts.queries()] == ["me", "ossferry"]
    assert sts.queries()[0]["OIDCToken"] == "a-token-of-somebody"


def test_the_role_of_a_machine(tmp_path: Path, transport: Callable[..., Answered]) -> None:
    """Only when asked: by an argument, a variable or a profile. No thread is left behind."""
    answer = {"Code": "Success", **KEYS}
    threads = threading.active_count()
    with pytest.raises(CredentialsError):
        found(tmp_path)
    metadata = transport("t", answer, "t", "machine", "t", answer, "t", answer)
    named = found(tmp_path, ALIBABA_CLOUD_ECS_METADATA="machine").credentials
    assert named.source == "the role machine of this ECS machine"
    asked = find(environ={}, home=tmp_path, folder=tmp_path, ecs_role=True).credentials
    assert asked.source == "the role of this ECS machine"
    cli(tmp_path, profile(mode="EcsRamRole", ram_role_name="machine"))
    assert found(tmp_path).credentials.access_key_id == "STS.temporary-1234"
    assert {each.headers["host"] for each in metadata.requests} == {"100.100.100.200"}
    assert threading.active_count() == threads


def test_single_sign_on(tmp_path: Path, transport: Callable[..., Answered]) -> None:
    """The CLI signs in; what it got is exchanged for keys. One that has expired says what to do."""
    sso = transport({"CloudCredential": KEYS})
    fields = {
        "cloud_sso_sign_in_url": "https://signin.example.com/x",
        "cloud_sso_account_id": "1",
        "cloud_sso_access_config": "ac-1",
        "access_token": "a-token-of-mine",
    }
    cli(tmp_path, profile(mode="CloudSSO", cloud_sso_access_token_expire=4_000_000_000, **fields))
    assert found(tmp_path).credentials.security_token == TOKEN
    assert sso.requests[0].headers["Authorization"] == "Bearer a-token-of-mine"
    cli(tmp_path, profile(mode="CloudSSO", cloud_sso_access_token_expire=1, **fields))
    with pytest.raises(CredentialsError, match="sign in again") as caught:
        found(tmp_path)
    assert "a-token-of-mine" not in str(caught.value)
    cli(tmp_path, profile(mode="cloudsso", **fields))
    with pytest.raises(CredentialsError, match="write CloudSSO for it"):
        found(tmp_path)


@contextlib.contextmanager
def answering(document: object, status: int = 200) -> Iterator[str]:
    """A server that answers everything so."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps(document).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/keys"
        finally:
            server.shutdown()
            thread.join()


def test_keys_of_a_url(tmp_path: Path) -> None:
    """By a profile, which the official package does not know as a mode, and by the variable."""
    given = {
        "Code": "Success",
        "AccessKeyId": "STS.of-the-url-1",
        "AccessKeySecret": SECRET,
        "SecurityToken": TOKEN,
        "Expiration": "2099-01-01T00:00:00Z",
    }
    with answering(given) as uri:
        cli(tmp_path, profile(mode="CredentialsURI", credentials_uri=uri))
        assert found(tmp_path).credentials.access_key_id == "STS.of-the-url-1"
        keys = found(tmp_path, ALIBABA_CLOUD_CREDENTIALS_URI=uri).credentials
    assert keys.source == "the variable ALIBABA_CLOUD_CREDENTIALS_URI"


def test_what_an_answer_holds_is_not_told(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """The package quotes whole answers; code and status are all that gets out."""
    leak = {"Code": "Forbidden", "AccessKeySecret": SECRET, "SecurityToken": TOKEN}
    with answering(leak, 403) as uri:
        cli(tmp_path, profile(mode="CredentialsURI", credentials_uri=f"{uri}?sign={SECRET}"))
        with pytest.raises(CredentialsError, match="status 403, Forbidden") as caught:
            found(tmp_path)
    printed = "".join(capfd.readouterr())
    assert SECRET not in f"{caught.value}{printed}"
    assert caught.value.__suppress_context__
    assert "Traceback" not in printed


def _external(tmp_path: Path, answer: object) -> None:
    script = tmp_path / "keys.py"
    script.write_text(f"print({json.dumps(answer)!r})")
    cli(tmp_path, profile(mode="External", process_command=f"{sys.executable} {script}"))


def test_keys_of_a_command(tmp_path: Path) -> None:
    """As the CLI runs it."""
    answer = {"mode": "AK", "access_key_id": "of-the-command", "access_key_secret": SECRET}
    _external(tmp_path, answer)
    keys = found(tmp_path).credentials
    assert (keys.access_key_id, keys.access_key_secret) == ("of-the-command", SECRET)


def test_a_command_that_fails_is_a_sentence(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Nothing of what it printed is repeated."""
    _external(tmp_path, {"mode": "what", "access_key_secret": SECRET})
    with pytest.raises(CredentialsError, match="did not give any keys") as caught:
        found(tmp_path)
    assert SECRET not in f"{caught.value}{''.join(capfd.readouterr())}"


def test_a_token_that_is_no_file(tmp_path: Path) -> None:
    """Before anybody is asked."""
    fields = {
        "ram_role_arn": ROLE,
        "oidc_provider_arn": "acs:ram::1:oidc-provider/x",
        "oidc_token_file": str(tmp_path / "none"),
    }
    cli(tmp_path, profile(mode="OIDC", **fields))
    with pytest.raises(CredentialsError, match="which is no file"):
        found(tmp_path)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
FIELDS = st.dictionaries(
    st.sampled_from(["name", "mode", "access_key_id", "access_key_secret", "sts_token"]), JSON
)


@given(
    document=JSON | st.fixed_dictionaries({"current": JSON, "profiles": st.lists(FIELDS | JSON)})
)
def test_any_document_is_keys_or_a_sentence(
    document: object, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Whatever JSON the file holds."""
    home = tmp_path_factory.mktemp("home")
    (home / ".aliyun").mkdir()
    (home / ".aliyun" / "config.json").write_text(json.dumps(document))
    with contextlib.suppress(CredentialsError):
        assert found(home).credentials.access_key_id
