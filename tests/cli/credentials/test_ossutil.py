"""The file of ossutil, as both of its versions write it."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ossferry_cli.credentials import Credentials, CredentialsError, find
from tests.cli.credentials.stores import ID, SECRET, TOKEN, write

FIRST = f"""[Credentials]
language=EN
endpoint=oss-cn-hangzhou.aliyuncs.com
accessKeyID={ID}
accessKeySecret={SECRET}
stsToken={TOKEN}

[Bucket-Endpoint]
my-bucket=oss-cn-beijing.aliyuncs.com
"""
SECOND = f"""[default]
access-key-id = {ID}
access_key_secret = {SECRET}
region = cn-hangzhou

[profile dev]
accessKeyId = dev-key-of-the-test
accessKeySecret = 50%{SECRET}

[buckets x]
"""


def keys(home: Path, profile: str | None = None, **environ: str) -> Credentials:
    return find(profile, environ, home, folder=home).credentials


def test_version_1(tmp_path: Path) -> None:
    """One pair of keys, and its token."""
    write(tmp_path / ".ossutilconfig", FIRST)
    found = keys(tmp_path)
    assert (found.access_key_id, found.access_key_secret) == (ID, SECRET)
    assert (found.security_token, found.source) == (TOKEN, "the file of ossutil")


def test_version_2(tmp_path: Path) -> None:
    """Profiles; a percent sign is a character, and how names are spelt does not count."""
    write(tmp_path / ".ossutilconfig", SECOND)
    assert (keys(tmp_path).access_key_id, keys(tmp_path).region) == (ID, "cn-hangzhou")
    dev = keys(tmp_path, OSSUTIL_PROFILE="dev")
    assert (dev.access_key_id, dev.access_key_secret) == ("dev-key-of-the-test", f"50%{SECRET}")
    assert keys(tmp_path, "dev").source == "profile 'dev' of ossutil"


def test_another_file(tmp_path: Path) -> None:
    """A variable names it."""
    path = write(tmp_path / "elsewhere", SECOND)
    assert keys(tmp_path, OSSUTIL_CONFIG_FILE=str(path)).access_key_id == ID


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"{SECRET}\n", "is no file of ossutil"),
        (f"[default]\naccessKeyID={ID}\n", "lacks a part of its keys"),
        (f"{SECOND.replace('region', 'roleArn')}", "assumes a role"),
        ("[buckets x]\n", "has no keys"),
    ],
)
def test_what_cannot_be_used_is_a_sentence(tmp_path: Path, text: str, said: str) -> None:
    """The parser's own error quotes the line; this one does not."""
    write(tmp_path / ".ossutilconfig", text)
    with pytest.raises(CredentialsError, match=said) as caught:
        keys(tmp_path)
    assert SECRET not in str(caught.value)


@given(text=st.text())
def test_any_text_is_a_sentence(text: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Nothing else is ever raised."""
    home = tmp_path_factory.mktemp("home")
    (home / ".ossutilconfig").write_text(text, "utf-8")
    with pytest.raises(CredentialsError):
        keys(home)
