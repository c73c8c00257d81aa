"""Parts as they are told of, for tests of all that carries them."""

from __future__ import annotations

from hypothesis import strategies as st

from ossferry.checksums import BESIDE_CRC64
from ossferry.copying.copy_job import CopiedPart

COUNTS = st.integers(0, 2**64 - 1)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)

_ALONE = st.tuples(COUNTS, COUNTS, TEXTS, COUNTS, st.booleans())
_SECOND = st.just(()) | st.tuples(COUNTS, st.sampled_from(BESIDE_CRC64))
# With a second checksum, or without.
PARTS = st.builds(lambda part, second: CopiedPart(*part, *second), _ALONE, _SECOND)
