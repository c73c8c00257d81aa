"""The bench: what ossferry takes, beside what other ways take; ``python -m tests.bench``."""

import sys

from tests.localcloud.config import REPOSITORY

# What is measured is the code of this checkout, which is deployed, never installed.
sys.path.insert(0, str(REPOSITORY / "src"))
