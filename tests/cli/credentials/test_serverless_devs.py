"""The aliases of Serverless Devs, encrypted as its own tool does it, and written by hand."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ossferry_cli.credentials import CredentialsError, find
from ossferry_cli.credentials.obfuscated import plain
from tests.cli.credentials.stores import (
    ID,
    SECRET,
    TOKEN,
    WORD,
    access,
    alias,
    encrypted,
    write,
)
from tests.localcloud.tests.node.running import Node, installed


@pytest.fixture(scope="module")
def node() -> Node:
    return installed()


@given(text=st.text(min_size=1))
def test_what_was_encrypted_is_read(text: str) -> None:
    """Whatever text, with whatever salt."""
    assert plain(encrypted(text)) == text


@given(text=st.text() | st.binary().map(lambda raw: encrypted("x")[:-4] + raw.hex()[:4]))
def test_what_does_not_decrypt_is_itself(text: str) -> None:
    """A value written by hand counts as it is; nothing raises."""
    assert plain(text) in (text, plain(text))
    if not text.startswith("U2FsdGVkX1"):
        assert plain(text) == text


@pytest.mark.skipif(not shutil.which("openssl"), reason="openssl is not installed")
def test_openssl_writes_the_same() -> None:
    """An encryption that nobody here wrote: the form of crypto-js is that of openssl."""
    done = subprocess.run(
        [
            "openssl",
            "enc",
            "-aes-256-cbc",
            "-md",
            "md5",
            "-a",
            "-A",
            "-pass",
            f"pass:{WORD.decode()}",
        ],
        input=SECRET.encode(),
        capture_output=True,
        check=True,
    )
    assert plain(done.stdout.decode().strip()) == SECRET


def test_an_alias_of_the_tool_itself(tmp_path: Path, node: Node) -> None:
    """``s config add`` of the real Serverless Devs, in a home of its own."""
    long = TOKEN * 20
    options = {"AccountID": "12345", "AccessKeyID": ID, "AccessKeySecret": SECRET}
    done = node.program(
        "s",
        *("config", "add", "-f", "-a", "work"),
        *(text for each in (options | {"SecurityToken": long}).items() for text in _option(*each)),
        folder=tmp_path,
        environment={"HOME": str(tmp_path)},
    )
    assert (tmp_path / ".s" / "access.yaml").exists(), done.stdout + done.stderr
    assert SECRET not in (tmp_path / ".s" / "access.yaml").read_text()
    keys = find(environ={}, home=tmp_path, access="work").credentials
    assert (keys.access_key_id, keys.access_key_secret) == (ID, SECRET)
    assert (keys.security_token, keys.account_id) == (long, "12345")


def _option(name: str, value: str) -> tuple[str, str]:
    return f"--{name}", value


def test_an_alias_as_the_tool_writes_it(tmp_path: Path) -> None:
    """A token is longer than a line, which js-yaml folds."""
    long = TOKEN * 20
    access(tmp_path, {"work": alias(SecurityToken=long)})
    keys = find(environ={}, home=tmp_path, access="work").credentials
    assert (keys.access_key_id, keys.access_key_secret) == (ID, SECRET)
    assert (keys.security_token, keys.account_id) == (long, "1234567890123456")


def test_an_alias_by_hand(tmp_path: Path) -> None:
    """An account's id may begin with a zero, and is a text."""
    access(tmp_path, {"default": alias(AccountID="0123456789")}, plain=True)
    keys = find(environ={}, home=tmp_path, folder=tmp_path).credentials
    assert (keys.access_key_secret, keys.account_id) == (SECRET, "0123456789")


def test_the_default_alias(tmp_path: Path) -> None:
    """The one that is marked goes before the one that is called so."""
    access(tmp_path, {"default": alias(), "marked": alias(__default="true", AccountID="9")})
    assert find(environ={}, home=tmp_path, folder=tmp_path).credentials.account_id == "9"
    access(tmp_path, {"one": alias(), "two": alias()})
    with pytest.raises(CredentialsError, match="no alias of Serverless Devs is the default one"):
        find(environ={}, home=tmp_path, folder=tmp_path)


def test_aliases_of_other_clouds_are_none(tmp_path: Path) -> None:
    """Serverless Devs keeps keys of others too."""
    access(tmp_path, {"default": alias(__provider="AWS")})
    with pytest.raises(CredentialsError, match="of another provider"):
        find(environ={}, home=tmp_path, folder=tmp_path)


def test_half_an_alias(tmp_path: Path) -> None:
    """Says which, and how to write it anew."""
    access(tmp_path, {"default": {"AccessKeyID": ID}})
    with pytest.raises(CredentialsError, match="s config add --access default"):
        find(environ={}, home=tmp_path, folder=tmp_path)


def test_an_alias_of_the_environment(tmp_path: Path) -> None:
    """A variable may hold one as JSON."""
    environ = {"ci_serverless_devs_key": json.dumps(alias())}
    assert find(environ=environ, home=tmp_path, access="ci").credentials.access_key_id == ID


def test_a_home_of_its_own(tmp_path: Path) -> None:
    """A variable moves it, and a file there may move it again."""
    access(tmp_path / "moved", {"default": alias()})
    environ = {"serverless_devs_config_home": str(tmp_path / "moved")}
    assert find(environ=environ, home=tmp_path, folder=tmp_path).credentials.access_key_id == ID
    workspace = json.dumps({"workspace": str(tmp_path / "moved" / ".s")})
    write(tmp_path / ".s" / "config" / "s.json", workspace)
    assert find(environ={}, home=tmp_path, folder=tmp_path).credentials.access_key_id == ID


@pytest.mark.parametrize("text", ["- a\n- b\n", "a: b: c\n", f"x: [{SECRET}\n", "\tx: 1\n"])
def test_no_yaml_is_a_sentence(tmp_path: Path, text: str) -> None:
    """Which quotes nothing of it."""
    write(tmp_path / ".s" / "access.yaml", text)
    with pytest.raises(CredentialsError, match="no YAML with aliases") as caught:
        find(environ={}, home=tmp_path, folder=tmp_path)
    assert SECRET not in str(caught.value)


@given(text=st.text())
def test_any_text_is_keys_or_a_sentence(
    text: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Nothing else is ever raised."""
    home = tmp_path_factory.mktemp("home")
    (home / ".s").mkdir()
    (home / ".s" / "access.yaml").write_text(text, "utf-8")
    with pytest.raises(CredentialsError):
        find(environ={}, home=home, folder=home)
