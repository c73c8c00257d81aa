"""Every word that the SDKs have for a feature of OSS, read from their own sources."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import alibabacloud_oss_v2
import oss2

# Vectors and tables have endpoints of their own; what is asynchronous says the same words again.
_LEFT_OUT = {"vectors", "tables", "aio"}
_HEADER = re.compile(r"[\"'](x-oss-[a-z0-9-]+)[\"']")
# Seen by SDKs in replies only.
_REPLIES = """
    x-oss-request-id x-oss-server-time x-oss-err x-oss-ec x-oss-hash-crc64ecma x-oss-version-id
    x-oss-object-type x-oss-restore x-oss-next-append-position x-oss-tagging-count
    x-oss-delete-marker x-oss-process-status x-oss-request-charged x-oss-expiration
    x-oss-transition-time x-oss-last-access-time x-oss-sealed-time x-oss-object-restore-priority
    x-oss-copy-source-version-id x-oss-select-output-raw x-oss-replication-rule-id
"""
REPLIES = frozenset(_REPLIES.split())


@dataclass(frozen=True)
class Asked:
    """An operation of the second SDK: what it is sent to, and what selects it."""

    name: str
    method: str
    resource: str
    query: tuple[tuple[str, str], ...]


@lru_cache(maxsize=1)
def operations() -> frozenset[Asked]:
    """Return the operations of ``alibabacloud-oss-v2`` that a query parameter selects."""
    found = set()
    for call in _calls():
        said = {each.arg: each.value for each in call.keywords}
        query = said.get("parameters")
        method = said.get("method")
        name = said.get("op_name")
        if not (isinstance(query, ast.Dict) and query.keys and isinstance(method, ast.Constant)):
            continue
        assert isinstance(name, ast.Constant)
        resource = "Object" if "key" in said else "Bucket" if "bucket" in said else "Service"
        pairs = tuple(sorted(_pairs(query)))
        found.add(Asked(str(name.value), str(method.value), resource, pairs))
    return frozenset(found)


def parameters() -> set[str]:
    """Return the query parameters that either SDK has for a feature."""
    signed = set(oss2.auth.ProviderAuth._subresource_key_set)
    constants = {
        value
        for holder in (oss2.Bucket, oss2.Service)
        for name, value in vars(holder).items()
        if name.isupper() and isinstance(value, str)
    }
    return signed | constants | {word for asked in operations() for word, _ in asked.query}


def headers() -> set[str]:
    """Return the ``x-oss-*`` headers that either SDK can send."""
    found: set[str] = set()
    for source in _sources(oss2, alibabacloud_oss_v2):
        found |= set(_HEADER.findall(source.read_text("utf-8")))
    return found - REPLIES


def _calls() -> Iterator[ast.Call]:
    for source in _sources(alibabacloud_oss_v2):
        if _LEFT_OUT & set(source.parts):
            continue
        for node in ast.walk(ast.parse(source.read_text("utf-8"))):
            named = getattr(getattr(node, "func", None), "id", "")
            named = named or getattr(getattr(node, "func", None), "attr", "")
            if isinstance(node, ast.Call) and named == "OperationInput":
                yield node


def _pairs(query: ast.Dict) -> Iterator[tuple[str, str]]:
    for word, value in zip(query.keys, query.values, strict=True):
        if isinstance(word, ast.Constant):
            text = str(value.value) if isinstance(value, ast.Constant) else "0"
            yield str(word.value), text


def _sources(*modules: object) -> Iterator[Path]:
    for module in modules:
        folder = Path(str(getattr(module, "__file__", ""))).parent
        yield from sorted(folder.rglob("*.py"))
