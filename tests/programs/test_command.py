"""Placeholders become arguments, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ossferry.errors import InvalidEvent
from ossferry.programs.command import arguments, parameters_of
from ossferry.programs.description import Program, program_of

TEXT = {"text": {"pattern": "(?s).*", "default": ""}, "n": {"least": 1, "most": 3, "default": 2}}


def program(*command: str) -> Program:
    document = {"command": ["/bin/x", *command], "parameters": TEXT}
    return program_of("x", document, "/code/programs", "")


def asked(command: str, key: str, **parameters: str) -> str:
    given: dict[str, Any] = {"text": "", "n": "2", **parameters}
    return arguments(program(command), "/tmp/in/input.mp4", "/tmp/out", key, given)[1]


@pytest.mark.parametrize(
    ("command", "filled"),
    [
        ("{file}", "/tmp/in/input.mp4"),
        ("{folder}/{stem}.mov", "/tmp/out/480P.mov"),
        ("{program}/lib", "/code/programs/lib"),
        ("--key={key}", "--key=in/480P.mp4"),
        ("{stem}{suffix}", "480P.mp4"),
        ("{n}{n}", "22"),
        ("{{n}}", "{n}"),
        ("{{n}", "{2"),
        ("{print $1}", "{print $1}"),
        ("${HOME}", "${HOME}"),
    ],
)
def test_placeholders(command: str, filled: str) -> None:
    """Of one item; other braces stay."""
    assert asked(command, "in/480P.mp4") == filled


@given(st.text(), st.text(min_size=1))
def test_values_are_data(text: str, key: str) -> None:
    """None of them is looked at again, or becomes two arguments."""
    name = f"a{key}".replace("\0", "")
    command = arguments(program("{text}", "x{key}"), "/f", "/d", name, {"text": text, "n": "1"})
    assert command == ["/bin/x", text, f"x{name}"]


@pytest.mark.parametrize("command", ["{key}", "{stem}", "{suffix}{key}"])
def test_a_key_is_no_option(command: str) -> None:
    """Where it begins an argument."""
    with pytest.raises(InvalidEvent, match="begins with -"):
        asked(command, "-rf")
    assert asked(f"./{command}", "-rf").endswith("-rf")


def test_a_zero_byte_is_refused() -> None:
    """No argument can have one."""
    with pytest.raises(InvalidEvent, match="zero byte"):
        asked("{key}", "a\0b")
    assert asked("{file}", "a\0b") == "/tmp/in/input.mp4"


def test_parameters_have_defaults_and_bounds() -> None:
    """What is left out is as if it were given."""
    assert parameters_of(program(), {}) == {"text": "", "n": "2"}
    assert parameters_of(program(), {"n": "3", "text": "a"}) == {"text": "a", "n": "3"}
    for given_, said in (
        ({"n": "4"}, "parameters.n must be a whole number from 1 to 3"),
        ({"texts": "a"}, "texts is no parameter of the program x: did you mean text?"),
        ({"other": "a"}, "it has text, n"),
    ):
        with pytest.raises(InvalidEvent) as caught:
            parameters_of(program(), given_)
        assert said in caught.value.message


def test_a_parameter_without_a_default_has_to_be_given() -> None:
    """The error says what."""
    document = {"command": ["/bin/x"], "parameters": {"a": {"values": ["b", "c"]}}}
    with pytest.raises(InvalidEvent, match=r"parameters\.a is missing: give one of b, c"):
        parameters_of(program_of("x", document, "", ""), {})
