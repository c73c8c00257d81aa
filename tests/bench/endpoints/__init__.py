"""A source and a sink that are as cheap as they can be, so that what is measured is the copier.

Each is a process of its own that answers over plain HTTP and over TLS at once.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import trustme

from tests.localcloud.config import REPOSITORY

Scheme = Literal["http", "https"]


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Where both listen, and the file with the authority that signed their certificate."""

    sources: Mapping[str, str]
    sinks: Mapping[str, str]
    authority: Path

    def source(self, scheme: Scheme, size: int, wait: float = 0.0) -> str:
        """Return the URL of ``size`` bytes, of which the first takes so many seconds."""
        return f"{self.sources[scheme]}/{size}" + (f"?wait={wait}" if wait else "")

    def sink(self, scheme: Scheme, wait: float = 0.0) -> str:
        """Return where to PUT anything, under any path; each answer takes so many seconds."""
        return self.sinks[scheme] + (f"/wait={wait}" if wait else "")

    def environment(self) -> dict[str, str]:
        """Return an environment in which the usual clients trust both."""
        return {
            **os.environ,
            "SSL_CERT_FILE": str(self.authority),
            "REQUESTS_CA_BUNDLE": str(self.authority),
            "NO_PROXY": "127.0.0.1",
        }


@contextlib.contextmanager
def running() -> Iterator[Endpoints]:
    """Run both until the block ends, or this process does."""
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="ossferry-bench-")))
        authority, certificate = folder / "authority.pem", folder / "certificate.pem"
        issuer = trustme.CA()
        issuer.cert_pem.write_to_path(str(authority))
        issuer.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(
            str(certificate)
        )
        yield Endpoints(
            stack.enter_context(_process("source", certificate)),
            stack.enter_context(_process("sink", certificate)),
            authority,
        )


@contextlib.contextmanager
def _process(role: str, certificate: Path) -> Iterator[dict[str, str]]:
    """Start one of the two; it ends when its standard input does."""
    with subprocess.Popen(
        [sys.executable, "-m", f"tests.bench.endpoints.{role}", str(certificate)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=REPOSITORY,
    ) as process:
        assert process.stdout is not None
        yield json.loads(process.stdout.readline())
