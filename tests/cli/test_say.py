"""What others wrote is shown on a terminal, and takes no command of it."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ossferry_cli.say import say, visible
from ossferry_cli.showing.screen import JsonLines, Pipe
from ossferry_cli.watching.look import Ended

HOSTILE = (
    "\x1b]0;owned\x07",  # renames the window
    "\x1b]52;c;cm0gLXJmIC8=\x07",  # fills the clipboard
    "\x9b2J",  # clears the screen, in one character of eight bits
    "done\rFAILED",  # overwrites the line
    "gnp\u202ecod.exe",  # turns the order around
)


@pytest.mark.parametrize("text", HOSTILE)
def test_what_a_terminal_would_obey_is_written_out(text: str) -> None:
    """As JSON writes it."""
    shown = visible(text)
    assert shown.isprintable()
    assert json.loads(f'"{shown}"') == text


@pytest.mark.parametrize("text", ["a/b c.jpg", "照片/1.jpg", "ünïcode", "two\nlines", "\U0001f600"])
def test_what_people_write_stays_as_it_is(text: str) -> None:
    assert visible(text) == text


@given(st.recursive(st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)))
def test_a_document_stays_the_same_one(document: object) -> None:
    """Also where it is indented."""
    for indent in (None, 2):
        text = json.dumps(document, ensure_ascii=False, indent=indent)
        assert json.loads(visible(text)) == document


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_gets_through(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Neither by a key, nor by a sentence of a server, nor in a document."""
    ended = Ended("failed", error_type="X", error=text, reply={"x": text})
    for screen in (Pipe(), JsonLines()):
        screen.started("id", text, attached=False)
        screen.warn(text)
        screen.finished("id", text, ended)
    say(text)
    say(text, err=True)
    for said in capsys.readouterr():
        assert all(each.isprintable() or each == "\n" for each in said)
