"""A program is found beside the function's code, or in a depot."""

from __future__ import annotations

from pathlib import Path

import pytest

from ossferry.errors import InvalidProgram, ProgramMissing
from ossferry.programs.found import find, folders
from ossferry.settings import Settings

TEXT = 'command = ["/bin/true"]\n'


def test_the_functions_own_come_first(tmp_path: Path) -> None:
    """Nothing in a depot replaces them; what only the depot has is found."""
    own, depot = tmp_path / "own", tmp_path / "depot"
    for folder in (own, depot):
        folder.mkdir()
        (folder / "a.toml").write_text(TEXT)
    (depot / "b.toml").write_text(TEXT)
    places = [str(own), str(depot)]
    assert find("a", places).folder == str(own)
    assert find("b", places).folder == str(depot)


def test_a_depot_is_looked_into() -> None:
    """Below the folder that its zip is unpacked to."""
    settings = Settings.from_env({"OSSFERRY_DEPOT": "oss://zips/tools.zip -> tools"})
    own, depot = folders(settings)
    assert own.endswith("/src/programs")
    assert depot == "/tmp/ossferry-depot/tools/programs"


def test_another_text_is_another_program(tmp_path: Path) -> None:
    """What it makes may be another thing."""
    (tmp_path / "a.toml").write_text(TEXT)
    before = find("a", [str(tmp_path)]).digest
    (tmp_path / "a.toml").write_text(TEXT + "again = [1]\n")
    assert find("a", [str(tmp_path)]).digest != before


def test_what_is_not_there_is_told_with_what_is(tmp_path: Path) -> None:
    """By names alone."""
    with pytest.raises(ProgramMissing, match="none is deployed"):
        find("a", [str(tmp_path / "no")])
    (tmp_path / "b.toml").write_text(TEXT)
    (tmp_path / "B.toml").write_text(TEXT)
    with pytest.raises(ProgramMissing, match="and there are b: put"):
        find("a", [str(tmp_path)])


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"command = [", "is no TOML"), (b"\xff", "is not UTF-8"), (b"a = 1\na = 2", "is no TOML")],
)
def test_what_cannot_be_read_is_told(tmp_path: Path, content: bytes, said: str) -> None:
    """One sentence, with the file."""
    (tmp_path / "a.toml").write_bytes(content)
    with pytest.raises(InvalidProgram) as caught:
        find("a", [str(tmp_path)])
    assert caught.value.message.startswith(f"programs/a.toml {said}")
    assert "\n" not in caught.value.message
    (tmp_path / "b.toml").mkdir()
    with pytest.raises(InvalidProgram, match="cannot be read"):
        find("b", [str(tmp_path)])


def test_a_value_may_be_a_variable_of_the_function(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Which is no part of the description's digest, and left out where there is none."""
    monkeypatch.setenv("LICENCE", "sesame")
    lines = ['command = ["/bin/true"]', "[environment]", 'A = "$LICENCE"', 'B = "$NOT_THERE"']
    (tmp_path / "x.toml").write_text("\n".join([*lines, 'C = "$5 or $LICENCE"']))
    program = find("x", [str(tmp_path)])
    assert program.environment == {"A": "sesame", "C": "$5 or $LICENCE"}
    monkeypatch.setenv("LICENCE", "another")
    assert find("x", [str(tmp_path)]).digest == program.digest


@pytest.mark.parametrize(
    "name",
    [
        *("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "ALIBABA_CLOUD_SECURITY_TOKEN", "accessKeySecret"),
        *("FC_ACCESS_KEY_ID", "OSSFERRY_CREDENTIALS_AWS", "ACCESS_KEY", "securityToken"),
    ],
)
def test_no_program_gets_the_keys_of_the_function(tmp_path: Path, name: str) -> None:
    """Nor those of other clouds, which settings have."""
    text = f'command = ["/bin/true"]\n[environment]\nKEY = "${name}"\n'
    (tmp_path / "x.toml").write_text(text)
    with pytest.raises(InvalidProgram, match=r"environment\.KEY of a program names"):
        find("x", [str(tmp_path)])
