"""The command itself: what it prints, and how it ends."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from ossferry_cli.main import main
from tests.localcloud.client import LocalCloud


@pytest.fixture(autouse=True)
def nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A home without keys, in a folder without a project."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)


def doctor(*arguments: str, **environ: str) -> Result:
    return CliRunner().invoke(main, ["doctor", *arguments], env=environ)


def reached(cloud: LocalCloud, secret: str) -> dict[str, str]:
    return {
        "OSSFERRY_FC_ENDPOINT": cloud.fc_endpoint,
        "OSSFERRY_OSS_ENDPOINT": cloud.oss_endpoint,
        "OSSFERRY_REGION": cloud.region,
        "ALIBABA_CLOUD_ACCESS_KEY_ID": cloud.access_key_id,
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET": secret,
        "NO_PROXY": "127.0.0.1",
    }


def test_a_deployment_in_order(cloud: LocalCloud) -> None:
    """Credentials first; 0."""
    done = doctor(**reached(cloud, cloud.access_key_secret))
    assert done.exit_code == 0, done.output
    assert done.output.startswith(
        "ok       credentials: the variable ALIBABA_CLOUD_ACCESS_KEY_ID, key ...EYID\n"
    )
    assert done.output.endswith("nothing is wrong\n")
    assert cloud.access_key_secret not in done.output


def test_a_source_and_a_package(cloud: LocalCloud, tmp_path: Path) -> None:
    """Both are findings like others."""
    package = tmp_path / "package.zip"
    package.write_bytes(b"another")
    url = cloud.generated("doctor", 7)
    asked = ("--source", url, "--package", str(package), "--no-invoke", "--json")
    done = doctor(*asked, **reached(cloud, cloud.access_key_secret))
    assert done.exit_code == 1
    found = {(each["level"], each["about"]) for each in json.loads(done.output)["findings"]}
    assert {("warning", "code"), ("problem", "source"), ("ok", "source")} <= found


def test_no_credentials() -> None:
    """A finding with what to do, as text and as JSON; 1."""
    done = doctor("--profile", "mine")
    assert done.exit_code == 1
    assert "PROBLEM  credentials: there is no profile or alias 'mine' with keys" in done.output
    document = json.loads(doctor("--profile", "mine", "--json").output)
    assert document["findings"][-1]["remedy"].startswith("look at aliyun configure list")


def test_wrong_credentials(cloud: LocalCloud) -> None:
    """The secret is not repeated."""
    done = doctor(**reached(cloud, "the-wrong-secret"))
    assert done.exit_code == 1
    assert "does not accept your keys" in done.output
    assert "the-wrong-secret" not in done.output


def test_a_command_line_that_makes_no_sense() -> None:
    """Is no finding; 2."""
    environ = {"OSS_ACCESS_KEY_ID": "some-key-id", "OSS_ACCESS_KEY_SECRET": "x"}
    done = doctor("--region", "cn-hangzhou", "--function", "$x", **environ)
    assert done.exit_code == 2
