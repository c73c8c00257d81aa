"""What a program is, as its description says: ``programs/<name>.toml``, read already. Pure.

Every mistake in it is one sentence for who deploys it. What an event may choose is declared here,
and nothing else can be chosen.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from itertools import pairwise
from typing import Any, NamedTuple

from ..errors import InvalidProgram
from ..events.fields import near
from .parameter import Parameter, allowed, allows, is_plain, is_whole

_FIELDS = (
    *("command", "function", "inputs", "outputs", "last", "may_be_empty", "seconds", "disk_mb"),
    *("again", "stream", "at_once", "parameters", "environment", "gathers", "then"),
    *("alone", "state"),
)
_OF_PARAMETER = ("values", "pattern", "least", "most", "default")
# What a command may name besides its parameters; the first are paths.
PATHS = ("file", "folder", "program", "inputs", "list")
OF_KEY = ("key", "stem", "suffix")
# ... depending on what it gets.
_OF_ONE = {"file", "key", "suffix"}
_OF_MANY = {"": set[str](), "keys": {"list"}, "files": {"list", "inputs"}}
PLACEHOLDER = re.compile(r"(\{?)\{([a-z][a-z0-9_]*)\}(\}?)")
_PARAMETER = r"[a-z][a-z0-9_]{0,31}"
_VARIABLE = r"[A-Za-z_][A-Za-z0-9_]{0,63}"
# What the child has of us anyway, or what would let its environment choose what it loads.
_OURS = ("HOME", "PATH", "LANG", "TMPDIR", "LD_PRELOAD")
_FUNCTION = r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*"
_SHELLS = ("sh", "bash", "dash", "ash", "zsh", "ksh", "busybox")
_LAST = ("*.m3u8", "*.mpd")
_LONGEST = 24 * 3600  # seconds that a function may take


class Program(NamedTuple):
    """``folder`` is where it is deployed, ``digest`` that of its description.

    Of ``command`` and ``function`` it has one. ``seconds`` and ``disk`` (bytes) are its own limits;
    ``again`` are the exit codes that may pass; ``at_once`` is how many small items an instance may
    give to it at the same time. ``environment`` may be secret. ``gathers`` is what it gets of the
    outputs of others, "files" or "keys", and "" if it gets an object; ``then`` is as in an event.
    ``alone``: it gets nothing, but the output that is called ``state`` of the last time.
    """

    name: str
    folder: str
    digest: str
    command: tuple[str, ...] = ()
    function: str = ""
    inputs: tuple[str, ...] = ("*",)
    outputs: str = "{stem}/{name}"
    last: tuple[str, ...] = _LAST
    may_be_empty: bool = False
    seconds: float | None = None
    disk: int | None = None
    again: tuple[int, ...] = (75,)
    stream: bool = False
    at_once: int = 1
    parameters: Mapping[str, Parameter] = {}
    environment: Mapping[str, str] = {}
    gathers: str = ""
    then: Mapping[str, Any] | None = None
    alone: bool = False
    state: str = ""

    def __repr__(self) -> str:
        return f"Program({self.name})"


def program_of(name: str, document: Mapping[str, Any], folder: str, digest: str) -> Program:
    """``document`` is the description as TOML has it; raises ``InvalidProgram``."""
    read = _Reading(f"programs/{name}.toml", document)
    read.refuse_others(document, _FIELDS, "a field of a program")
    defaults = Program("", "", "")
    seconds, disk = read.whole("seconds", 1, _LONGEST), read.whole("disk_mb", 1, 1 << 20)
    program = Program(
        name=name,
        folder=folder,
        digest=digest,
        command=read.texts("command", ()),
        function=read.text("function", _FUNCTION, "like module:function", ""),
        inputs=read.texts("inputs", defaults.inputs),
        outputs=read.text("outputs", r"[^\x00-\x1f\\]{1,200}", "a name", defaults.outputs),
        last=read.texts("last", defaults.last),
        may_be_empty=read.flag("may_be_empty"),
        seconds=None if seconds is None else float(seconds),
        disk=None if disk is None else disk * 1_000_000,
        again=read.codes("again", defaults.again),
        stream=read.flag("stream"),
        at_once=read.whole("at_once", 1, 64) or defaults.at_once,
        parameters=read.parameters(),
        environment=read.environment(),
        gathers=read.text("gathers", "files|keys", "files or keys", ""),
        then=read.table("then", "one, like [then]") if "then" in document else None,
        alone=read.flag("alone"),
        state=read.text("state", r"[A-Za-z0-9][\w.-]{0,99}", "a name like state.json", ""),
    )
    _require_sense(program, read)
    return program


def _require_sense(program: Program, read: _Reading) -> None:
    if bool(program.command) == bool(program.function):
        raise read.wrong("it needs either a command or a function: give one of them")
    if program.function and program.stream:
        raise read.wrong("stream is for a command: a function gets a file")
    if program.gathers and (program.stream or program.then is not None):
        raise read.wrong("gathers goes with neither stream nor then: leave them out")
    if program.alone and (program.stream or program.gathers or program.then is not None):
        raise read.wrong("alone goes with none of stream, gathers and then: leave them out")
    if program.state and not program.alone:
        raise read.wrong("state is for a program that is run alone: set alone = true")
    if program.command:
        _require_command(program, read)
    named = {found[2] for found in PLACEHOLDER.finditer(program.outputs)}
    if not named <= {"stem", "suffix", "name"} or "stem" not in named:
        raise read.wrong(
            'outputs must have {stem}, and may have {suffix} and {name}, like "{stem}/{name}": else'
            " two objects would have outputs of one name"
        )


def _require_command(program: Program, read: _Reading) -> None:
    first = program.command[0]
    if not first.startswith(("/", "{program}/")):
        raise read.wrong(
            "command must begin with a path, like /usr/bin/env or {program}/start.sh, which stands"
            " beside the description"
        )
    others = _OF_MANY["files"] - _OF_MANY[program.gathers] | (_OF_ONE if program.gathers else set())
    known = {*PATHS, *OF_KEY, *program.parameters} - others
    if program.alone:
        known -= {*OF_KEY}
    for argument in program.command:
        named = [each[2] for each in PLACEHOLDER.finditer(argument) if not (each[1] and each[3])]
        for name in named:
            _require_known(name, known, program, read)
        if "key" in named and {"folder", "file"} & {*named}:
            raise read.wrong(
                "command has {key} in a path, and a key may have .. in it: use {stem} there"
            )
    _require_no_script(program, read)


def _require_known(name: str, known: Collection[str], program: Program, read: _Reading) -> None:
    if name not in known and name in (*PATHS, *OF_KEY):
        of_many = name in _OF_MANY["files"]
        what = "gathers, the files or the keys" if of_many else "gets one object"
        raise read.wrong(f"command has {{{name}}}, which is for a program that {what}")
    if name not in known:
        raise read.wrong(
            f"command has {{{name}}}, which is no parameter of it: declare [parameters.{name}], or"
            f" write {{{{{name}}}}} for braces that are to stay"
        )
    if name == "file" and program.stream:
        raise read.wrong("command has {file}, and with stream = true the input is on stdin")


def _require_no_script(program: Program, read: _Reading) -> None:
    """What is put into the script of a shell would be run by it."""
    command = program.command
    if command[0].rpartition("/")[2] not in (*_SHELLS, "env"):
        return
    for option, script in pairwise(command):
        if re.fullmatch(r"-[a-z]*c", option) and PLACEHOLDER.search(script):
            raise read.wrong(
                "command has {...} in the script of a shell, which would run what is put there:"
                ' write "$1" in it, and give the value as an argument behind the script\'s name'
            )


class _Reading:
    """The fields of a description, each judged."""

    def __init__(self, file: str, document: Mapping[str, Any]) -> None:
        self._file = file
        self._document = document

    def wrong(self, sentence: str) -> InvalidProgram:
        return InvalidProgram(f"{self._file}: {sentence}")

    def refuse_others(self, found: Mapping[str, Any], known: Collection[str], what: str) -> None:
        for name in found.keys() - {*known}:
            meant = near(name, known)
            advice = f"did you mean {meant}?" if meant else f"these are: {', '.join(known)}"
            raise self.wrong(f"{name[:80]!r} is not {what}: {advice}")

    def text(self, name: str, pattern: str, meaning: str, default: str) -> str:
        value = self._document.get(name, default)
        if value is not default and not (isinstance(value, str) and re.fullmatch(pattern, value)):
            raise self.wrong(f"{name} must be {meaning}")
        return str(value)

    def texts(self, name: str, default: tuple[str, ...]) -> tuple[str, ...]:
        value = self._document.get(name)
        if value is None:
            return default
        if not isinstance(value, list) or not all(is_plain(each) for each in value):
            raise self.wrong(f'{name} must be a list of texts, like ["a", "b"]')
        if not value and name != "last":
            raise self.wrong(f"{name} must not be empty")
        return tuple(value)

    def flag(self, name: str) -> bool:
        value = self._document.get(name, False)
        if not isinstance(value, bool):
            raise self.wrong(f"{name} must be true or false")
        return value

    def whole(self, name: str, least: int, most: int) -> int | None:
        value = self._document.get(name)
        if value is not None and not is_whole(value, least, most):
            raise self.wrong(f"{name} must be a whole number from {least} to {most}")
        return value

    def codes(self, name: str, default: tuple[int, ...]) -> tuple[int, ...]:
        value = self._document.get(name)
        if value is None:
            return default
        if not isinstance(value, list) or not all(is_whole(each, 1, 255) for each in value):
            raise self.wrong(f"{name} must be a list of exit codes from 1 to 255")
        return tuple(value)

    def table(self, name: str, meaning: str) -> dict[str, Any]:
        given = self._document.get(name, {})
        if not isinstance(given, dict):
            raise self.wrong(f"{name} must be {meaning}")
        return dict(given)

    def environment(self) -> dict[str, str]:
        given = self.table("environment", "a table of texts")
        for name, value in given.items():
            if not re.fullmatch(_VARIABLE, name) or name in _OURS:
                raise self.wrong(f"environment has a name that is not allowed: {name[:80]!r}")
            if not is_plain(value):
                raise self.wrong(f"environment.{name} must be a text")
        return given

    def parameters(self) -> dict[str, Parameter]:
        given = self.table("parameters", "tables, like [parameters.format]")
        return {name: self._parameter(name, each) for name, each in given.items()}

    def _parameter(self, name: str, given: object) -> Parameter:
        if not re.fullmatch(_PARAMETER, name) or name in (*PATHS, *OF_KEY):
            raise self.wrong(
                f"parameters has a name that is not allowed, or is ours: {name[:80]!r}"
            )
        if not isinstance(given, dict):
            raise self.wrong(f"parameters.{name} must be a table, with values for instance")
        inner = _Reading(f"{self._file}: parameters.{name}", given)
        inner.refuse_others(given, _OF_PARAMETER, "a field of a parameter")
        least, most = (inner.whole(each, -(2**53), 2**53) for each in ("least", "most"))
        pattern = inner.text("pattern", r".{1,1000}", "a regular expression", "") or None
        values = inner.texts("values", ())
        if sum((bool(values), pattern is not None, (least, most) != (None, None))) != 1:
            raise inner.wrong("give values, or a pattern, or least and most: what is allowed")
        if (least is None) != (most is None):
            raise inner.wrong("least and most belong together")
        _require_pattern(pattern, inner)
        parameter = Parameter(values, pattern, least, most)
        default = given.get("default")
        if default is None:
            return parameter
        text = str(default) if is_plain(default) or is_whole(default, -(2**53), 2**53) else ""
        if not allows(parameter, text):
            raise inner.wrong(f"its default is not {allowed(parameter)}")
        return parameter._replace(default=text)


def _require_pattern(pattern: str | None, read: _Reading) -> None:
    try:
        re.compile(pattern or "")
    except re.error as error:
        raise read.wrong(f"pattern is no regular expression: {error}") from None
