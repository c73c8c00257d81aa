"""The id under which something is asked for: the same for the same, and readable. Pure.

So the same command, given again, finds the copy that runs. Ids are single-use for seven days, so
one that is used up gets a number: ``file-iso-1f0c9a2b3d``, ``file-iso-1f0c9a2b3d-2``. What goes on
with a job of many items gets a number with a mark, because the job keeps its id: ``images-...-r2``.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any

from .sources import without_secrets

# FC takes [A-Za-z_][A-Za-z0-9_-]{0,127}, a job of many items [A-Za-z0-9][A-Za-z0-9_-]{0,63}.
ID = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}")
_SLUG, _DIGEST = 40, 10


def id_of(event: Mapping[str, Any], content: bytes = b"") -> str:
    """``content`` is that of a list, whose name says nothing."""
    known = json.dumps(without_secrets(event), sort_keys=True).encode()
    digest = hashlib.sha256(known + b"\0" + content).hexdigest()[:_DIGEST]
    return f"{_slug(_name(event))}-{digest}"


def _name(event: Mapping[str, Any]) -> str:
    for item in list(event.get("items") or ())[:1]:
        return _name(item)
    if event.get("program"):
        over = event.get("source") or event.get("target") or ""
        last = str(over).rstrip("/").rpartition("/")[2]
        return f"{event['program']}-{last}"
    for field in ("target_object_name", "source", "target_prefix", "target_bucket_name"):
        text = str(event.get(field) or "").rstrip("/")
        if text:
            return text.rpartition("/")[2]
    return ""


def _slug(text: str) -> str:
    slug = re.sub(r"[^A-Za-z0-9_]+", "-", text).strip("-_")[:_SLUG].rstrip("-_")
    return slug if slug[:1].isalpha() else f"cp-{slug}".rstrip("-")


def numbered(base: str, number: int, mark: str = "") -> str:
    return base if number < 2 else f"{base}-{mark}{number}"


def number_of(base: str, task_id: str, mark: str = "") -> int:
    """Which of the runs of one id this is, from 1; 0 if it is none."""
    if task_id == base:
        return 1
    found = re.fullmatch(rf"{re.escape(base)}-{mark}([1-9]\d{{0,8}})", task_id)
    return int(found[1]) if found and int(found[1]) > 1 else 0


def base_of(task_id: str) -> str:
    """Without the numbers of runs."""
    found = re.fullmatch(r"(.+?-[0-9a-f]{10})(?:-r?[1-9]\d*)+", task_id)
    return found[1] if found else task_id
