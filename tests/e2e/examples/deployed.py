"""A cloud with an example's function in it: by its own s.yaml, with its programs and packages."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import oss2
import pytest

from tests.e2e.spotless import staying_spotless
from tests.localcloud.client import LocalCloud, started
from tests.localcloud.config import REPOSITORY
from tests.packaging.__main__ import beside

EXAMPLES = REPOSITORY / "examples"
# Of all examples; `make setup` installs them, so that tests need no network.
PACKAGES = REPOSITORY / ".venv" / "examples"


@contextmanager
def deployed(name: str, folder: Path, **options: Any) -> Iterator[LocalCloud]:
    """The options are those of ``started``. Descriptions that name the bucket name the one here."""
    code = folder / "code"
    shutil.copytree(REPOSITORY / "src", code, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(beside(EXAMPLES / name, folder / "own"), code, dirs_exist_ok=True)
    for description in (code / "programs").glob("*.toml"):
        text = description.read_text("utf-8").replace("oss://my-bucket/", "oss://ossferry-local/")
        description.write_text(text, "utf-8")
    if (EXAMPLES / name / "requirements.txt").exists():
        if not PACKAGES.exists():
            pytest.skip("there are no packages for examples: make setup installs them")
        for package in PACKAGES.iterdir():
            (code / package.name).symlink_to(package)
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("LOCALCLOUD_TEMPLATE", str(EXAMPLES / name / "s.yaml"))
        with started(code=code, **options) as cloud:
            yield cloud


@contextmanager
def emptied(cloud: LocalCloud) -> Iterator[LocalCloud]:
    """For one test, behind which there is nothing: no objects, no open upload, no process."""
    with staying_spotless(cloud):
        bystanders = {*keys_below(cloud, "")}
        yield cloud
        for key in keys_below(cloud, ""):
            if key not in bystanders:
                cloud.bucket.delete_object(key)


def keys_below(cloud: LocalCloud, prefix: str) -> list[str]:
    return [each.key for each in oss2.ObjectIterator(cloud.bucket, prefix=prefix)]
