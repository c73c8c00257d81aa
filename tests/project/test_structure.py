"""Who may import whom, as data: rooms stand on each other, what is pure stays pure, and a child
starts with little.

A new file has to be placed in a room, which is when to think about what it is for.
"""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from ossferry.byte_range import ByteRange
from ossferry.copying.copy_job import CopyJob, PartJob, Pin, SourceRef, Warrant
from ossferry.items.job import ItemsJob
from ossferry.records.record import Record
from ossferry.small.item import Item
from ossferry.urls import Url
from tests.peers.scripted import Reply, answer, in_turn, scripted

SRC = Path(__file__).resolve().parents[2] / "src"
OSSFERRY = SRC / "ossferry"

# From the bottom to the top. The files beside the rooms are words, which all may use; ``cloud``
# alone stands among the rooms.
WORDS = "words"
# What jobs and settings are made of are words too, wherever they stand.
WORDS_ELSEWHERE = {"origins.credentials", "origins.keys", "origins.place"}
ROOMS = (
    WORDS,
    "http",
    "origins",
    "copying",
    "triggers",
    "events",
    "lists",
    "roles",
    "oss",
    "listing",
    "pace",
    "spread",
    "fc",
    "cloud",
    "source",
    "depot",
    "records",
    "transfer",
    "apart",
    "programs",
    "gathered",
    "small",
    "items",
    "thaw",
    "ledger",
    "sharing",
    "bulk",
    "messages",
    "published",
    "invocation",
)
# Less than everything below: what a room has to do without, and so can be understood without.
MAY_IMPORT = {
    "origins": {WORDS, "http"},
    "http": {WORDS},
    "copying": {WORDS, "http"},
    "triggers": {WORDS},
    "events": {WORDS, "triggers"},
    "lists": {WORDS},
    "roles": {WORDS, "http"},
    "oss": {WORDS, "http", "copying"},
    "listing": {WORDS, "oss"},
    "pace": {WORDS, "copying"},
    "spread": {WORDS, "copying", "pace"},
    "fc": {WORDS, "copying"},
    "source": {WORDS, "origins", "http", "copying", "pace"},
    "depot": {WORDS, "http", "copying", "roles", "oss", "source"},
    "records": {WORDS, "copying", "oss", "cloud", "source"},
    "small": {WORDS, "http", "origins", "copying", "roles", "oss", "source"},
    "thaw": {WORDS, "small", "items"},
    "ledger": {WORDS, "copying", "oss", "items"},
    "sharing": {WORDS, "spread", "cloud", "source", "small", "items", "ledger"},
    "apart": {WORDS},
    "programs": {
        *(WORDS, "copying", "events", "listing", "oss", "cloud", "source", "depot", "records"),
        *("transfer", "apart"),
    },
    "messages": {WORDS, "cloud", "apart", "programs", "gathered", "records"},
    "gathered": {
        *(WORDS, "events", "oss", "cloud", "source", "depot", "records", "apart", "programs"),
    },
    "published": {WORDS, "events", "cloud", "thaw"},
}
LARGEST = {"files": 10, "lines": 1500}
# What has outgrown that, and is one room all the same: streams, their source and their target are
# what every child loads, and is measured as one; handing slices out and gathering what came of them
# is one loop, with a file for each thing that it decides; and a job's way from its event to its
# reply is one as well, of small files; and a transfer's ways of copying are each in a small file,
# as is each thing that a program has. So are the questions that are asked of a source before it is
# copied.
LARGER = {
    "copying": {"files": 11, "lines": 1800},
    "transfer": {"files": 13, "lines": 1600},
    "source": {"files": 11},
    "bulk": {"files": 13, "lines": 1750},
    "sharing": {"files": 13, "lines": 1500},
    "programs": {"files": 12, "lines": 1850},
}

PURE = {
    "apart.said",
    "archived",
    "byte_range",
    "checksums",
    "context",
    "copying.copy_job",
    "copying.judge",
    "crc64",
    "dates",
    "entries",
    "errors",
    "ledger.head",
    "sharing.progress",
    "sharing.rounds",
    "sharing.slices",
    "bulk.program",
    "bulk.supply",
    "events.bulk",
    "events.fields",
    "events.gather",
    "events.parse",
    "events.program",
    "events.published",
    "events.request",
    "events.thaw",
    "fc.reply",
    "gathered.batches",
    "http.content_range",
    "http.framing",
    "http.head",
    "http.retry_after",
    "invocation.fault",
    "invocation.messages",
    "items.job",
    "items.row",
    "items.waiting",
    "jobs",
    "listing.beside",
    "listing.guess",
    "listing.ranges",
    "listing.wanted",
    "lists.duplicates",
    "lists.keys",
    "lists.lines",
    "lists.manifests",
    "lists.objects",
    "lists.plain",
    "lists.read",
    "lists.rows",
    "lists.tables",
    "lists.unpack",
    "messages.rows",
    "messages.unusable",
    "names",
    "origins.cos",
    "origins.credentials",
    "origins.keys",
    "origins.pages",
    "origins.place",
    "origins.refusals",
    "origins.s3",
    "origins.xml",
    "oss.allowed",
    "oss.endpoint",
    "oss.error",
    "oss.signing",
    "pace.crew",
    "pace.grid",
    "pace.growth",
    "pace.late",
    "pace.limits",
    "pace.model",
    "pace.part_sizes",
    "pace.run",
    "parts",
    "programs.command",
    "programs.description",
    "programs.naming",
    "programs.parameter",
    "published.page",
    "published.state",
    "records.record",
    "retry",
    "settings",
    "sharing.supplied",
    "small.item",
    "source.checks",
    "spread.forecast",
    "spread.journal",
    "spread.plan",
    "spread.tally",
    "thaw.later",
    "thaw.look",
    "thaw.plan",
    "thaw.settle",
    "thaw.wish",
    "triggers.envelopes",
    "triggers.http_event",
    "triggers.oss_event",
    "triggers.slip",
    "urls",
}

# What reaches out of the process, or differs from one moment to the next.
OUTSIDE = {
    "asyncio",
    "concurrent",
    "datetime",
    "ftplib",
    "glob",
    "http",
    "io",
    "logging",
    "multiprocessing",
    "os",
    "pathlib",
    "queue",
    "random",
    "secrets",
    "select",
    "selectors",
    "shutil",
    "signal",
    "socket",
    "socketserver",
    "ssl",
    "subprocess",
    "sys",
    "tempfile",
    "threading",
    "time",
    "uuid",
}
# Only as defaults of parameters, which tests replace.
DEFAULTS = {"http.retry_after": {"time"}, "retry": {"random", "time"}}

# Only to write a moment down, which depends on nothing else.
CALENDAR = {"items.waiting": {"time"}, "origins.s3": {"time"}}

# Each SDK has one room; requests is what the sessions of both are made of.
THIRD_PARTY = {
    "anycrc": {"checksums"},
    "fastcrc": {"checksums", "crc64"},
    "tomli": {"programs.found"},
    "oss2": {"oss.bucket", "oss.client"},
    "fc2": {"fc.client_2_0"},
    "alibabacloud_fc20230330": {"fc.client_3_0"},
    "alibabacloud_tea_openapi": {"fc.client_3_0"},
    "darabonba": {"fc.client_3_0"},
    "requests": {"oss.client", "fc.session", "tls_adapter"},
    "urllib3": {"oss.client"},
}


def _modules() -> dict[str, Path]:
    """Every file of ours by its name, ``room.file`` or the file alone."""
    found = {}
    for path in OSSFERRY.rglob("*.py"):
        if path.name != "__init__.py":
            found[".".join(path.relative_to(OSSFERRY).with_suffix("").parts)] = path
    return found


MODULES = _modules()


def _room(module: str) -> str:
    room, dot, _ = module.partition(".")
    if module in WORDS_ELSEWHERE:
        return WORDS
    return room if dot or room == "cloud" else WORDS


def _absolute(module: str, node: ast.ImportFrom) -> str:
    """What an import statement starts from, without ``ossferry``; "" for the package itself."""
    if not node.level:
        return (node.module or "").partition(".")[2]
    package = ["", *module.split(".")][: -node.level]
    return ".".join([*package, *(node.module or "").split(".")]).strip(".")


def _ours(module: str, nodes: list[ast.stmt] | None = None) -> set[str]:
    """Our own modules that a module imports, wherever in it, or in these statements of it."""
    tree = ast.parse(_path(module).read_text())
    found: set[str] = set()
    for node in ast.walk(tree) if nodes is None else nodes:
        if not isinstance(node, ast.ImportFrom):
            continue
        if not node.level and (node.module or "").partition(".")[0] != "ossferry":
            continue
        start = _absolute(module, node)
        names = {f"{start}.{alias.name}".strip(".") for alias in node.names}
        found |= {start} if start in MODULES else names
    return found


def _path(module: str) -> Path:
    return SRC / "index.py" if module == "index" else MODULES[module]


def _others(module: str) -> set[str]:
    """Top-level packages that are not ours."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(_path(module).read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found |= {node.module.partition(".")[0]}
    return found - {"ossferry"}


def _needed_at_start(module: str) -> set[str]:
    """Our own modules that importing this one brings, not counting what functions import."""
    body = ast.parse(_path(module).read_text()).body
    found = _ours(module, body)
    return found | {deeper for each in found for deeper in _needed_at_start(each)}


def test_imports_lead_to_files() -> None:
    """What these tests read out of import statements are files that exist."""
    assert {each for module in MODULES for each in _ours(module)} <= MODULES.keys()


@pytest.mark.parametrize("module", sorted(MODULES))
def test_a_room_stands_on_rooms_below_it(module: str) -> None:
    """Words import words only, a room itself and what it may import, which is below it."""
    room = _room(module)
    below = {*ROOMS[: ROOMS.index(room)]}
    assert MAY_IMPORT.get(room, below) <= below
    assert {_room(each) for each in _ours(module)} <= MAY_IMPORT.get(room, below) | {room}


@pytest.mark.parametrize("room", sorted({*ROOMS} - {WORDS, "cloud"}))
def test_a_room_says_what_it_is_for_and_stays_small(room: str) -> None:
    """A few lines in its ``__init__`` and no code; what has outgrown its room is split."""
    introduction = ast.parse((OSSFERRY / room / "__init__.py").read_text())
    assert len(introduction.body) == 1
    assert 2 <= len((ast.get_docstring(introduction) or "").splitlines()) <= 6
    files = [path for module, path in MODULES.items() if _room(module) == room]
    largest = LARGEST | LARGER.get(room, {})
    assert len(files) <= largest["files"]
    assert sum(len(path.read_text().splitlines()) for path in files) <= largest["lines"]


def test_every_folder_is_a_room() -> None:
    """None is left out of the order."""
    folders = {path.parent.name for path in OSSFERRY.glob("*/*.py")}
    assert folders == {*ROOMS} - {WORDS, "cloud"}


@pytest.mark.parametrize("module", sorted(PURE))
def test_pure_modules_import_only_pure_modules(module: str) -> None:
    """Neither an edge nor anything that reaches out of the process, not even in a function."""
    assert _ours(module) <= PURE
    allowed = DEFAULTS.get(module, set()) | CALENDAR.get(module, set())
    assert _others(module) & OUTSIDE <= allowed


@pytest.mark.parametrize("module", sorted([*MODULES, "index"]))
def test_third_party_packages_stay_in_their_modules(module: str) -> None:
    """Each SDK can be replaced by changing one module; everything else is the standard library."""
    foreign = _others(module) - set(sys.stdlib_module_names)
    assert foreign <= {package for package, homes in THIRD_PARTY.items() if module in homes}


@pytest.mark.parametrize("module", sorted([*MODULES, "index"]))
def test_the_function_does_without_the_command(module: str) -> None:
    """``ossferry_cli`` is no room: it stands beside the house, and is in none of its zips."""
    assert "ossferry_cli" not in _others(module)


def test_the_command_is_what_its_requirements_say() -> None:
    """It imports what pyproject.toml names, and the function's package only for words and readers:
    never what copies."""
    found: set[str] = set()
    rooms: set[str] = set()
    for path in (SRC / "ossferry_cli").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                found |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                found |= {node.module.partition(".")[0]}
                if node.module.startswith("ossferry."):
                    named = node.module.partition(".")[2]
                    # What is predicted before anything is measured is arithmetic, and no copying.
                    if named not in ("spread.forecast", "spread.plan", "pace.model"):
                        rooms.add(_room(named))
    distributions = {
        *("alibabacloud_credentials", "click", "cryptography", "jinja2", "markupsafe", "oss2"),
        *("requests", "rich", "urllib3", "yaml"),
    }
    foreign = found - set(sys.stdlib_module_names) - {"ossferry", "ossferry_cli"}
    assert foreign <= distributions
    assert not rooms & {"transfer", "spread", "sharing", "small", "bulk", "pace"}


def test_imports_make_no_circle() -> None:
    """Each module can be understood with what is below it."""
    graph = {module: _ours(module) for module in MODULES}
    assert len(list(TopologicalSorter(graph).static_order())) == len(MODULES)


def test_a_child_needs_words_and_the_copy_path_only() -> None:
    """By what its modules import when they are loaded."""
    needed = _needed_at_start("copying.child")
    assert {_room(each) for each in needed} == {WORDS, "http", "copying"}
    assert not needed & {"context", "jobs", "names", "parts", "tls_adapter"}


def test_modules_stay_small() -> None:
    """A module that grows past 300 lines has more than one reason to change."""
    lines = {path.name: len(path.read_text().splitlines()) for path in SRC.rglob("*.py")}
    assert {name: count for name, count in lines.items() if count > 300} == {}


def test_every_test_stands_where_its_subject_does() -> None:
    """A reader finds the tests of a file by its name: rooms have folders of the same name."""
    tests = SRC.parent / "tests"
    folders = {path.parent.name for path in tests.glob("*/test_*.py")}
    assert {*ROOMS} - {WORDS, "cloud"} <= folders
    words = {path.stem.removeprefix("test_") for path in tests.glob("test_*.py")}
    assert words <= {module for module in MODULES if _room(module) in (WORDS, "cloud")}


def test_a_child_starts_without_the_sdks() -> None:
    """In a fresh interpreter, a whole copy job brings in none of what takes long to import, nor
    does looking up whether a coordinator wrote it."""
    warrant = Warrant("cn-hangzhou", "my-bucket", ".ossferry/0/0.json", "secret")
    record = Record("k", 1, 1, "U", secret=warrant.secret).encode()
    with scripted(in_turn(Reply(answer(200, record)), Reply(answer(200, b"its parts")))) as oss:
        source = SourceRef(Url("http://127.0.0.1:1/"), {}, Pin(1))
        parts = (PartJob(1, ByteRange(0, 1), Url(f"{oss.url}/my-bucket/k")),)
        event = CopyJob(source, parts, 1, 0.0, "", warrant).encode()
        program = (
            "import json, sys, index\n"
            f"reply = index.handler({event!r}, None)\n"
            "print(json.dumps([json.loads(reply), sorted(sys.modules)]))\n"
        )
        done = subprocess.run(
            [sys.executable, "-c", program],
            env={"PYTHONPATH": str(SRC), "OSSFERRY_OSS_ENDPOINT": oss.url},
            capture_output=True,
            check=True,
            timeout=60,
        )
        assert len(oss.requests) == 2
    reply, modules = json.loads(done.stdout.splitlines()[-1])
    assert reply["error"]
    assert reply["parts"] == []
    assert not {"oss2", "fc2", "requests", "multiprocessing", "http.client", "anycrc"} & {*modules}
    loaded = {module for module in modules if module.startswith("ossferry.")}
    assert {_room(each.removeprefix("ossferry.")) for each in loaded} - {WORDS} == {
        "copying",
        "http",
        "invocation",
        "oss",
        "records",
        "roles",
    }
    assert not {"dataclasses", "ossferry.oss.bucket", "ossferry.jobs"} & set(modules)


def test_a_child_of_many_items_starts_without_the_sdks() -> None:
    """In a fresh interpreter, a whole job of small items: what would load them, and what transfers
    and bulks need, stays where it is until an item turns out to be large."""
    stored = Reply(answer(200, ETag='"e"'))
    with (
        scripted(in_turn(Reply(answer(200, b"small")))) as source,
        scripted(in_turn(stored)) as oss,
    ):
        event = {"source_url": f"{source.url}/x", "target_object_name": "k"}
        common = {"target_region": "cn-hangzhou", "target_bucket_name": "my-bucket"}
        job = ItemsJob((Item(1, event, look=False),), common, 30.0, 0).encode()
        program = (
            "import json, sys, index\n"
            f"reply = index.handler({job!r}, None)\n"
            "print(json.dumps([json.loads(reply), sorted(sys.modules)]))\n"
        )
        done = subprocess.run(
            [sys.executable, "-c", program],
            env={
                "PYTHONPATH": str(SRC),
                "OSSFERRY_OSS_ENDPOINT": oss.url,
                "OSSFERRY_ALLOW_NETWORKS": "127.0.0.0/8",
            },
            capture_output=True,
            check=True,
            timeout=60,
        )
    reply, modules = json.loads(done.stdout.splitlines()[-1])
    assert reply["tally"]["copied"] == 1
    assert not {"oss2", "fc2", "requests", "multiprocessing", "http.client", "uuid"} & {*modules}
    assert not {"calendar", "html.entities", "concurrent.futures"} & {*modules}
    loaded = {module for module in modules if module.startswith("ossferry.")}
    assert {_room(each.removeprefix("ossferry.")) for each in loaded} - {WORDS} == {
        *("copying", "events", "http", "invocation", "items", "oss", "pace", "records", "roles"),
        *("small", "source"),
    }
    assert not {"ossferry.oss.bucket", "ossferry.cloud", "ossferry.events.parse"} & loaded
