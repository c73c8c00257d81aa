"""Which function is meant: options, then the environment, then the s.yaml of the folder."""

from __future__ import annotations

import json
import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ossferry_cli.deployed import Deployed, deployed
from ossferry_cli.function import Function, chosen
from ossferry_cli.local import VARIABLE
from ossferry_cli.options import Which
from ossferry_cli.problems import Misuse, Problem
from tests.localcloud.config import REPOSITORY

NOTHING_SAID = Which(None, None, False, None)
CLOUD = {
    "region": "cn-hangzhou",
    "second_region": "cn-shanghai",
    "account_id": "1",
    "fc_endpoint": "http://127.0.0.1:1",
    "oss_endpoint": "http://127.0.0.1:2",
    "second_oss_endpoint": "http://127.0.0.1:3",
    "access_key_id": "id",
    "access_key_secret": "very-secret",
    "bucket": "b",
    "function": "ossferry",
    "pid": os.getpid(),
}


STORED = SimpleNamespace(
    access_key_id="id",
    access_key_secret="very-secret",
    security_token=None,
    source="a test",
    account_id="42",
    region="cn-beijing",
)


def function(
    folder: Path, which: Which = NOTHING_SAID, keys: Any = STORED, **environ: str
) -> Function:
    """The one that is chosen by somebody who has these credentials."""
    return chosen(which, environ, folder, lambda profile, environ: keys)


def test_options_go_before_the_environment_and_that_before_files(tmp_path: Path) -> None:
    """And the region of the credentials comes last."""
    assert function(tmp_path).region == STORED.region
    (tmp_path / "s.yaml").write_text((REPOSITORY / "s.yaml").read_text())
    assert function(tmp_path).region == "cn-hangzhou"
    environ = {"ALIBABA_CLOUD_REGION_ID": "cn-qingdao", "OSSFERRY_FUNCTION": "other"}
    found = function(tmp_path, NOTHING_SAID, STORED, **environ)
    assert (found.region, found.name) == ("cn-qingdao", "other")
    found = function(tmp_path, Which("mine:prod", "cn-shanghai", False, None), STORED, **environ)
    assert (found.region, found.name, found.qualifier) == ("cn-shanghai", "mine", "prod")
    assert found.fc_endpoint == "https://42.cn-shanghai.fc.aliyuncs.com"
    assert found.oss_endpoint("cn-shanghai") == "https://oss-cn-shanghai.aliyuncs.com"


def test_no_region_is_a_sentence(tmp_path: Path) -> None:
    """That names the option."""
    with pytest.raises(Misuse, match="--region"):
        function(tmp_path, keys=SimpleNamespace(**{**vars(STORED), "region": None}))


def test_a_function_of_a_service_is_one_of_fc_2_0(tmp_path: Path) -> None:
    """By the name that FC 3.0 gives it."""
    found = function(tmp_path, Which("s$f", None, False, None))
    assert (found.service, found.name, found.full_name) == ("s", "f", "s$f")
    with pytest.raises(Misuse):
        function(tmp_path, Which("$f", None, False, None))


def test_no_repr_has_a_secret(tmp_path: Path) -> None:
    """A traceback of a bug may show one."""
    assert "very-secret" not in repr(function(tmp_path))


def test_the_projects_own_s_yaml_is_understood() -> None:
    """With its expressions."""
    environ = {"OSSFERRY_TARGET_BUCKET": "photos"}
    expected = Deployed("ossferry", "cn-hangzhou", "photos", "default")
    assert deployed(REPOSITORY, environ) == expected


@pytest.mark.parametrize("text", ["", "[]", "a: [", "resources: {a: 1}", "\x00"])
def test_another_s_yaml_says_nothing(text: str, tmp_path: Path) -> None:
    """It may be of another project, or broken."""
    (tmp_path / "s.yaml").write_text(text)
    assert deployed(tmp_path, {}) == Deployed()


def local(folder: Path, environ: dict[str, str]) -> Function:
    return chosen(Which(None, None, True, None), environ, folder)


def test_the_local_cloud_is_found_by_its_file(tmp_path: Path) -> None:
    """That of the clone, from any folder in it, or the one that a variable names."""
    (tmp_path / "build").mkdir()
    file = tmp_path / "build" / "cloud.json"
    file.write_text(json.dumps(CLOUD))
    (tmp_path / "docs").mkdir()
    for folder, environ in ((tmp_path / "docs", {}), (Path("/"), {VARIABLE: str(file)})):
        found = local(folder, environ)
        assert found.is_local
        assert found.oss_endpoint("cn-shanghai") == "http://127.0.0.1:3"


def test_a_local_cloud_that_is_none_is_a_sentence(tmp_path: Path) -> None:
    """There is none, it has died, or its file is damaged."""
    file = tmp_path / "cloud.json"
    environ = {VARIABLE: str(file)}
    with pytest.raises(Problem, match="make cloud"):
        local(tmp_path, environ)
    file.write_text("{")
    with pytest.raises(Problem, match="make cloud"):
        local(tmp_path, environ)
    file.write_text(json.dumps({**CLOUD, "pid": 2**22 + 1}))
    with pytest.raises(Problem, match="has ended"):
        local(tmp_path, environ)
