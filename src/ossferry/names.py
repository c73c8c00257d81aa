"""Names in OSS as events give them: what they may be, and which are ossferry's own."""

from __future__ import annotations

import re
from typing import NamedTuple

from .errors import InvalidEvent

# OSS user guide, "Object naming conventions".
KEY = r"(?![/\\]).{1,1023}"

# What a coordinator of many items asks of a child.
ITEMS = "items"

# Where ossferry keeps its own records; whoever watches a target bucket is not to copy those.
FOLDER = ".ossferry/"

# Where transfers leave their reports; that of a job of many items lies with the others of it.
REPORTS_FOLDER = f"{FOLDER}reports/"
BULK_REPORT = "report.json"

# Where jobs of many items keep what they have done, each in a folder of its own, and what the
# report of one consists of; and names that lead to the last one of which something was asked.
BULK_FOLDER = f"{FOLDER}bulk/"
LAST_FOLDER = f"{BULK_FOLDER}last/"
STOP_FILE = "stop"  # asks whoever works on one to end
REPORT_FILES = ("report.jsonl", "report.csv", "failed.jsonl")

# Where programs over objects keep what is done, by a digest of all that it follows from, and what
# each attempt is about to make.
PROGRAMS_FOLDER = f"{FOLDER}programs/"
DONE_FOLDER = f"{PROGRAMS_FOLDER}done/"
ATTEMPTS_FOLDER = f"{PROGRAMS_FOLDER}attempts/"

# ... and which of what is done was gathered for one more program, in a folder for each group; and
# which groups there are.
THEN_FOLDER = f"{PROGRAMS_FOLDER}then/"
GROUPS_FOLDER = f"{THEN_FOLDER}groups/"

# Names that say when which job has to be looked after.
DUE_FOLDER = f"{FOLDER}due/"

# What an object keeps in its metadata, where events cannot write: of which source it is, the MD5
# that its bytes were found to have, and which upload made it, for whoever lost OSS's answer.
SOURCE_MARK = "ossferry-source"
MD5_MARK = "ossferry-md5"
UPLOAD_MARK = "ossferry-upload"

# ... and which attempt of a program.
ATTEMPT_MARK = "ossferry-attempt"

# ... and which batch something was gathered in.
BATCH_MARK = "ossferry-batch"


class ObjectName(NamedTuple):
    """An OSS object, whether it exists or not."""

    region: str
    bucket: str
    key: str

    def __str__(self) -> str:
        return f"oss://{self.bucket}/{self.key}"


def checked_key(key: str, name: str) -> str:
    """The key, if OSS takes it and it is nobody's record; ``name`` is that of the field."""
    try:
        encoded = key.encode()
    except UnicodeEncodeError:
        raise InvalidEvent(f"{name} must be valid Unicode") from None
    if not re.fullmatch(KEY, key, re.DOTALL) or len(encoded) > 1023:
        raise InvalidEvent(f"{name} must be 1 to 1023 bytes and not start with / or \\")
    if key in (".", ".."):
        # Alone between two slashes they are steps in a path, which clients and proxies take.
        raise InvalidEvent(f"{name} must not be . or .., which HTTP takes for a step in a path")
    if key.startswith(FOLDER):
        raise InvalidEvent(f"{name} must not start with {FOLDER}, where ossferry keeps its records")
    return key


def region_id(text: str) -> str:
    """A region without the prefix that OSS's endpoints give it."""
    return text.removeprefix("oss-")
