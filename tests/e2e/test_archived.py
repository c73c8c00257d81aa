"""Archived objects as sources, from end to end: what is said of them, and that nothing is paid."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import oss2
import pytest
from oss2.models import RestoreConfiguration, RestoreJobParameters

from tests.e2e.bulk_jobs import done, failures, forget, listed, report
from tests.e2e.spotless import staying_spotless
from tests.e2e.transfers import exists, headers_of, refused, stored, transferred
from tests.e2e.two_regions import crossroads
from tests.localcloud.client import LocalCloud, started
from tests.localcloud.patience import eventually

FAR = "archives"
MIB = 1024 * 1024
HOUR, DAY = 3600, 86_400
CLASSES = ("Archive", "ColdArchive", "DeepColdArchive")
SMALL = b"small" * 100
LARGE = b"0123456789abcdef" * (9 * MIB // 16)
SIZES = pytest.mark.parametrize("content", [SMALL, LARGE], ids=["small", "large"])


@pytest.fixture(scope="module")
def regions() -> Iterator[LocalCloud]:
    """A cloud whose function reaches OSS in both regions, and whose clock may be moved."""
    with crossroads() as roads, started(env={"OSSFERRY_OSS_ENDPOINT": roads.endpoint}) as running:
        roads.usual = running.oss_endpoint
        roads.places[FAR] = running.second_oss_endpoint
        yield running


class Place:
    """A bucket with sources, and how events name them."""

    def __init__(self, cloud: LocalCloud, bucket: oss2.Bucket, region: str) -> None:
        self.cloud, self.bucket, self.region = cloud, bucket, region
        self.fields = {"source_region": region}

    def put(self, key: str, content: bytes, storage_class: str) -> str:
        self.bucket.put_object(key, content, headers={"x-oss-storage-class": storage_class})
        return self.named(key)

    def named(self, key: str) -> str:
        return f"oss://{self.bucket.bucket_name}/{key}"

    def restore(self, key: str, days: int = 1, tier: str | None = None) -> None:
        job = RestoreJobParameters(tier) if tier else None
        self.bucket.restore_object(key, input=RestoreConfiguration(days, job))

    def restored(self, key: str) -> None:
        """Restore an object of the class Archive for a day, and wait until it is."""
        self.restore(key)
        self.cloud.advance(61)

    def direct_read(self, enabled: bool) -> None:
        self.bucket.put_bucket_archive_direct_read(enabled)


@pytest.fixture
def places(regions: LocalCloud) -> Iterator[dict[str, Place]]:
    auth = oss2.AuthV4(regions.access_key_id, regions.access_key_secret)
    region = regions.second_region
    far = oss2.Bucket(auth, regions.second_oss_endpoint, FAR, region=region)
    far.create_bucket()
    found = {
        "near": Place(regions, regions.bucket, regions.region),
        "far": Place(regions, far, region),
    }
    with staying_spotless(regions):
        yield found
    for place in found.values():
        place.direct_read(False)
    forget(regions)


@pytest.fixture
def place(places: dict[str, Place], request: pytest.FixtureRequest) -> Place:
    return places[request.param]


@pytest.fixture
def paid(regions: LocalCloud) -> Iterator[None]:
    """Nothing is read out of archives that would be billed."""
    before = regions.read_directly()
    yield
    assert regions.read_directly() == before


both = pytest.mark.parametrize("place", ["near", "far"], indirect=True)


@both
@SIZES
@pytest.mark.parametrize("kind", CLASSES)
@pytest.mark.usefixtures("paid")
def test_a_frozen_source_is_named(place: Place, kind: str, content: bytes, key: str) -> None:
    """By its class and state, with what to do; restored, it is copied, and is archived no more."""
    cloud = place.cloud
    url = place.put(f"{key}/from", content, kind)

    error = refused(cloud, url, f"{key}/to", **place.fields)
    assert error.error_type == "SourceArchived"
    assert error.message.startswith(f"{url} is in the class {kind} and is not restored")
    assert "thaw: true" in error.message

    place.restore(f"{key}/from", 3)
    error = refused(cloud, url, f"{key}/to", **place.fields)
    assert error.error_type == "SourceArchived"
    assert f"is in the class {kind} and a restore of it is under way" in error.message
    assert not exists(cloud, f"{key}/to")

    cloud.advance(48 * HOUR)
    reply = transferred(cloud, url, f"{key}/to", **place.fields)
    assert reply["status"] == "copied"
    assert stored(cloud, f"{key}/to") == content
    assert headers_of(cloud, f"{key}/to")["x-oss-storage-class"] == "Standard"
    assert place.bucket.head_object(f"{key}/from").headers["x-oss-storage-class"] == kind

    cloud.advance(4 * DAY)
    error = refused(cloud, url, f"{key}/other", **place.fields)
    assert "is not restored, or not any more" in error.message


@both
@SIZES
def test_direct_reads_are_paid_for_only_if_asked(place: Place, content: bytes, key: str) -> None:
    """The look itself is one byte between regions, and within one too."""
    cloud = place.cloud
    url = place.put(f"{key}/from", content, "Archive")
    error = refused(cloud, url, f"{key}/to", **place.fields, direct_read=True)
    assert error.error_type == "SourceArchived"
    assert "its bucket does not allow direct reads" in error.message

    place.direct_read(True)
    before = cloud.read_directly()
    error = refused(cloud, url, f"{key}/to", **place.fields)
    assert error.error_type == "SourceArchived"
    assert "is in the class Archive and is not restored" in error.message
    assert cloud.read_directly() - before <= 1

    reply = transferred(cloud, url, f"{key}/to", **place.fields, direct_read=True)
    assert reply["status"] == "copied"
    assert stored(cloud, f"{key}/to") == content
    assert headers_of(cloud, f"{key}/to")["x-oss-storage-class"] == "Standard"
    assert cloud.read_directly() - before >= len(content)


@both
@pytest.mark.usefixtures("paid")
def test_a_restored_source_costs_no_direct_read(place: Place, key: str) -> None:
    """Also where its bucket allows them."""
    url = place.put(f"{key}/from", SMALL, "Archive")
    place.direct_read(True)
    place.restored(f"{key}/from")
    reply = transferred(place.cloud, url, f"{key}/to", **place.fields)
    assert reply["status"] == "copied"


@pytest.mark.parametrize("kind", CLASSES)
def test_a_frozen_object_behind_a_signed_url(places: dict[str, Place], kind: str, key: str) -> None:
    """Whoever has only a URL cannot restore it, and is told so."""
    place = places["far"]
    place.put(f"{key}/from", SMALL, kind)
    url = place.bucket.sign_url("GET", f"{key}/from", 3600, slash_safe=True)
    error = refused(place.cloud, url, f"{key}/to")
    assert error.error_type == "SourceArchived"
    assert "cannot be restored through its URL" in error.message
    assert "oss://bucket/key with thaw: true" in error.message
    place.restore(f"{key}/from", 5)
    place.cloud.advance(48 * HOUR)
    assert transferred(place.cloud, url, f"{key}/to")["status"] == "copied"


@both
@pytest.mark.usefixtures("paid")
def test_nobody_is_asked_for_what_a_listing_calls_frozen(place: Place, key: str) -> None:
    """Each is a row of its own; what is readable is copied, what is there already is unchanged."""
    cloud = place.cloud
    place.direct_read(True)
    for n, kind in enumerate(CLASSES):
        place.put(f"{key}/from/frozen{n}", SMALL, kind)
    place.put(f"{key}/from/coming", SMALL, "ColdArchive")
    place.put(f"{key}/from/ready", SMALL, "Archive")
    place.put(f"{key}/from/ready-cold", SMALL, "ColdArchive")
    place.put(f"{key}/from/usual", SMALL, "Standard")
    place.put(f"{key}/from/there", SMALL, "Archive")
    cloud.bucket.put_object(f"{key}/to/there", SMALL)
    for name in ("ready", "ready-cold"):
        place.restore(f"{key}/from/{name}", 5)
    cloud.advance(48 * HOUR)
    place.restore(f"{key}/from/coming")

    before = cloud.oss_requests()
    source = {"source": place.named(f"{key}/from/"), **place.fields}
    reply = done(cloud, f"{key}/to/", **source)
    after = cloud.oss_requests()
    assert (reply["copied"], reply["unchanged"], reply["failed"]) == (3, 1, 4)
    assert reply["causes"] == {"source": 4}
    sent = {each: after[each] - before.get(each, 0) for each in after}
    # Nothing but the three that are copied, and a look at the one that might be billed.
    copied = "CopyObject" if place.region == cloud.region else "GetObject"
    assert reply["requests"]["oss"] + reply["requests"]["source"] <= 7
    assert sent.get("RestoreObject", 0) == 0
    assert sent[copied] >= 3
    rows = {row["key"].rpartition("/")[2]: row for row in report(cloud, reply)}
    for name, kind in {f"frozen{n}": kind for n, kind in enumerate(CLASSES)}.items():
        assert rows[name]["error_type"] == "SourceArchived"
        assert f"is in the class {kind} and is not restored" in rows[name]["error"]
        assert rows[name]["size"] == len(SMALL)
    assert "a restore of it is under way" in rows["coming"]["error"]
    for name in ("ready", "ready-cold", "usual"):
        assert rows[name]["outcome"] == "copied"
        kept = headers_of(cloud, f"{key}/to/{name}")["x-oss-storage-class"]
        assert kept == "Standard"


@both
@pytest.mark.usefixtures("paid")
def test_only_frozen_objects_cost_no_request_at_all(place: Place, key: str) -> None:
    """Beyond listing them."""
    for n in range(6):
        place.put(f"{key}/from/{n}", SMALL, CLASSES[n % 3])
    source = {"source": place.named(f"{key}/from/"), **place.fields}
    reply = done(place.cloud, f"{key}/to/", **source)
    assert (reply["status"], reply["failed"]) == ("failed", 6)
    assert reply["requests"] == {"source": 0, "oss": 0}
    assert reply["invocations"] == 0


@both
def test_a_list_names_frozen_objects(place: Place, key: str) -> None:
    """Each is looked at; failed ones are copied once they are restored."""
    cloud = place.cloud
    names = [place.put(f"{key}/from/{kind}", SMALL, kind) for kind in CLASSES]
    names.append(place.put(f"{key}/from/large", LARGE, "ColdArchive"))
    names.append(place.put(f"{key}/from/Standard", SMALL, "Standard"))
    place.direct_read(True)
    before = cloud.read_directly()
    lines = [json.dumps({"source_url": name, **place.fields}) for name in names]
    reply = done(cloud, f"{key}/to/", list=listed(cloud, f"{key}.jsonl", "\n".join(lines)))
    assert cloud.read_directly() == before
    assert (reply["copied"], reply["causes"]) == (1, {"source": 4})
    told = {row["error_type"] for row in failures(cloud, reply)}
    assert told == {"SourceArchived"}
    for row in failures(cloud, reply):
        assert row["error"].startswith(f"{row['source_url']} is in the class ")

    for name in (*CLASSES, "large"):
        place.restore(f"{key}/from/{name}", 5)
    cloud.advance(48 * HOUR)
    again = done(cloud, f"{key}/to/", list=reply["report"]["failed_jsonl"])
    assert (again["status"], again["copied"]) == ("completed", 4)
    assert cloud.read_directly() == before
    assert stored(cloud, f"{key}/to/large") == LARGE


@both
def test_a_job_may_pay_for_direct_reads(place: Place, key: str) -> None:
    """By a field of its event; the colder classes fail all the same."""
    cloud = place.cloud
    place.direct_read(True)
    place.put(f"{key}/from/archive", SMALL, "Archive")
    place.put(f"{key}/from/large", LARGE, "Archive")
    place.put(f"{key}/from/cold", SMALL, "ColdArchive")
    before = cloud.read_directly()
    source = {"source": place.named(f"{key}/from/"), **place.fields}
    reply = done(cloud, f"{key}/to/", **source, direct_read=True)
    assert (reply["copied"], reply["failed"]) == (2, 1)
    [row] = failures(cloud, reply)
    assert "cannot be read directly" in row["error"]
    assert cloud.read_directly() - before >= len(SMALL) + len(LARGE)
    assert stored(cloud, f"{key}/to/large") == LARGE


@pytest.mark.parametrize("direct", [False, True])
def test_a_restore_that_ends_in_the_middle(
    places: dict[str, Place], direct: bool, key: str
) -> None:
    """Is told of, with what is kept; restored again, the rest is copied. Nobody goes on for a
    price that the event does not allow: the first reply tells."""
    place, cloud = places["far"], places["far"].cloud
    url = place.put(f"{key}/from", LARGE, "Archive")
    place.direct_read(direct)
    place.restored(f"{key}/from")
    cloud.faults("oss", [{"operation": "GetObject", "bytes_per_second": MIB}])
    fields = {**place.fields, "part_size": MIB, "max_children": 0, "streams": 2}
    paid, copied = cloud.read_directly(), cloud.oss_requests().get("UploadPart", 0) + 3

    def end_it() -> None:
        eventually(cloud.oss_requests, wanted=lambda now: now.get("UploadPart", 0) >= copied)
        cloud.advance(2 * DAY)

    with ThreadPoolExecutor() as threads:
        ending = threads.submit(end_it)
        error = refused(cloud, url, f"{key}/to", **fields)
        ending.result()
    assert cloud.read_directly() - paid <= (4 * MIB if direct else 0)  # of two streams
    cloud.faults("oss")
    assert error.error_type == "SourceArchived"
    assert error.message.startswith(f"{url} is in the class Archive and is not restored")
    assert "parts are kept, and the same event goes on with them" in error.message
    place.restored(f"{key}/from")
    reply = transferred(cloud, url, f"{key}/to", **fields)
    assert stored(cloud, f"{key}/to") == LARGE
    assert reply["parts"]["reused"] > 0
