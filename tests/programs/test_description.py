"""A description is read as it is meant, and each mistake in it is one sentence."""

from __future__ import annotations

from typing import Any

import pytest

from ossferry.errors import InvalidProgram
from ossferry.programs.description import Program, program_of
from ossferry.programs.parameter import allows

COMMAND = ["/bin/cp", "{file}", "{folder}/copy"]
MINIMAL = {"command": COMMAND}


def described(**fields: Any) -> Program:
    return program_of("x", {**MINIMAL, **fields}, "/code/programs", "digest")


def test_what_is_left_out_has_a_default() -> None:
    """One line is a program."""
    program = described()
    assert (program.command, program.inputs, program.again) == (tuple(COMMAND), ("*",), (75,))
    assert (program.outputs, program.last) == ("{stem}/{name}", ("*.m3u8", "*.mpd"))
    assert (program.seconds, program.disk, program.stream, program.at_once) == (
        *(None, None, False, 1),
    )


def test_everything_can_be_said() -> None:
    """Every field."""
    program = described(
        inputs=["*.mp4"],
        outputs="{stem}{suffix}-{name}",
        last=[],
        may_be_empty=True,
        seconds=60,
        disk_mb=5,
        again=[75, 111],
        at_once=4,
        parameters={"size": {"least": 1, "most": 9, "default": 2}},
        environment={"KEY": "secret value"},
    )
    assert (program.seconds, program.disk, program.again) == (60.0, 5_000_000, (75, 111))
    assert program.parameters["size"].default == "2"
    assert "secret" not in repr(program)


MISTAKES: list[tuple[dict[str, Any], str]] = [
    ({"comand": 1}, "'comand' is not a field of a program: did you mean command?"),
    ({"zzz": 1}, "'zzz' is not a field of a program: these are"),
    ({"command": "cp {file}"}, "command must be a list of texts"),
    ({"command": []}, "command must not be empty"),
    ({"command": ["cp"]}, "command must begin with a path"),
    ({"command": ["/bin/cp", "{fil}"]}, "declare [parameters.fil]"),
    ({"command": ["/bin/cp", "{folder}/{key}"]}, "use {stem} there"),
    ({"command": ["/bin/cp", "{file}"], "stream": True}, "the input is on stdin"),
    ({"command": ["/bin/sh", "-c", "cp {file} x"]}, "in the script of a shell"),
    ({"command": ["/usr/bin/env", "bash", "-xec", "cp {file} x"]}, "in the script of a shell"),
    ({"command": ["{program}/sh", "-c", "{stem}"]}, "in the script of a shell"),
    ({"command": ["/bin/cp", "a\0b"]}, "command must be a list of texts"),
    ({"function": "a:b"}, "either a command or a function"),
    ({"command": None, "function": "a"}, "function must be like module:function"),
    ({"command": None, "function": "a:b", "stream": True}, "a function gets a file"),
    ({"inputs": "*.mp4"}, "inputs must be a list of texts"),
    ({"outputs": "{name}"}, "outputs must have {stem}"),
    ({"outputs": "{stem}/{key}"}, "outputs must have {stem}"),
    ({"seconds": 0}, "seconds must be a whole number from 1 to 86400"),
    ({"seconds": True}, "seconds must be a whole number"),
    ({"disk_mb": "5"}, "disk_mb must be a whole number"),
    ({"again": 75}, "again must be a list of exit codes"),
    ({"again": [0]}, "again must be a list of exit codes from 1 to 255"),
    ({"stream": "yes"}, "stream must be true or false"),
    ({"parameters": []}, "parameters must be tables"),
    ({"parameters": {"A": {}}}, "a name that is not allowed"),
    ({"parameters": {"file": {"values": ["a"]}}}, "a name that is not allowed, or is ours"),
    ({"parameters": {"a": "b"}}, "parameters.a must be a table"),
    ({"parameters": {"a": {}}}, "give values, or a pattern, or least and most"),
    ({"parameters": {"a": {"values": ["b"], "pattern": "c"}}}, "give values, or a pattern"),
    ({"parameters": {"a": {"least": 1}}}, "least and most belong together"),
    ({"parameters": {"a": {"pattern": "("}}}, "pattern is no regular expression"),
    ({"parameters": {"a": {"value": ["b"]}}}, "did you mean values?"),
    ({"parameters": {"a": {"values": ["b"], "default": "c"}}}, "its default is not one of b"),
    ({"environment": {"HOME": "/"}}, "environment has a name that is not allowed"),
    ({"environment": {"A": 1}}, "environment.A must be a text"),
]


@pytest.mark.parametrize(("fields", "said"), MISTAKES)
def test_a_mistake_is_one_sentence(fields: dict[str, Any], said: str) -> None:
    """It begins with the file."""
    document = {k: v for k, v in {**MINIMAL, **fields}.items() if v is not None}
    with pytest.raises(InvalidProgram) as caught:
        program_of("x", document, "/code/programs", "digest")
    assert caught.value.message.startswith("programs/x.toml: ")
    assert said in caught.value.message
    assert "\n" not in caught.value.message


def test_a_program_needs_something_to_run() -> None:
    """An empty file is none."""
    with pytest.raises(InvalidProgram, match="either a command or a function"):
        program_of("x", {}, "/code/programs", "digest")


@pytest.mark.parametrize(
    ("parameter", "good", "bad"),
    [
        ({"values": ["a", "-b", ""]}, ["a", "-b", ""], ["b", "A", "a\n"]),
        ({"pattern": "[a-z-]+"}, ["a", "a-b"], ["-a", "", "A", "a\n", "a\0"]),
        ({"pattern": "(?s).*"}, ["", "; rm -rf /", "$(id)"], ["-", "a\nb", "\x1b[0m"]),
        (
            {"least": -5, "most": 10},
            ["-5", "0", "10"],
            ["11", "-6", "05", "+1", "1.0", "x", "", "-"],
        ),
    ],
)
def test_what_a_parameter_allows(
    parameter: dict[str, Any], good: list[str], bad: list[str]
) -> None:
    """What begins with - only if it is listed, or a number in its bounds."""
    declared = described(parameters={"p": parameter}).parameters["p"]
    assert [each for each in good if not allows(declared, each)] == []
    assert [each for each in bad if allows(declared, each)] == []


def test_a_program_alone_may_have_a_state() -> None:
    """And has no key, because it has no object."""
    program = program_of("x", {**MINIMAL, "alone": True, "state": "state.json"}, "/p", "")
    assert (program.alone, program.state) == (True, "state.json")


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"state": "state.json"}, "state is for a program that is run alone"),
        ({"alone": True, "state": "../x"}, "state must be a name"),
        ({"alone": True, "then": {}}, "alone goes with none of"),
        (
            {"alone": True, "command": ["/bin/cp", "{file}", "{stem}"]},
            "which is for a program that",
        ),
    ],
)
def test_what_does_not_go_with_alone_is_told(fields: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidProgram, match=said):
        program_of("x", {**MINIMAL, **fields}, "/p", "")


def test_a_program_that_gathers_gets_files_or_a_list() -> None:
    """And nothing of one object; what is its ``then`` is read where it is used."""
    command = ["/bin/x", "{inputs}", "{list}", "{folder}", "{stem}"]
    program = program_of("x", {"command": command, "gathers": "files"}, "/f", "d")
    assert program.gathers == "files"
    assert program_of("x", {"command": ["/bin/x"], "then": {"a": 1}}, "/f", "d").then == {"a": 1}


@pytest.mark.parametrize(
    ("document", "sentence"),
    [
        ({"command": ["/x", "{inputs}"]}, "which is for a program that gathers"),
        ({"command": ["/x", "{list}"]}, "which is for a program that gathers"),
        ({"command": ["/x", "{inputs}"], "gathers": "keys"}, "that gathers, the files or the keys"),
        ({"command": ["/x", "{file}"], "gathers": "files"}, "a program that gets one object"),
        ({"command": ["/x"], "gathers": "files", "stream": True}, "neither stream nor then"),
        ({"command": ["/x"], "gathers": "files", "then": {}}, "neither stream nor then"),
        ({"command": ["/x"], "gathers": "all"}, "gathers must be files or keys"),
        ({"command": ["/x"], "then": "y"}, "then must be one, like [then]"),
    ],
)
def test_what_gathers_is_told_from_what_does_not(document: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InvalidProgram) as caught:
        program_of("x", document, "/f", "d")
    assert sentence in caught.value.message
