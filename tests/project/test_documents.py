"""What the documents promise is what the code has; what is new has to be explained there."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast
from xml.etree import ElementTree

import pytest

from ossferry.bulk.replies import reply_of, waiting_reply
from ossferry.bulk.wakeup import wake_all
from ossferry.errors import (
    ERROR_TYPES,
    ChildError,
    FerryError,
    ProgramError,
    SourceError,
    TargetError,
    Unfinished,
)
from ossferry.events import program as program_events
from ossferry.events.parse import parse
from ossferry.invocation.handover import HandOver
from ossferry.items.row import CAUSES, OUTCOMES, Tally
from ossferry.jobs import BulkJob, FlushJob, ProgramCall, ProgramJob, SweepJob, TransferJob
from ossferry.ledger import report
from ossferry.ledger.head import Head
from ossferry.listing.wanted import matches
from ossferry.lists.read import read_list
from ossferry.lists.rows import FORMATS, Row
from ossferry.names import FOLDER, REPORT_FILES, ObjectName
from ossferry.origins.credentials import BUCKETS, CREDENTIALS
from ossferry.origins.place import foreign_name, place_of
from ossferry.pace.limits import Measured
from ossferry.programs import description
from ossferry.programs.command import arguments, parameters_of
from ossferry.programs.found import read
from ossferry.records.sweep import sweep
from ossferry.settings import BEGINNINGS, VARIABLES, Settings
from ossferry.source.expectations import Expectations
from ossferry.spread.tally import Tally as FanOutTally
from ossferry.stop import Stop
from ossferry.transfer.reply import copied_reply
from ossferry.transfer.transfer import Copied, Phases, Transfer
from ossferry.triggers.http_event import refusal
from tests.localcloud.config import REPOSITORY
from tests.source.sources import info, job, source

_DOCUMENTS = {
    path.relative_to(REPOSITORY).as_posix(): path.read_text("utf-8")
    for folder, pattern in (
        ("", "*.md"),
        ("docs", "**/*.md"),
        ("examples", "*.md"),
        ("flows", "*.md"),
        ("tests", "**/*.md"),
    )
    for path in sorted((REPOSITORY / folder).glob(pattern))
}
_README = _DOCUMENTS["README.md"]
_EVENTS = _DOCUMENTS["docs/events.md"]
_BULK = _DOCUMENTS["docs/bulk.md"]
_THAW = _DOCUMENTS["docs/thaw.md"]
_CLOUDS = _DOCUMENTS["docs/clouds.md"]
_PROGRAMS = _DOCUMENTS["docs/programs.md"]
_DESIGN = _DOCUMENTS["docs/design.md"]
_ALL = "\n".join(_DOCUMENTS.values())

_EXAMPLES = {
    "max_children": 0,
    "streams": 1,
    "part_size": 1 << 20,
    "source_headers": {"Authorization": "x"},
    "expected_size": 1,
    "expected_crc64": "1",
    "expected_md5": "0" * 32,
    "expected_content_type": "text/*",
    "content_type": "text/plain",
    "metadata": {"a": "b"},
    "storage_class": "IA",
    "direct_read": True,
    "overwrite": "never",
    "report": True,
}
# ... which make one of a job, with their parts.
_THAW_EXAMPLES = {"thaw": True, "days": 2, "tier": "Bulk", "confirm_above": "5GB"}
# ... and what only an object as the source may have.
_OF_OBJECTS = {"source_url": "oss://my-bucket/file.iso", "source_region": "cn-beijing"}
# ... and only an object of another cloud.
_OF_OTHERS = {
    "source_url": "s3://my-bucket/file.iso",
    "source_region": "us-east-1",
    "source_endpoint": "https://minio.example.org:9000",
    "credentials": "minio",
}

each_document = pytest.mark.parametrize("name", sorted(_DOCUMENTS))


def _examples(language: str, text: str = _ALL) -> list[str]:
    """Blocks of code in a language, each once, whatever document they are in."""
    found = re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    return list(dict.fromkeys(found))


def _section(document: str, heading: str) -> str:
    """A section with its subsections, from its heading to the next of its level or above."""
    level = heading.partition(" ")[0]
    (_, text) = document.split(f"\n{heading}\n")
    return re.split(rf"^#{{1,{len(level)}}} ", text, maxsplit=1, flags=re.MULTILINE)[0]


def _rows(text: str) -> dict[str, str]:
    """Rows of tables by the code that each begins with."""
    return {row.split("`")[1]: row for row in re.findall(r"^\| `.*", text, re.MULTILINE)}


def _without(*documents: str) -> str:
    """All others in English; examples in Chinese documents are the same, as test_chinese holds."""
    english = {name: each for name, each in _DOCUMENTS.items() if "zh-CN" not in name}
    return "\n".join(each for each in english.values() if each not in documents)


# README, docs/events.md and docs/triggers.md: what is asked, and what is answered

# Each document that shows one shows the same.
_TRANSFER, _REPLY, _SWEEP = (
    json.loads(text) for text in _examples("json", _without(_BULK, _THAW, _CLOUDS, _PROGRAMS))
)


def test_event_is_understood_with_every_field_of_its_table() -> None:
    """The example, with each optional field that the table has, is a transfer."""
    rows = _rows(_section(_EVENTS, "## The event"))
    assert rows.keys() == {*_EXAMPLES, *_OF_OTHERS, "thaw"} - {"source_url"}
    assert isinstance(parse(_TRANSFER | _EXAMPLES, Settings()), TransferJob)
    assert isinstance(parse(_TRANSFER | _OF_OTHERS | _EXAMPLES, Settings()), TransferJob)
    of_objects = _TRANSFER | _OF_OBJECTS | _EXAMPLES
    assert isinstance(parse(of_objects, Settings()), TransferJob)
    assert isinstance(parse(of_objects | _THAW_EXAMPLES, Settings()), TransferJob)


def test_every_field_of_a_transfer_is_documented() -> None:
    """A field that the code learns has to be explained."""
    inner = {"source", "target", "fallback", "tagging", "thaw", "credentials"}
    names = {*(getattr(TransferJob, "_fields", None) or TransferJob.__dataclass_fields__)}
    assert names - inner == set(_EXAMPLES)


def test_sweep_is_understood_with_the_default_that_is_stated() -> None:
    """The example is a sweep, and its hours are those that it has without them."""
    sweeping = parse(_SWEEP, Settings())
    assert isinstance(sweeping, SweepJob)
    short = {name: value for name, value in _SWEEP.items() if name != "older_than_hours"}
    assert parse(short, Settings()) == sweeping


def _fields(reply: Any) -> Any:
    """Names of the fields at each level; the phases differ from transfer to transfer."""
    if not isinstance(reply, dict):
        return None
    return {name: _fields(value) for name, value in reply.items() if name != "seconds"}


def test_reply_has_every_field_and_no_other() -> None:
    """Example and table name what a transfer answers, and what it may add."""
    expected = Expectations.of(job(), source())
    nobody = cast(Any, None)  # neither bucket nor cloud has a say in the reply
    tally = FanOutTally(streams=1, measured=Measured())
    transfer = Transfer(job(), source(), nobody, nobody, expected, Phases(), tally)
    reply = copied_reply(transfer, Copied(info(), []), warnings=["a sentence"])
    assert reply.pop("warnings")
    assert _fields(_REPLY) == _fields(reply)
    rows = _rows(_section(_EVENTS, "## The reply").split("\n### ")[0])
    assert rows.keys() == {*reply, "warnings", "report"}
    for name in ("object", "source", "parts", "children", "pace"):
        assert all(f"`{inner}`" in rows[name] for inner in _REPLY[name])


class _Elsewhere:
    """A cloud that takes the event for the next invocation, and whose buckets are empty."""

    request_id = "1-2-3"
    stop = Stop()

    def invoke_later(self, document: Mapping[str, object]) -> None:
        assert document["handover"] in ([1, self.request_id, 0], [1, f"{self.request_id}-2", 0])

    def bucket(self, name: ObjectName) -> _Elsewhere:
        return self

    def names(self, prefix: str) -> list[tuple[str, float]]:
        return []

    def now(self) -> float:
        return 0.0


def test_replies_without_an_object_are_documented() -> None:
    """Each status has a row that names all that comes with it."""
    cloud = cast(Any, _Elsewhere())
    sweeping = cast(SweepJob, parse(_SWEEP, Settings()))
    handed_over = HandOver().go_on([{}, {}], cloud, Unfinished("", progress=True))
    rows = _rows(_section(_EVENTS, "### Other statuses"))
    for reply in (handed_over, sweep(sweeping, cloud), wake_all(cloud, cloud)):
        row = rows[str(reply["status"])]
        assert all(f"`{name}`" in row for name in reply if name != "status")


_GROUPS = (
    FerryError,
    SourceError,
    TargetError,
    ChildError,
    ProgramError,
)  # never raised themselves
_ERRORS = sorted(ERROR_TYPES.keys() - {each.__name__ for each in _GROUPS})


def _first_cells(section: str) -> set[str]:
    cells = re.findall(r"^\|([^|]*)\|", section, re.MULTILINE)
    return {name for cell in cells for name in re.findall(r"`(\w+)`", cell)} - {"errorType"}


def test_every_error_is_documented() -> None:
    """Whoever gets an errorType finds it, and what to do, in the table; and it has no other."""
    assert sorted(_first_cells(_section(_EVENTS, "## Errors"))) == _ERRORS


@pytest.mark.parametrize("name", _ERRORS)
def test_status_of_each_error_over_http_is_documented(name: str) -> None:
    """The table of the HTTP trigger has each error beside its status, or leaves it to 500."""
    table = _section(_DOCUMENTS["docs/triggers.md"], "## HTTP trigger")
    rows = re.findall(r"^\| (\d{3}) \|(.*)\|$", table, re.MULTILINE)
    told = [int(status) for status, errors in rows if f"`{name}`" in errors] or [500]
    assert told == [refusal(ERROR_TYPES[name]("a sentence"))["statusCode"]]


def test_every_setting_is_documented() -> None:
    """Each variable has a row in the table of settings, and nothing else has."""
    names = {*VARIABLES, *(f"{beginning}<NAME>" for beginning in BEGINNINGS)}
    assert _rows(_section(_EVENTS, "## Settings")).keys() == names


# docs/clouds.md


def test_objects_of_other_clouds_are_understood() -> None:
    """The events, and what the table of stores sets, each with keys of its name."""
    one, many, trust = (json.loads(text) for text in _examples("json", _CLOUDS))
    assert trust["Statement"][0]["Action"] == "sts:AssumeRole"
    assert isinstance(parse(one, Settings()), TransferJob)
    assert isinstance(parse(many, Settings()), BulkJob)
    stores = re.findall(r"^\| \w.* \| `((?:s3|cos)://[^`]+)`", _CLOUDS, re.MULTILINE)
    assert len(stores) == 7
    for text in stores:
        env = {f"{CREDENTIALS}X": "id:secret", f"{BUCKETS}X": text}
        [entry] = Settings.from_env(env).foreign.entries
        name = f"{entry.store}://{entry.bucket.replace('*', 'media')}/a"
        assert place_of(foreign_name(name, entry.region, entry.endpoint))


# docs/thaw.md


def test_events_about_archived_objects_are_understood() -> None:
    """Each example, alone and with all fields of the table."""
    alone, copied = (json.loads(text) for text in _examples("json", _THAW))
    fields = _rows(_section(_THAW, "## Fields"))
    assert fields.keys() == _THAW_EXAMPLES.keys()
    terms = {name: value for name, value in _THAW_EXAMPLES.items() if name != "thaw"}
    for asked in (alone, alone | terms, copied, copied | terms):
        job = parse(asked, Settings(), "cn-hangzhou")
        assert isinstance(job, BulkJob)
        assert job.thaw is not None
        assert job.thaw.copies == (asked["kind"] == "bulk")


def test_reply_of_a_job_that_waits_is_documented() -> None:
    """What it has beyond the reply of all jobs."""
    reply = waiting_reply(Head("id", 0.0, thaws=True))
    rows = _first_cells(_section(_THAW, "## Reply and report").partition("The last reply")[0])
    assert {*reply} - {*_BULK_REPLY} <= rows | {"restored"}
    assert rows - {"others"} <= {*reply}


# docs/bulk.md

_BULK_EXAMPLES = [json.loads(text) for text in _examples("json", _BULK)]
_BULK_REPLY = next(each for each in _BULK_EXAMPLES if "kind" not in each)


def test_events_of_many_items_are_understood() -> None:
    """Each example, and the one for a status as one for a stop."""
    events = [each for each in _BULK_EXAMPLES if "kind" in each]
    jobs = [cast(BulkJob, parse(event, Settings(), "cn-hangzhou")) for event in events]
    assert [job.wants for job in jobs] == ["copy", "copy", "copy", "again", "status"]
    stop = {name: value for name, value in events[-1].items() if name != "status"}
    assert cast(BulkJob, parse({**stop, "stop": True}, Settings())).wants == "stop"


def test_every_field_of_many_items_is_documented() -> None:
    """What the code reads of an event has a row, and nothing else has."""
    code = (REPOSITORY / "src/ossferry/events/bulk.py").read_text("utf-8")
    read = set(re.findall(r'fields\.\w+\(\s*"(\w+)"', code))
    (common,) = re.findall(r"^_COMMON = \((.*)\)$", code, re.MULTILINE)
    assert _first_cells(_section(_BULK, "## Fields")) == read | set(re.findall(r"\w+", common))


def test_reply_about_many_items_has_every_field_and_no_other() -> None:
    """Example and table; only the coordinator knows how many children it invoked."""
    job = cast(BulkJob, parse(_BULK_EXAMPLES[0], Settings(), "cn-hangzhou"))
    files = dict.fromkeys(file.replace(".", "_") for file in REPORT_FILES)
    reply = reply_of(job, Head("id", 0.0), Tally(), cast(Any, files), 1.0, 2.0, stopped=False)
    assert _BULK_REPLY.keys() == {*reply, "invocations"}
    assert _BULK_REPLY["report"].keys() == files.keys()
    table = _section(_BULK, "## The reply").split("| other status |")[0]
    assert _first_cells(table) - {"true"} == _BULK_REPLY.keys()


def test_report_is_documented() -> None:
    """Its files and columns, and the words in it."""
    section = _section(_BULK, "## The report")
    rows = set(re.findall(r"^\| `([\w.]+)` \|", section, re.MULTILINE))
    assert rows == {*REPORT_FILES, *report._COLUMNS, *OUTCOMES, *CAUSES}


# docs/programs.md


def test_event_of_a_program_is_understood_and_each_field_documented() -> None:
    """The example, with the fields that may be left out."""
    event, many, then, flush, every = (json.loads(text) for text in _examples("json", _PROGRAMS))
    regions = {"source_region": "cn-beijing", "target_region": "cn-shanghai"}
    job = parse(event | regions, Settings())
    assert isinstance(job, ProgramJob)
    assert {*event, *regions, "then"} == _rows(_section(_PROGRAMS, "## Event")).keys()
    of_many = {name for name in re.findall(r"`(\w+)`", "".join(_fields_of_many()))}
    assert of_many == {*program_events._OF_MANY}
    assert {*event, *regions, "then", *of_many} == program_events._FIELDS
    over = parse(many, Settings(), "cn-hangzhou")
    assert isinstance(over, BulkJob)
    assert over.program == ProgramCall("transcode", {})
    job, flushed = (parse(each, Settings(), "cn-shanghai") for each in (then, flush))
    assert isinstance(job, ProgramJob)
    assert isinstance(flushed, FlushJob)
    assert flushed.target == job.target
    over = parse(every, Settings(), "cn-shanghai")
    assert isinstance(over, BulkJob)
    assert job.then
    assert over.then == job.then._replace(when=None, max_wait=None)
    rows = _rows(_section(_PROGRAMS, "## Then")).keys()
    assert rows == program_events._THEN_FIELDS == {*then["then"], "parameters", "target_region"}


def _fields_of_many() -> list[str]:
    """First cells of the table of fields that only many objects have."""
    table = _section(_PROGRAMS, "## Many objects").partition("| field of many |")[2]
    return re.findall(r"^\| (`.*?) \|", table.partition("\n\n")[0], re.MULTILINE)


def test_reply_about_many_objects_and_a_program_is_documented() -> None:
    """What it has besides the reply of all jobs, and what is missing."""
    job = cast(BulkJob, parse({**_OVER_MANY}, Settings(), "cn-hangzhou"))
    head = Head("id", 0.0, program="transcode")
    files = dict.fromkeys(file.replace(".", "_") for file in REPORT_FILES)
    reply = reply_of(job, head, Tally(), cast(Any, files), 1.0, 2.0, stopped=False)
    section = _section(_PROGRAMS, "## Many objects").partition("| field of the reply |")[2]
    told = re.findall(r"^\| (`.*?) \|", section.partition("\n\n")[0], re.MULTILINE)
    rows = {name for name in re.findall(r"`(\w+)`", "".join(told))}
    where_something_follows = {"then", "warnings"}
    assert {*reply} - {*_BULK_REPLY} <= rows - where_something_follows <= {*reply}
    assert where_something_follows <= rows
    assert {*_BULK_REPLY} - {*reply} == {"copied", "requests", "invocations"}
    assert all(f"`{name}`" in section for name in report._OF_PROGRAMS)


_OVER_MANY = {
    "kind": "program",
    "program": "transcode",
    "source": "oss://media/in/",
    "target": "oss://media/out/",
}


def test_descriptions_are_understood_and_each_field_documented() -> None:
    """Each example, and a row for all that the code reads."""
    for text in _examples("toml", _PROGRAMS):
        program = description.program_of("x", read("x", text.encode()), "/code/programs", "")
        assert parameters_of(program, {})
        assert arguments(program, "/in/a.mp4", "/out", "in/a.mp4", parameters_of(program, {}))
    ours = {"file", "folder", "program", "key", "stem", "suffix", "inputs", "list"}
    section = _section(_PROGRAMS, "## Description")
    documented = _first_cells(section) | ours
    places = {*description.PATHS, *description.OF_KEY}
    assert documented == {*description._FIELDS, *description._OF_PARAMETER, *places}
    assert all(f"`{{{place}}}`" in section for place in places)


def _table(text: str) -> list[list[str]]:
    """Cells of each row of the table in it, without its header."""
    (_, *parts) = re.split(r"^\|(?:---\|)+\n", text, maxsplit=1, flags=re.MULTILINE)
    rows = re.findall(r"^\|(.*)\|$", parts[0], re.MULTILINE)
    return [[cell.strip() for cell in row.split("|")] for row in rows]


def test_a_line_of_each_format_is_read() -> None:
    """Under a name with the format's ending, or by what comes with it."""
    found = _table(_section(_BULK, "## Lists").split("\n### ")[0])
    assert {cells[0].strip("`") for cells in found} == {*FORMATS}
    inventory = '{"sourceBucket": "photos", "fileSchema": "Bucket, Key", "files": [{"key": "1"}]}'
    for cells in found:
        format, line = cells[0].strip("`"), cells[1].strip("`").replace("<TAB>", "\t")
        (manifest, *_) = re.findall(r'`(\{"fileSchema.*?\})`', cells[2]) or [inventory]
        lists = {
            "google": f"TsvHttpData-1.0\n{line}",
            "migration": manifest,
            "inventory": inventory,
        }
        content = [lists.get(format, line).encode()]
        files = {"1": iter([line.encode()]), "lists/1.csv": iter([line.encode()])}
        rows = read_list(f"l.{format}", iter(content), open_file=files.__getitem__)
        assert rows.format == format
        assert [type(row) for row in rows] == [Row], format


def test_namings_are_as_shown() -> None:
    """The table's URL becomes what the table says."""
    section = _section(_BULK, "### Keys")
    (url,) = re.findall(r"`(https:\S+)`", section)
    for naming, name in _table(section):
        (row,) = read_list("l.urls", iter([url.encode()]), naming=cast(Any, naming.strip("`")))
        assert isinstance(row, Row)
        assert row.event["target_object_name"] == name.strip("`")


def test_patterns_take_what_they_are_said_to_take() -> None:
    """And do not take what they are said not to take."""
    found = _table(_section(_BULK, "### Which objects"))
    assert len(found) > 4
    for pattern, takes, leaves in found:
        names = re.findall(r"`([^`]+)`", takes.split("`:")[0] + "`")
        assert all(matches(pattern.strip("`"), name) for name in names), pattern
        assert not any(matches(pattern.strip("`"), n) for n in re.findall(r"`([^`]+)`", leaves))


# docs/async.md: the log

_LOGS = _section(_DOCUMENTS["docs/async.md"], "## Logs")


def _logged() -> list[tuple[str, str, set[str]]]:
    """Event, level and fields of each line that the code writes."""
    found = []
    for path in (REPOSITORY / "src").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            match node:
                case ast.Call(
                    func=ast.Name(id="log" | "sample"),
                    args=[ast.Constant(value=str(event)), *rest],
                    keywords=fields,
                ):
                    level = rest[0].value if rest and isinstance(rest[0], ast.Constant) else "info"
                    found.append((event, str(level), {each.arg for each in fields if each.arg}))
    return found


def test_every_line_of_the_log_is_documented() -> None:
    """By its event, its level and its fields; and the table has no other."""
    rows = _rows(_LOGS)
    assert {event for event, _, _ in _logged()} == rows.keys()
    for event, level, fields in _logged():
        assert f"| {level}" in rows[event]
        assert all(f"`{name}`" in rows[event] for name in fields), event


def test_queries_ask_for_what_is_there() -> None:
    """Each path in a query is a field of the event that it searches for."""
    queries = _examples("sql")
    assert len(queries) == 3
    for query in queries:
        (event,) = re.findall(r'^message: "([a-z.]+)" \|$', query, re.MULTILINE)
        paths = re.findall(r"\$\.(\w+)", query)
        assert paths
        assert all(f"`{name}`" in _rows(_LOGS)[event] for name in paths)


# docs/operate.md and docs/design.md


def test_lifecycle_rules_are_for_uploads_and_our_own_folder() -> None:
    """What is pasted into a bucket parses, and deletes no object but ours."""
    (document,) = _examples("xml")
    rules = list(ElementTree.fromstring(document))
    assert [rule.findtext("Prefix") for rule in rules] == ["", FOLDER]
    assert [rule.find("Expiration") is not None for rule in rules] == [False, True]
    assert rules[0].findtext("AbortMultipartUpload/Days")


def _rooms() -> Iterator[Path]:
    folders = (REPOSITORY / "src" / "ossferry").iterdir()
    return (path for path in folders if (path / "__init__.py").is_file())


def test_every_room_is_in_the_house() -> None:
    """The picture has each folder of the function, as it is on the disk."""
    house = _section(_DESIGN, "## The house").split("```")[1]
    assert [room.name for room in _rooms() if f"\n  {room.name}/ " not in house] == []


def test_every_file_is_in_its_room_of_the_house() -> None:
    """The picture names the files of each room, so that a new one is not overlooked."""
    house = _section(_DESIGN, "## The house").split("```")[1]
    rooms = dict(re.findall(r"^  (\w+)/ (.*(?:\n {19}.*)*)", house, re.MULTILINE))
    for room in _rooms():
        files = {path.stem for path in room.glob("*.py")} - {"__init__"}
        assert files <= set(re.findall(r"\w+", rooms[room.name])), room.name
    words = {path.stem for path in (REPOSITORY / "src" / "ossferry").glob("*.py")}
    assert words - {"__init__"} <= set(re.findall(r"\w+", house))


def test_files_that_the_design_names_are_there() -> None:
    """Whoever looks where the document points finds the file, if its room is built."""
    rooms = {room.name: room for room in _rooms()}
    named = re.findall(r"`(\w+)/(\w+\.py)`", _DESIGN)
    assert len(named) > 20
    built = [(rooms[room] / file) for room, file in named if room in rooms]
    assert [path for path in built if not path.is_file()] == []


# All documents


def test_readme_is_a_front_page() -> None:
    """What does not fit in 150 lines belongs in docs/."""
    assert len(_README.splitlines()) <= 150


@each_document
def test_tables_are_rectangular(name: str) -> None:
    """A row with a cell too many or too few is cut off or empty where it is shown."""
    for table in re.findall(r"(?:^\|.*\|\n){2,}", _DOCUMENTS[name], re.MULTILINE):
        assert len({row.count("|") for row in table.splitlines()}) == 1, table


@each_document
def test_make_targets_exist(name: str) -> None:
    """Each `make x` that a document speaks of is a target."""
    makefile = (REPOSITORY / "Makefile").read_text("utf-8")
    mentioned = set(re.findall(r"(?:`|^)make ([a-z]+)", _DOCUMENTS[name], re.MULTILINE))
    assert [each for each in mentioned if not re.search(rf"^{each}:", makefile, re.M)] == []


def test_every_make_target_is_documented() -> None:
    """And all that `make` offers is in the list for developers, the demo on the front page too."""
    makefile = (REPOSITORY / "Makefile").read_text("utf-8")
    (phony,) = re.findall(r"^\.PHONY: (.*)", makefile, re.MULTILINE)
    listed = re.findall(r"^make ([a-z]+) ", _section(_DESIGN, "## Develop"), re.MULTILINE)
    assert set(phony.split()) - {"help"} <= set(listed)
    assert "\nmake demo\n" in _README


def _prose(document: str) -> str:
    """A document without its blocks of code."""
    return re.sub(r"^```.*?^```$", "", document, flags=re.MULTILINE | re.DOTALL)


def _anchors(document: str) -> set[str]:
    """What headings can be linked by, as GitHub makes it of their text."""
    headings = re.findall(r"^#{1,6} (.+)$", _prose(document), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-") for text in headings}


def _links(document: str) -> list[str]:
    """Targets of links and pictures that are in this repository."""
    prose = re.sub(r"`[^`\n]*`", "", _prose(document))
    found = re.findall(r"\]\(([^)\s]+)\)|(?:src|srcset|href)=\"([^\"]+)\"", prose)
    targets = (first or second for first, second in found)
    return [each for each in targets if not each.startswith(("https:", "http:", "mailto:"))]


@each_document
def test_links_resolve(name: str) -> None:
    """Each relative link and picture leads to a file, and each anchor to a heading of it."""
    broken = []
    for link in _links(_DOCUMENTS[name]):
        path, _, anchor = link.partition("#")
        target = (REPOSITORY / name).parent.joinpath(path).resolve() if path else REPOSITORY / name
        document = target.relative_to(REPOSITORY).as_posix()
        if not target.exists() or (anchor and anchor not in _anchors(_DOCUMENTS[document])):
            broken.append(link)
    assert broken == []


def test_front_page_links_every_document() -> None:
    """A document that nobody is led to is not read."""
    for front, of_others in (("README.md", "docs/zh-CN/"), ("README.zh-CN.md", None)):
        links = {link.partition("#")[0] for link in _links(_DOCUMENTS[front])}
        names = {name for name in _DOCUMENTS if name.startswith("docs/")}
        if of_others is None:  # what is there in both languages is linked in its own
            names -= {name.replace("zh-CN/", "") for name in names if "/zh-CN/" in name}
        else:
            names = {name for name in names if not name.startswith(of_others)}
        assert names <= links, front


@each_document
def test_what_is_pasted_survives_it(name: str) -> None:
    """Typographic dashes and quotes break a command; the documents have none anywhere."""
    assert re.findall("[\u2010-\u2015\u2018-\u201f\u2026\u00a0]", _DOCUMENTS[name]) == []
