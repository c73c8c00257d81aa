"""Which keys win: the order of the stores, what names another one, and what is said of the rest."""

from __future__ import annotations

import itertools
import json
import os
import pickle
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from ossferry_cli.credentials import (
    CredentialsError,
    Found,
    aliyun_cli,
    find,
    ossutil,
    serverless_devs,
)
from tests.cli.credentials.stores import ID, SECRET, TOKEN, access, alias, cli, profile, write

SRC = Path(__file__).resolve().parents[3] / "src"


def _pair(prefix: str) -> dict[str, str]:
    return {f"{prefix}ACCESS_KEY_ID": ID, f"{prefix}ACCESS_KEY_SECRET": SECRET}


def _ossutil(home: Path) -> Path:
    text = f"[Credentials]\nlanguage=EN\naccessKeyID={ID}\naccessKeySecret={SECRET}\n"
    return write(home / ".ossutilconfig", text)


THREE = {"AccountID": "1", "AccessKeyID": ID, "AccessKeySecret": SECRET}
VARIABLES = [_pair("ALIBABA_CLOUD_"), _pair("OSS_"), THREE]
FILES: list[Callable[[Path], Path]] = [
    lambda home: cli(home, profile()),
    lambda home: access(home, {"default": alias()}),
    _ossutil,
]
SOURCES = (
    "the variable ALIBABA_CLOUD_ACCESS_KEY_ID",
    "the variable OSS_ACCESS_KEY_ID",
    "the variables AccountID, AccessKeyID and AccessKeySecret",
    "profile 'default' of Alibaba Cloud CLI",
    "alias 'default' of Serverless Devs",
    "the file of ossutil",
)


def found(home: Path, environ: dict[str, str] | None = None, **asked: object) -> Found:
    return find(environ=environ or {}, home=home, folder=home, **asked)  # type: ignore[arg-type]


@pytest.mark.parametrize("there", [*itertools.product((False, True), repeat=6)])
def test_the_first_store_wins_and_all_others_are_named(
    tmp_path: Path, there: tuple[bool, ...]
) -> None:
    """Whatever of the six stores there are."""
    environ: dict[str, str] = {}
    for number, is_there in enumerate(there):
        if is_there and number < 3:
            environ |= VARIABLES[number]
        elif is_there:
            FILES[number - 3](tmp_path)
    expected = [source for source, is_there in zip(SOURCES, there, strict=True) if is_there]
    if not expected:
        with pytest.raises(CredentialsError, match="aliyun configure"):
            found(tmp_path, environ)
        return
    won = found(tmp_path, environ)
    assert won.credentials.source == expected[0]
    assert won.passed_over == tuple(f"{source} is ignored" for source in expected[1:])
    assert (won.credentials.access_key_id, won.credentials.access_key_secret) == (ID, SECRET)


def test_nothing_anywhere_names_the_order(tmp_path: Path) -> None:
    """One sentence, which says what to do."""
    with pytest.raises(CredentialsError) as caught:
        found(tmp_path)
    text = str(caught.value)
    places = ["--profile", "ALIBABA_CLOUD_*", "OSS_*", "Alibaba Cloud CLI", "Serverless Devs"]
    order = text[text.index("looked for in") :]
    assert sorted(places, key=order.index) == places
    assert "ossutil" in order


def test_a_profile_that_is_named_beats_the_environment(tmp_path: Path) -> None:
    """Of the CLI first, then an alias, then one of ossutil."""
    cli(tmp_path, profile(), profile("work"))
    access(tmp_path, {"work": alias(), "play": alias()})
    write(
        tmp_path / ".ossutilconfig",
        f"[profile third]\naccess-key-id = {ID}\naccess_key_secret = {SECRET}\n",
    )
    given = _pair("ALIBABA_CLOUD_")
    won = found(tmp_path, given, profile="work")
    assert won.credentials.source == "profile 'work' of Alibaba Cloud CLI"
    assert won.passed_over == ("alias 'work' of Serverless Devs is ignored",)
    assert found(tmp_path, given, profile="play").credentials.source.startswith("alias 'play'")
    assert found(tmp_path, given, profile="third").credentials.source.endswith("of ossutil")
    assert found(tmp_path, given, access="work").credentials.source.startswith("alias 'work'")
    with pytest.raises(CredentialsError, match="no profile or alias 'none'"):
        found(tmp_path, given, profile="none")


def test_a_variable_names_the_profile(tmp_path: Path) -> None:
    """It has to be there; and profiles can be switched off."""
    cli(tmp_path, profile(), profile("work"))
    work = found(tmp_path, {"ALIBABA_CLOUD_PROFILE": "work"})
    assert work.credentials.source == "profile 'work' of Alibaba Cloud CLI"
    with pytest.raises(CredentialsError, match="correct ALIBABA_CLOUD_PROFILE"):
        found(tmp_path, {"ALIBABA_CLOUD_PROFILE": "nobody"})
    with pytest.raises(CredentialsError, match="switched off"):
        found(tmp_path, {"ALIBABA_CLOUD_CLI_PROFILE_DISABLED": "TRUE"})


def test_what_is_broken_is_an_error_at_its_turn_only(tmp_path: Path) -> None:
    """Going on would use somebody else's keys; behind a winner it is told, and no more."""
    write(tmp_path / ".aliyun" / "config.json", '{"current": "default", "profiles": [{')
    _ossutil(tmp_path)
    with pytest.raises(CredentialsError, match=r"config\.json is no JSON in line 1"):
        found(tmp_path)
    won = found(tmp_path, _pair("OSS_"))
    assert "config.json is no JSON" in won.passed_over[0]


@pytest.mark.parametrize("name", ["ACCESS_KEY_ID", "ACCESS_KEY_SECRET"])
def test_half_a_key_is_an_error(tmp_path: Path, name: str) -> None:
    """Which half is missing is said, its value is not."""
    with pytest.raises(CredentialsError, match="set both, or none") as caught:
        found(tmp_path, {f"ALIBABA_CLOUD_{name}": SECRET})
    assert SECRET not in str(caught.value)


def test_region_and_account(tmp_path: Path) -> None:
    """The environment's region goes before that of a store; an alias knows its account."""
    cli(tmp_path, profile())
    assert found(tmp_path).credentials.region == "cn-beijing"
    other = found(tmp_path, {"ALIBABA_CLOUD_REGION_ID": "oss-cn-shanghai"})
    assert other.credentials.region == "cn-shanghai"
    access(tmp_path, {"work": alias()})
    assert found(tmp_path, access="work").credentials.account_id == "1234567890123456"


@pytest.mark.parametrize("line", ["access: work", 'access: "work"  # mine', "access: 'work'"])
def test_the_alias_of_the_nearest_project(tmp_path: Path, line: str) -> None:
    """Also from a folder below; one that is not there is not replaced by another one."""
    project = tmp_path / "project" / "below"
    project.mkdir(parents=True)
    write(project.parent / "s.yaml", f"edition: 3.0.0\n{line}\nvars:\n  region: ${{env('X')}}\n")
    access(tmp_path, {"default": alias(), "work": alias(AccountID="7")})
    won = find(environ={}, home=tmp_path, folder=project)
    assert (won.credentials.source, won.credentials.account_id) == (
        "alias 'work' of Serverless Devs",
        "7",
    )
    access(tmp_path, {"default": alias()})
    with pytest.raises(CredentialsError, match=r"no alias 'work', which .*s\.yaml names"):
        find(environ={}, home=tmp_path, folder=project)


def test_files_that_others_may_read(tmp_path: Path) -> None:
    """Are a warning of the winner, with the command that ends it."""
    path = cli(tmp_path, profile(), mode=0o644)
    (warning,) = found(tmp_path).warnings
    assert f"chmod 600 {path}" in warning
    path.chmod(0o600)
    assert found(tmp_path).warnings == ()


def test_no_text_holds_a_secret(tmp_path: Path) -> None:
    """Not repr, not str, not formatting, and nothing is written down."""
    environ = {**_pair("ALIBABA_CLOUD_"), "ALIBABA_CLOUD_SECURITY_TOKEN": TOKEN}
    won = found(tmp_path, environ)
    keys = won.credentials
    for text in (repr(won), str(won), f"{keys}", repr([keys]), repr(keys)):
        assert SECRET not in text
        assert TOKEN not in text
        assert ID not in text
        assert "...Abcd" in text
    with pytest.raises(TypeError, match="find them anew"):
        pickle.dumps(keys)


def test_what_was_read_shows_no_secret(tmp_path: Path) -> None:
    """Not even the readers' own values."""
    cli(tmp_path, profile())
    access(tmp_path, {"default": alias()}, plain=True)
    _ossutil(tmp_path)
    read = [
        aliyun_cli.read(tmp_path),
        serverless_devs.read(tmp_path, {}),
        ossutil.read(tmp_path, {}),
    ]
    assert None not in read
    assert SECRET not in repr(read)


def test_an_unreadable_file_is_a_sentence(tmp_path: Path) -> None:
    """A folder in its place, say, or bytes that are no text."""
    (tmp_path / ".aliyun" / "config.json").mkdir(parents=True)
    with pytest.raises(CredentialsError, match=r"config\.json cannot be read"):
        found(tmp_path)
    (tmp_path / ".aliyun" / "config.json").rmdir()
    (tmp_path / ".aliyun" / "config.json").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(CredentialsError, match="no text in UTF-8"):
        found(tmp_path)


def test_finding_static_keys_imports_no_sdk(tmp_path: Path) -> None:
    """In a fresh interpreter: neither an SDK nor what decrypts, if no alias is looked at."""
    cli(tmp_path, profile())
    program = (
        "import json, sys; from ossferry_cli.credentials import find\n"
        "print(json.dumps([find().credentials.source, sorted(sys.modules)]))"
    )
    environment = {"PYTHONPATH": str(SRC), "HOME": str(tmp_path), "PATH": os.environ["PATH"]}
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        check=True,
        timeout=60,
    )
    source, modules = json.loads(done.stdout)
    assert source == "profile 'default' of Alibaba Cloud CLI"
    tops = {name.partition(".")[0] for name in modules}
    assert not tops & {"alibabacloud_credentials", "cryptography", "requests", "yaml", "aiohttp"}
