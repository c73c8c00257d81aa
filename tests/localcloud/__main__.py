"""Run the local cloud: ``python -m tests.localcloud up``."""

from __future__ import annotations

from tests.localcloud.cli import main

if __name__ == "__main__":
    main(prog_name="python -m tests.localcloud")
