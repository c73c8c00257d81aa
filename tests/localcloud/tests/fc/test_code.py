"""A package that is deployed: unpacked, run by a Python that fits, and nothing else to import."""

from __future__ import annotations

import sys
import zipfile
from pathlib import Path

import pytest

from tests.localcloud import interpreters
from tests.localcloud.fc.code import Code, Python
from tests.localcloud.fc.template import InvalidTemplate
from tests.localcloud.tests.fc.fc_cloud import FUNCTION_FOLDER, running_fc, template


def package(folder: Path, *names: str) -> Path:
    """Zip the function of these tests, and empty files of these names."""
    target = folder / "function.zip"
    with zipfile.ZipFile(target, "w") as archive:
        archive.write(FUNCTION_FOLDER / "index.py", "index.py")
        for name in names:
            archive.writestr(name, "")
    return target


@pytest.mark.parametrize("forked", [True, False])
def test_instance_sees_only_what_was_in_the_package(tmp_path: Path, forked: bool) -> None:
    """Neither the checkout nor the runtime packages are there to import from."""
    document = template(code=str(package(tmp_path, "inside.py")))
    with running_fc(tmp_path, document, fork_instances=forked) as cloud:
        seen = cloud.call("describe")
        folder = Path(seen["folder"])
        assert sorted(path.name for path in folder.iterdir()) == ["index.py", "inside.py"]
        assert seen["environment"]["FC_FUNC_CODE_PATH"] == str(folder)
    assert folder.is_relative_to(tmp_path)
    assert seen["path"][0] == str(folder)
    libraries = (sys.base_prefix, sys.base_exec_prefix)
    assert all(each.startswith(libraries) for each in seen["path"][1:])


def test_package_without_native_code_suits_the_python_at_hand(tmp_path: Path) -> None:
    """No other is looked for."""
    code = Code.deployed(package(tmp_path, "x/native.abi3.so"), tmp_path / "code")
    assert code.python == Python(sys.executable, pristine=True)


def test_package_is_run_by_the_python_that_it_was_built_for(tmp_path: Path) -> None:
    """Its native modules say which that is."""
    tag = interpreters.RUNNING.replace(".", "")
    code = Code.deployed(package(tmp_path, f"x.cpython-{tag}-linux.so"), tmp_path / "code")
    assert code.python.path == sys.executable


@pytest.mark.parametrize(
    ("names", "complaint"),
    [
        (["x.cpython-399-linux.so"], "for Python 3.99, which is not on this machine"),
        (["x.cpython-310-linux.so", "x.cpython-312-linux.so"], "for more than one Python"),
    ],
)
def test_package_that_cannot_run_is_refused(
    tmp_path: Path, names: list[str], complaint: str
) -> None:
    """Before the first request, and in a sentence."""
    with pytest.raises(InvalidTemplate, match=complaint):
        Code.deployed(package(tmp_path, *names), tmp_path / "code")


@pytest.mark.parametrize(
    ("says", "found"), [("echo 3.99", True), ("echo 3.98", False), ("exit 127", False)]
)
def test_python_is_what_it_says_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, says: str, found: bool
) -> None:
    """A name on the path that refuses to run, or is another version, is none."""
    python = tmp_path / "python3.99"
    python.write_text(f"#!/bin/sh\n{says}\n")
    python.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert interpreters.find("3.99") == (str(python) if found else None)


def test_python_of_pyenv_is_found_though_it_is_not_the_chosen_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It need not be on the path."""
    python = tmp_path / "versions" / "3.99.1" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text("#!/bin/sh\necho 3.99\n")
    python.chmod(0o755)
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path))
    assert interpreters.find("3.99") == str(python)
