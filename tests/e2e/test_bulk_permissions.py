"""The role that the deployment files ask for is enough for jobs of many items."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.e2e.bulk_jobs import bulk_event, done, forget, keys_below, listed, report
from tests.e2e.spotless import staying_spotless
from tests.e2e.test_permissions import BUCKET, POLICIES, deployed
from tests.e2e.transfers import replied
from tests.localcloud.client import LocalCloud


@pytest.fixture(scope="module", params=sorted(POLICIES))
def shared_cloud(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[LocalCloud]:
    """A function of either generation, which has just enough permissions."""
    folder = tmp_path_factory.mktemp(request.param)
    with deployed(POLICIES[request.param], folder, runtime=request.param) as running:
        yield running


@pytest.fixture
def cloud(shared_cloud: LocalCloud) -> Iterator[LocalCloud]:
    """The same, where nothing stays."""
    with staying_spotless(shared_cloud):
        yield shared_cloud
    forget(shared_cloud)


def test_a_list_is_copied(cloud: LocalCloud, key: str) -> None:
    """By children, with a report; it is watched, and what failed is done again."""
    urls = [cloud.generated(f"{key}{n}", 10) for n in range(40)]
    urls.append(cloud.generated(key, 10, "status:404"))
    text = "".join(f"{url}\t{n}\n" for n, url in enumerate(urls))
    where = listed(cloud, f"{key}.tsv", text)
    reply = done(cloud, f"{key}/", list=where)
    assert (reply["copied"], reply["causes"]) == (40, {"source": 1})
    assert reply["invocations"] > 0
    assert replied(cloud, bulk_event(cloud, "", id=reply["id"], status=True)) == reply
    again = done(cloud, "", id=reply["id"], again="failed")
    assert (again["items"], again["failed"]) == (1, 1)


def test_a_prefix_is_copied(cloud: LocalCloud, key: str) -> None:
    """With its tags, by OSS itself."""
    tagged = {"x-oss-tagging": "a=1"}
    for n in range(20):
        cloud.bucket.put_object(f"{key}/from/{n}", b"x", headers=tagged)
    reply = done(cloud, f"{key}/to/", source=f"oss://{BUCKET}/{key}/from/")
    assert reply["copied"] == 20, report(cloud, reply)
    assert keys_below(cloud, f"{key}/to/") == {str(n) for n in range(20)}
    tags = cloud.bucket.get_object_tagging(f"{key}/to/7").tag_set.tagging_rule
    assert tags == {"a": "1"}
