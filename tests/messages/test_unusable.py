"""What a program says that it could not use, each message once."""

from __future__ import annotations

import pytest

from ossferry.errors import ProgramFailed
from ossferry.messages.unusable import unusable


def test_lines_are_read_in_the_order_of_messages() -> None:
    text = b'{"index": 2, "error": "late"}\n{"index": 0, "error": "no amount"}\n'
    assert unusable(text, 3) == [(0, b"no amount"), (2, b"late")]
    assert unusable(b"", 3) == []


@pytest.mark.parametrize(
    "text",
    [
        *(b"[]", b"x", b"{}", b'{"index": 3, "error": ""}', b'{"index": -1, "error": ""}'),
        *(b'{"index": true, "error": ""}', b'{"index": 0, "error": 1}', b"\xff"),
    ],
)
def test_what_is_no_such_list_is_the_programs_failure(text: bytes) -> None:
    """Else nobody would hear of what failed."""
    with pytest.raises(ProgramFailed, match=r"failed\.jsonl must have lines like"):
        unusable(text, 3)
