"""Who may import whom, as data: what is pure stays pure, and a child starts with little.

Pure modules compute. Edges touch one thing outside the process each. Compositions put both
together. A new module has to be placed here, which is when to think about its nature.
"""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

SRC = Path(__file__).resolve().parents[2] / "src"

PURE = {
    "byte_range",
    "context",
    "copy_job",
    "crc64",
    "envelopes",
    "errors",
    "events",
    "fault",
    "fc_reply",
    "fields",
    "http_event",
    "jobs",
    "judge",
    "model",
    "names",
    "oss_error",
    "oss_event",
    "plan",
    "record",
    "request",
    "retry",
    "settings",
    "signing",
    "urls",
}
EDGES = {
    "board",
    "body",
    "bucket",
    "depot_folder",
    "download",
    "fanout",
    "fc2_client",
    "fc3_client",
    "fc_session",
    "invoker",
    "log",
    "multipart",
    "netguard",
    "origin",
    "pool",
    "reader",
    "side_by_side",
    "stop",
    "stream",
    "tls_adapter",
    "under_way",
    "unpack",
    "upload",
    "wire",
}
COMPOSITIONS = {
    "answer",
    "batch",
    "by_parts",
    "checkpoint",
    "child",
    "cloud",
    "coordinator",
    "copiers",
    "depot",
    "expectations",
    "expiry",
    "front_to_back",
    "handover",
    "inside_oss",
    "logged",
    "leftovers",
    "object_headers",
    "one_pass",
    "reply",
    "sweep",
    "transfer",
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
DEFAULTS = {"retry": {"random", "time"}}

THIRD_PARTY = {
    "fastcrc": {"crc64"},
    "oss2": {"bucket"},
    "fc2": {"fc2_client"},
    "alibabacloud_fc20230330": {"fc3_client"},
    "alibabacloud_tea_openapi": {"fc3_client"},
    "darabonba": {"fc3_client"},
    "requests": {"bucket", "fc_session", "tls_adapter"},
}


def _tree(module: str) -> ast.Module:
    path = SRC / f"{module}.py" if module == "index" else SRC / "ossferry" / f"{module}.py"
    return ast.parse(path.read_text())


def _modules() -> set[str]:
    return {path.stem for path in (SRC / "ossferry").glob("*.py")} - {"__init__"}


def _imports(module: str) -> tuple[set[str], set[str]]:
    """Modules of our own and top-level packages of others, wherever in the module they stand."""
    ours: set[str] = set()
    others: set[str] = set()
    for node in ast.walk(_tree(module)):
        if isinstance(node, ast.Import):
            others |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and (node.level or node.module == "ossferry"):
            named = {alias.name for alias in node.names}
            ours |= {node.module} if node.level and node.module else named
        elif isinstance(node, ast.ImportFrom) and node.module:
            package, _, name = node.module.partition(".")
            (ours if package == "ossferry" else others).add(
                name if package == "ossferry" else package
            )
    return ours, others


def _needed_at_start(module: str) -> set[str]:
    """Our own modules that importing this one brings, not counting what functions import."""
    found: set[str] = set()
    for node in _tree(module).body:
        if isinstance(node, ast.ImportFrom) and node.level:
            found |= {node.module} if node.module else {alias.name for alias in node.names}
    return found | {deeper for each in found for deeper in _needed_at_start(each)}


def test_every_module_has_one_nature() -> None:
    """Pure, edge or composition: one of them, and no module is left out."""
    assert sorted([*PURE, *EDGES, *COMPOSITIONS]) == sorted(_modules())


def test_every_module_is_on_the_map() -> None:
    """The package's docstring tells a newcomer where everything is, and nothing that is gone."""
    document = ast.get_docstring(_tree("__init__")) or ""
    drawn = document.rpartition("\n\n")[2].splitlines()
    named = {word for line in drawn for word in re.findall(r"\w+", line[22:])}
    assert named == _modules()


@pytest.mark.parametrize("module", sorted(PURE))
def test_pure_modules_import_only_pure_modules(module: str) -> None:
    """Neither an edge nor anything that reaches out of the process, not even in a function."""
    ours, others = _imports(module)
    assert ours <= PURE
    assert others & OUTSIDE <= DEFAULTS.get(module, set())


@pytest.mark.parametrize("module", sorted(EDGES))
def test_edges_import_no_compositions(module: str) -> None:
    """An edge builds on pure modules and on edges below it."""
    assert _imports(module)[0] <= PURE | EDGES


@pytest.mark.parametrize("module", sorted(_modules() | {"index"}))
def test_third_party_packages_stay_in_their_modules(module: str) -> None:
    """Each SDK can be replaced by changing one module; everything else is the standard library."""
    _, others = _imports(module)
    foreign = others - set(sys.stdlib_module_names)
    assert foreign <= {package for package, homes in THIRD_PARTY.items() if module in homes}


def test_imports_make_no_circle() -> None:
    """Each module can be understood with what is below it."""
    graph = {module: _imports(module)[0] & _modules() for module in _modules()}
    assert len(list(TopologicalSorter(graph).static_order())) == len(_modules())


def test_a_child_needs_neither_sdk_nor_coordinator() -> None:
    """By what its modules import when they are loaded."""
    needed = _needed_at_start("child")
    assert not needed & {"bucket", "invoker", "coordinator", "cloud", "plan", "events"}


def test_modules_stay_small() -> None:
    """A module that grows past 300 lines has more than one reason to change."""
    lines = {path.name: len(path.read_text().splitlines()) for path in SRC.rglob("*.py")}
    assert {name: count for name, count in lines.items() if count > 300} == {}


def test_a_child_starts_without_the_sdks() -> None:
    """In a fresh interpreter, a whole copy job brings in none of what takes long to import."""
    event = {
        "kind": "copy",
        "version": 1,
        "source": {"url": "http://127.0.0.1:1/", "headers": {}, "pin": [1, None, None]},
        "parts": [[1, 0, 1, "http://127.0.0.1:1/"]],
        "streams": 1,
        "seconds": 0,
        "transfer_id": "",
    }
    program = (
        "import json, sys, index\n"
        f"reply = index.handler({json.dumps(event).encode()!r}, None)\n"
        "print(json.dumps([json.loads(reply), sorted(sys.modules)]))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={"PYTHONPATH": str(SRC)},
        capture_output=True,
        check=True,
        timeout=60,
    )
    reply, modules = json.loads(done.stdout.splitlines()[-1])
    assert reply["error"]
    assert reply["parts"] == []
    assert not {"oss2", "fc2", "requests", "multiprocessing", "aiohttp"} & set(modules)
    assert not {"ossferry.coordinator", "ossferry.bucket", "ossferry.events"} & set(modules)
