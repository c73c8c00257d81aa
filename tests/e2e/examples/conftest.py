"""The cloud that examples are sent to, in whose terms their placeholders are read."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import oss2
import pytest

from tests.e2e.spotless import staying_spotless
from tests.e2e.transfers import Reply, bucket_named, replied
from tests.localcloud.client import LocalCloud, started
from tests.localcloud.config import REPOSITORY

EXAMPLES = REPOSITORY / "examples"
UPLOADS = "example-uploads"
SIGNED = re.compile(r"https://my-bucket\.oss-cn-hangzhou\.aliyuncs\.com/([^?\s]+)\?\S+")
# As the deployment files set them.
PLACES = {
    "OSSFERRY_TARGET_BUCKET": "ossferry-local",
    "OSSFERRY_TARGET_PREFIX": "arrived/",
    "OSSFERRY_LIST_PREFIX": "incoming/lists/",
}


class Examples:
    """What is in the folder, with this cloud's names in place of the placeholders."""

    def __init__(self, cloud: LocalCloud) -> None:
        self.cloud = cloud
        self.uploads = bucket_named(cloud, UPLOADS)

    def read(self, name: str) -> str:
        """An example as it is sent here."""
        text = SIGNED.sub(
            lambda found: self.cloud.bucket.sign_url("GET", found[1], 3600, slash_safe=True),
            (EXAMPLES / name).read_text("utf-8"),
        )
        for placeholder, here in (
            ("https://example.org/", f"{self.cloud.origin}/"),
            ("my-bucket", self.cloud.bucket_name),
            ("my-uploads", UPLOADS),
            ("cn-hangzhou", self.cloud.region),
        ):
            text = text.replace(placeholder, here)
        return text

    def event(self, name: str) -> Any:
        return json.loads(self.read(name))

    def send(self, name: str) -> Reply:
        """Return the reply to an example."""
        return replied(self.cloud, self.event(name))

    def serve(self, *names: str) -> None:
        """Have files behind the URLs of the examples; each says its own name."""
        for name in names:
            self.cloud.serve_file(name, content_of(name))

    def keep_list(self, name: str) -> None:
        """Put a list where the events look for it."""
        self.cloud.bucket.put_object(f"lists/{name}", self.read(f"lists/{name}"))


def content_of(name: str) -> bytes:
    """Return what is behind a URL of the examples, or in an object of them."""
    return f"{name}\n".encode()


@pytest.fixture(scope="module")
def running() -> Iterator[LocalCloud]:
    """One of their own: its clock is moved, and it has the settings of a deployment."""
    with started(env=PLACES) as cloud:
        yield cloud


@pytest.fixture
def examples(running: LocalCloud) -> Iterator[Examples]:
    """The examples, in a cloud in which none has been sent yet."""
    with staying_spotless(running):
        found = Examples(running)
        found.uploads.create_bucket()
        bystanders = {each.key for each in oss2.ObjectIterator(running.bucket)}
        yield found
        for bucket, kept in ((running.bucket, bystanders), (found.uploads, set[str]())):
            for each in oss2.ObjectIterator(bucket):
                if each.key not in kept:
                    bucket.delete_object(each.key)
        found.uploads.delete_bucket()
        for path in running.origin_root.rglob("*"):
            if path.is_file():
                path.unlink()
