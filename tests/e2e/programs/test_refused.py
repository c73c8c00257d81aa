"""What a program may not be asked, may not leave, and may not see."""

from __future__ import annotations

import json

import pytest

from tests.e2e.canary import CANARY, secrets_in
from tests.e2e.programs.conftest import Event
from tests.e2e.programs.test_done import keys_below
from tests.e2e.transfers import failed, replied, stored
from tests.localcloud.client import FunctionError, LocalCloud

TRICKS = [
    "; rm -rf /",
    "../../etc/passwd",
    "$(id)",
    "`id`",
    "{key}",
    "a b\\'\"",
    "*",
    "%s",
    "é\u2028",
]


@pytest.mark.parametrize("text", TRICKS)
def test_a_parameter_is_one_argument_whatever_it_holds(
    cloud: LocalCloud, event: Event, text: str
) -> None:
    """Nothing splits it, expands it, or looks into it again."""
    reply = replied(cloud, event("echo", key="in/a.txt", parameters={"text": text}))
    told = json.loads(stored(cloud, reply["outputs"]["objects"][0]["key"]))
    assert told == [text, f"--text={text}", "in/a.txt", "a.txt", "{text}", text + text]


@pytest.mark.parametrize("source", ["in/$(id) ; rm *.txt", "a/../b/..txt", "é/\\n"])
def test_a_key_is_data(cloud: LocalCloud, event: Event, source: str) -> None:
    """Alone as an argument it may not look like an option."""
    reply = replied(cloud, event("echo", key=source, parameters={"text": "x"}))
    told = json.loads(stored(cloud, reply["outputs"]["objects"][0]["key"]))
    assert told[2] == source


@pytest.mark.parametrize("source", ["-rf", "in/-rf"])
def test_a_key_that_looks_like_an_option_is_refused(
    cloud: LocalCloud, event: Event, source: str
) -> None:
    """Also if only its last name does, and that is what is asked for."""
    error = failed(cloud, event("echo", key=source, parameters={"text": "x"}))
    assert error.error_type == "InvalidEvent"
    assert "begins with -" in error.message


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"parameters": {"greeting": "howdy"}}, "must be one of hello, goodbye"),
        ({"parameters": {"greetin": "hello"}}, "did you mean greeting?"),
        ({"parameters": {"other": "hello"}}, "it has greeting"),
        ({"command": ["/bin/sh"]}, "command is not a field"),
        ({"paramters": {}}, "did you mean parameters?"),
        ({"program": "../shout"}, "program must be a name"),
        ({"target": "oss://media/.ossferry/x"}, "must not lead to .ossferry/"),
    ],
)
def test_an_event_can_only_choose(
    cloud: LocalCloud, event: Event, fields: dict[str, object], said: str
) -> None:
    """Among what is deployed, and what a description allows."""
    error = failed(cloud, {**event("shout"), **fields})
    assert error.error_type == "InvalidEvent"
    assert said in error.message


@pytest.mark.parametrize("text", ["-rf", "--help"])
def test_a_parameter_that_looks_like_an_option_is_refused(
    cloud: LocalCloud, event: Event, text: str
) -> None:
    """Whatever its pattern allows."""
    error = failed(cloud, event("echo", parameters={"text": text}))
    assert "does not begin with -" in error.message


def test_programs_that_are_not_there_or_make_no_sense_are_told(
    cloud: LocalCloud, event: Event
) -> None:
    """With what there is, and with the file and the mistake."""
    missing = failed(cloud, event("shot"))
    assert (missing.error_type, "shout" in missing.message) == ("ProgramMissing", True)
    wrong = failed(cloud, event("wrong"))
    assert wrong.error_type == "InvalidProgram"
    assert "programs/wrong.toml: 'comand' is not a field" in wrong.message
    assert failed(cloud, event("videos")).message.startswith("the program videos is for *.mp4, *.m")


@pytest.mark.parametrize("program", ["measure"])
def test_no_program_sees_who_runs_it(
    cloud: LocalCloud, event: Event, key: str, program: str
) -> None:
    """Neither keys nor settings, nor where the function is."""
    replied(cloud, event(program))
    text = stored(cloud, f"out/{key}/{key}/environment.txt").decode()
    names = {line.partition("=")[0] for line in text.splitlines()}
    assert names == {"PATH", "HOME", "LANG", "TMPDIR", "LICENCE"}
    assert not secrets_in(text, cloud)


@pytest.mark.parametrize("what", ["link", "folder-link", "pipe", "socket", "latin", "newline"])
def test_what_is_no_plain_file_is_refused(
    cloud: LocalCloud, event: Event, key: str, what: str
) -> None:
    """All of it: nothing is stored, and nobody waits for a pipe."""
    error = failed(cloud, event("leave", parameters={"what": what}))
    assert error.error_type == "ProgramFailed"
    assert "only files are kept" in error.message
    assert not keys_below(cloud, f"out/{key}/")


def test_odd_names_below_the_folder_stay_below_it(
    cloud: LocalCloud, event: Event, key: str
) -> None:
    """Names with dots are names."""
    reply = replied(cloud, event("leave", parameters={"what": "dots"}))
    names = [each["key"] for each in reply["outputs"]["objects"]]
    assert names == [f"out/{key}/{key}/..a/.../b/..c", f"out/{key}/{key}/good.txt"]


def test_an_archived_object_is_told_as_such(cloud: LocalCloud, event: Event) -> None:
    """And nothing is paid for reading it."""
    asked = event("shout")
    key = asked["source"].removeprefix(f"oss://{cloud.bucket_name}/")
    cloud.bucket.put_object(key, b"text", headers={"x-oss-storage-class": "Archive"})
    error = failed(cloud, asked)
    assert error.error_type == "SourceArchived"
    cloud.bucket.delete_object(key)
    assert failed(cloud, asked).error_type == "SourceGone"


def test_nothing_left_is_an_error(cloud: LocalCloud, event: Event) -> None:
    """Unless the description allows it."""
    error = failed(cloud, event("leave", parameters={"what": "nothing"}))
    assert error.error_type == "ProgramFailed"
    assert "may_be_empty" in error.message


def test_what_is_locked_is_removed_too(cloud: LocalCloud, event: Event) -> None:
    """Whether it can be read depends on who the function is; the folder goes in any case."""
    try:
        replied(cloud, event("leave", parameters={"what": "locked"}))
    except FunctionError as error:
        told = error.error_type
    else:
        told = ""
    assert told in ("", "ProgramFailed")


def test_an_output_never_replaces_the_input(cloud: LocalCloud, event: Event, key: str) -> None:
    """A program that was to work in place would lose what it was given."""
    asked = event("duplicate", key=f"{key}-copy.txt")
    asked["target"] = f"oss://{cloud.bucket_name}/"
    asked["source"] = f"oss://{cloud.bucket_name}/{key}-copy.txt"
    cloud.bucket.put_object(f"{key}-copy.txt", b"mine")
    cloud.bucket.put_object(f"{key}.txt", b"mine")
    replied(cloud, asked)  # it makes <key>-copy-copy.txt
    assert stored(cloud, f"{key}-copy.txt") == b"mine"


@pytest.mark.parametrize("number", [3, 255])
def test_an_exit_code_is_an_error_with_what_was_said(
    cloud: LocalCloud, event: Event, key: str, number: int
) -> None:
    """The end of it, without what is secret; nothing is stored."""
    error = failed(cloud, event("exit", parameters={"code": number}))
    assert error.error_type == "ProgramFailed"
    assert f"ended with exit code {number}: a banner" in error.message
    assert "https://media.oss-cn-hangzhou.aliyuncs.com/a.mp4" in error.message
    assert "http://host/a" in error.message
    assert CANARY not in error.message
    assert "line 0" not in error.message
    assert 3000 < len(error.message) < 4400
    assert not keys_below(cloud, f"out/{key}/")


@pytest.mark.parametrize(("program", "fields"), [("exit", {"code": 75}), ("unlicensed", {})])
def test_75_asks_for_another_try(
    cloud: LocalCloud, event: Event, program: str, fields: dict[str, object]
) -> None:
    """Which is an error of its own; values of its environment are not shown."""
    error = failed(cloud, event(program, parameters=fields))
    assert error.error_type == "ProgramBusy"
    assert "(exit code 75)" in error.message
    assert "sesame" not in error.message


@pytest.mark.parametrize("how", ["files", "file", "work"])
def test_a_program_that_fills_the_disk_is_ended(cloud: LocalCloud, event: Event, how: str) -> None:
    """Wherever it writes, in one file or in many."""
    error = failed(cloud, event("fill", parameters={"how": how}))
    assert error.error_type == "ProgramFailed"
    assert "wrote more than 20,000,000 bytes" in error.message
