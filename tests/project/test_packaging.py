"""The package for Function Compute: what belongs in it, and same input, same bytes."""

from __future__ import annotations

import importlib.metadata
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.localcloud.config import REPOSITORY
from tests.packaging.__main__ import RUNTIMES
from tests.packaging.archive import pack
from tests.packaging.byte_code import compile_all
from tests.packaging.contents import OPTIONAL, NameTaken, gather

RUNTIME_PACKAGES = REPOSITORY / ".venv" / "runtime"


def _tree(root: Path, files: dict[str, str]) -> Path:
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return root


def _names(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def _packed(folder: Path, scratch: Path) -> Path:
    """Go the whole way from a folder to its zip."""
    gather([folder], scratch / "contents")
    compile_all(scratch / "contents", sys.executable)
    pack(scratch / "contents", scratch / "x.zip")
    return scratch / "x.zip"


def test_package_does_not_depend_on_when_or_where_it_was_made(tmp_path: Path) -> None:
    """Copies with other times, modes and an import's traces give the same zip."""
    text = "WORDS = 'a b c d e f'.split()\ndef f(x): return x in {'p', 'q', 'r', 's'}\n"
    first = _tree(tmp_path / "first", {"b.py": text, "a/c.py": "c = 1"})
    second = Path(shutil.copytree(first, tmp_path / "elsewhere" / "second"))
    (second / "b.py").chmod(0o700)
    os.utime(second / "b.py", (1, 1))
    _tree(second, {"a/__pycache__/c.cpython-310.pyc": "compiled"})
    zips = [_packed(each, tmp_path / "of" / each.name) for each in (first, second)]
    assert zips[0].read_bytes() == zips[1].read_bytes()
    tag = sys.implementation.cache_tag
    with zipfile.ZipFile(zips[0]) as package:
        assert package.namelist() == [
            *(f"__pycache__/b.{tag}.pyc", f"a/__pycache__/c.{tag}.pyc"),
            *("a/c.py", "b.py"),
        ]


def test_package_keeps_licences_and_leaves_out_what_never_runs(tmp_path: Path) -> None:
    """Of a package's description its licences and version stay; of its files, those that run."""
    kept = [
        *("x-1.dist-info/LICENSE", "x-1.dist-info/METADATA", "x-1.dist-info/licenses/NOTICE.txt"),
        *("x/__init__.py", "x/data.pem", "x/native.so"),
    ]
    left_out = [
        *("x-1.dist-info/RECORD", "x-1.dist-info/direct_url.json", "x/SelfTest/y.py", "bin/x"),
        *("x/tests/y.py", "x/y.pyi", "x/y.c", "pycparser/z.py", "pycparser-3.dist-info/LICENSE"),
        *("aiohttp/_websocket/mask.cpython-310-x86_64-linux-gnu.so",),
    ]
    folder = _tree(tmp_path / "packages", dict.fromkeys([*kept, *left_out], ""))
    gather([folder], tmp_path / "contents")
    assert _names(tmp_path / "contents") == kept


def test_package_has_programs_as_they_are(tmp_path: Path) -> None:
    """Also in folders, and of kinds, that no dependency needs; what can be run, can be run."""
    names = ["programs/bin/tool", "programs/tests/a.h", "programs/x.toml"]
    folder = _tree(tmp_path / "src", dict.fromkeys([*names, "programs/__pycache__/a.pyc"], ""))
    (folder / names[0]).chmod(0o755)
    gather([folder], tmp_path / "contents")
    assert _names(tmp_path / "contents") == names
    pack(tmp_path / "contents", tmp_path / "package.zip")
    with zipfile.ZipFile(tmp_path / "package.zip") as package:
        modes = [each.external_attr >> 16 & 0o777 for each in package.infolist()]
    assert modes == [0o755, 0o644, 0o644]


def test_package_has_no_command(tmp_path: Path) -> None:
    """The command lies beside the function's code, and stays on people's machines."""
    gather([REPOSITORY / "src"], tmp_path)
    packages = {name.partition("/")[0] for name in _names(tmp_path)}
    assert packages == {"index.py", "ossferry"}


def test_package_refuses_two_files_of_one_name(tmp_path: Path) -> None:
    """A dependency cannot silently replace a module of ours, nor the other way round."""
    folders = [_tree(tmp_path / name, {"index.py": name}) for name in ("ours", "theirs")]
    with pytest.raises(NameTaken, match=r"index\.py"):
        gather(folders, tmp_path / "contents")


@pytest.mark.parametrize("pattern", OPTIONAL)
def test_rule_of_what_is_left_out_still_means_something(pattern: str) -> None:
    """A rule that no file follows any more is to go, or to be mended."""
    assert [*RUNTIME_PACKAGES.glob(pattern)]


def test_byte_code_is_used_whatever_the_date_of_the_source(tmp_path: Path) -> None:
    """Unpacking changes dates, and an instance compiles nothing for that."""
    _tree(tmp_path, {"x.py": "print('compiled')", "broken.py": "print 'as before Python 3'"})
    compile_all(tmp_path, sys.executable)
    (tmp_path / "x.py").write_text("print('from the source')")
    program = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); import x"
    done = subprocess.run([sys.executable, "-I", "-c", program], capture_output=True, text=True)
    assert done.stdout == "compiled\n"
    (code,) = (tmp_path / "__pycache__").iterdir()
    assert str(tmp_path).encode() not in code.read_bytes()


@pytest.mark.parametrize("version", RUNTIMES)
def test_pinned_packages_need_no_others(version: str) -> None:
    """Whatever one of them requires on this Python is pinned as well, at a version that will do."""
    pinned = _pins()
    environment = {"python_version": version, "python_full_version": f"{version}.0", "extra": ""}
    needed = [
        (distribution.name, Requirement(text))
        for distribution in importlib.metadata.distributions(path=[str(RUNTIME_PACKAGES)])
        for text in distribution.requires or ()
    ]
    assert len(needed) > 50
    for name, requirement in needed:
        if requirement.marker is None or requirement.marker.evaluate(environment):
            found = pinned.get(canonicalize_name(requirement.name), "none")
            assert requirement.specifier.contains(found), f"{name} needs {requirement}"


def _pins() -> dict[str, str]:
    files = (REPOSITORY / "requirements.txt", REPOSITORY / "tests/packaging/constraints.txt")
    text = "\n".join(file.read_text("utf-8") for file in files)
    found = re.findall(r"^([\w-]+)==(\S+)", text, re.MULTILINE)
    return {canonicalize_name(name): version for name, version in found}
