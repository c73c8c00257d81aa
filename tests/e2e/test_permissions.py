"""The role that the deployment files ask for: everything works with it, and nothing is too much."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from ossferry.records.record import Record, folder_of
from tests.e2e.contents import bytes_of
from tests.e2e.interrupted import killed_when_recorded, record_names, sweep_event, swept
from tests.e2e.spotless import log_of, staying_spotless
from tests.e2e.thaws import (
    HOUR,
    begun,
    freeze,
    lost_wakes,
    rested,
    thaw_event,
    woken_by_timer,
)
from tests.e2e.transfers import (
    Reply,
    bucket_named,
    event_for,
    exists,
    failed,
    refused,
    replied,
    stored,
    transferred,
)
from tests.e2e.watched import entry
from tests.localcloud.client import LocalCloud, started
from tests.localcloud.patience import eventually
from tests.localcloud.tidiness import open_uploads
from tests.project.deployment_files import Document, actions, policies

BUCKET = "ossferry-local"
PART = 100 * 1024
SIZE = 6 * PART
SLOW = "rate:100000"  # bytes per second of each stream
TIMEOUT = 8
ALONE = {"part_size": PART, "streams": 2, "max_children": 0}
CHILDREN = {"part_size": PART, "streams": 1, "max_children": 2}
POLICIES = policies(BUCKET)


@contextlib.contextmanager
def deployed(policy: Document, folder: Path, **options: Any) -> Iterator[LocalCloud]:
    """Run s.yaml with its bucket set to the cloud's own, as a role with this policy."""
    file = folder / "policy.json"
    file.write_text(json.dumps(policy))
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("OSSFERRY_TARGET_BUCKET", BUCKET)
        with started(policy=file, env={"OSSFERRY_FAN_OUT_FROM": "1"}, **options) as running:
            yield running


@pytest.fixture(scope="module", params=sorted(POLICIES))
def shared_cloud(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[LocalCloud]:
    """A function of either generation, which has just enough permissions."""
    runtime = request.param
    folder = tmp_path_factory.mktemp(runtime)
    with deployed(POLICIES[runtime], folder, runtime=runtime) as running:
        yield running


@pytest.fixture
def cloud(shared_cloud: LocalCloud) -> Iterator[LocalCloud]:
    """The same, where nothing stays."""
    with staying_spotless(shared_cloud):
        yield shared_cloud
        for name in record_names(shared_cloud):
            shared_cloud.bucket.delete_object(name)


def test_children_copy(cloud: LocalCloud, key: str) -> None:
    """The function invokes itself, puts the parts together, and forgets the record."""
    reply = transferred(cloud, cloud.generated(key, SIZE), key, **CHILDREN)
    assert reply["children"]["invocations"] > 0
    assert stored(cloud, key) == bytes_of(key, SIZE)
    assert not record_names(cloud)


def test_transfer_goes_on_after_a_crash(cloud: LocalCloud, key: str) -> None:
    """It finds the record and what OSS has of the parts."""
    reply = resumed(cloud, key)
    assert reply["parts"]["reused"] > 0
    assert stored(cloud, key) == bytes_of(key, 4 * SIZE)


def resumed(cloud: LocalCloud, key: str) -> Reply:
    killed_when_recorded(cloud, cloud.generated(key, 4 * SIZE, SLOW), key, **ALONE)
    return transferred(cloud, cloud.generated(key, 4 * SIZE), key, **ALONE)


@pytest.mark.parametrize("runtime", sorted(POLICIES))
def test_transfer_is_handed_over(runtime: str, key: str, tmp_path: Path) -> None:
    """A fresh invocation goes on, and writes the outcome."""
    with deployed(POLICIES[runtime], tmp_path, runtime=runtime, timeout=TIMEOUT) as brief:
        reply = transferred(brief, brief.generated(key, 2 * SIZE, SLOW), key, **ALONE)
        assert reply["status"] == "handed_over"
        eventually(lambda: exists(brief, reply["outcome"]), within=60)
        assert json.loads(stored(brief, reply["outcome"]))["status"] == "copied"
        assert stored(brief, key) == bytes_of(key, 2 * SIZE)


def test_failure_leaves_nothing(cloud: LocalCloud, key: str) -> None:
    """Neither an upload nor a record."""
    end_with_a_wrong_checksum(cloud, key)
    assert not open_uploads(cloud)
    assert not record_names(cloud)


def end_with_a_wrong_checksum(cloud: LocalCloud, key: str) -> None:
    """Fail when all parts are there, for a reason that gives them up."""
    error = refused(cloud, cloud.generated(key, SIZE), key, **ALONE, expected_crc64=1)
    assert error.error_type == "ChecksumMismatch"


def test_sweep_removes_all_kinds_of_leftovers(cloud: LocalCloud, key: str) -> None:
    """Also an upload that was opened when nobody could write that down any more."""
    announce(cloud, key)
    assert swept(cloud) == {"status": "swept", "swept": 1, "kept": 0, "failed": 0}
    assert not open_uploads(cloud)


def announce(cloud: LocalCloud, key: str) -> None:
    """Leave what a coordinator leaves that ends between announcing and recording an upload."""
    record = Record(key, SIZE, PART, upload_id="")
    cloud.bucket.put_object(f"{folder_of(key)}0-0.json", record.encode())
    cloud.bucket.init_multipart_upload(key)


def test_timer_sweeps(cloud: LocalCloud) -> None:
    """What the timer's payload says is a sweep that the role may do."""
    before = [call["request_id"] for call in cloud.invocations()]
    requests.post(f"{cloud.fc_endpoint}/-/timers/daily-sweep", timeout=30).raise_for_status()

    def ended() -> list[str]:
        calls = [call for call in cloud.invocations() if call["ended"]]
        return [call["request_id"] for call in calls if call["request_id"] not in before]

    [request_id] = eventually(ended)
    assert "sweep.done" in log_of(cloud, request_id)


def test_object_that_arrives_is_copied(cloud: LocalCloud, key: str) -> None:
    """By the trigger of s.yaml: OSS tells of it, and the role may read it."""
    cloud.bucket.put_object(f"incoming/{key}", b"private")
    eventually(lambda: exists(cloud, f"arrived/incoming/{key}"))
    assert stored(cloud, f"arrived/incoming/{key}") == b"private"


def test_what_arrives_elsewhere_is_nobodys_concern(cloud: LocalCloud, key: str) -> None:
    """The trigger has a prefix, which what it writes does not have."""
    cloud.bucket.put_object(f"arrived/{key}", b"")
    cloud.bucket.put_object(f"incoming/{key}", b"")
    eventually(lambda: exists(cloud, f"arrived/incoming/{key}"))
    assert not exists(cloud, f"arrived/arrived/{key}")
    assert not exists(cloud, f"arrived/arrived/incoming/{key}")


def test_never_is_guarded(cloud: LocalCloud, key: str) -> None:
    """The role may read whether the bucket has versioning, so there is nothing to warn of."""
    reply = transferred(cloud, cloud.generated(key, 10), key, overwrite="never")
    assert "warnings" not in reply


def test_message_that_fails_is_sent_on(cloud: LocalCloud, key: str) -> None:
    """By an invocation of its own."""
    wrong = event_for(cloud, cloud.generated(key, 10), key, expected_size=11)
    right = event_for(cloud, cloud.generated(key, 10), key)
    reply = replied(cloud, {"messages": [wrong, right]})
    assert [message.get("resent") for message in reply["messages"]] == [True, None]


def bulk_event(cloud: LocalCloud, **fields: object) -> dict[str, object]:
    """Return the event of a job of many items."""
    target = {"target_region": cloud.region, "target_bucket_name": cloud.bucket_name}
    return {"kind": "bulk", **target, **fields}


def test_items_of_a_list_are_copied(cloud: LocalCloud, key: str) -> None:
    """By children, and the report is written: with nothing but what the role may do."""
    lines = [f"{cloud.generated(f'{key}{n}', 10)}\t{n}\n" for n in range(20)]
    cloud.bucket.put_object(f"{key}.tsv", "".join(lines))
    where = {"list": f"oss://{cloud.bucket_name}/{key}.tsv", "target_prefix": f"{key}/"}
    reply = replied(cloud, bulk_event(cloud, **where))
    assert (reply["status"], reply["copied"]) == ("completed", 20)
    assert reply["invocations"] > 1


def test_objects_below_a_prefix_are_copied(cloud: LocalCloud, key: str) -> None:
    """Inside OSS, with their tags."""
    tagged = {"x-oss-tagging": "kind=test"}
    cloud.bucket.put_object(f"{key}/from/a", b"a", headers=tagged)
    where = {"source": f"oss://{cloud.bucket_name}/{key}/from/", "target_prefix": f"{key}/to/"}
    reply = replied(cloud, bulk_event(cloud, **where))
    assert (reply["status"], reply["copied"]) == ("completed", 1)
    tags = cloud.bucket.get_object_tagging(f"{key}/to/a").tag_set.tagging_rule
    assert tags == {"kind": "test"}


def test_archived_objects_are_restored(cloud: LocalCloud, key: str) -> None:
    """And copied, when the timer finds that they can be read."""
    source = freeze(cloud, f"{key}/from/", 3, ("Archive",))
    with lost_wakes(cloud):
        job = begun(cloud, bulk_event(cloud, source=source, target_prefix=f"{key}/to/", thaw=True))
    cloud.advance(HOUR)
    woken_by_timer(cloud)
    reply = rested(cloud, job["id"])
    assert (reply["status"], reply["copied"]) == ("completed", 3)


def test_another_bucket_is_out_of_reach(cloud: LocalCloud, key: str) -> None:
    """Neither written to nor read from, whatever an event says."""
    name = "somebody-elses"
    other = bucket_named(cloud, name)
    other.create_bucket()
    other.put_object(key, b"private")
    to = event_for(cloud, cloud.generated(key, 10), key, target_bucket_name=name)
    assert failed(cloud, to).error_type == "TargetRefused"
    assert failed(cloud, {"events": [entry(key, bucket=name)]}).error_type == "SourceRefused"
    other.delete_object(key)
    other.delete_bucket()


def restore_event(cloud: LocalCloud, key: str) -> dict[str, object]:
    """Put an archived object, and return the event of a flow that restores it."""
    cloud.bucket.put_object(key, b"frozen", headers={"x-oss-storage-class": "Archive"})
    return {"kind": "restore", "bucketName": cloud.bucket_name, "fileName": key}


def test_archived_objects_are_restored_by_flows(cloud: LocalCloud, key: str) -> None:
    """By a step of a flow, which looks at them first."""
    event = restore_event(cloud, key)
    assert replied(cloud, event) == {}
    assert replied(cloud, {**event, "kind": "restore_state"}) == {"status": "running"}


def put_object(cloud: LocalCloud, key: str) -> None:
    """Nothing can be written."""
    error = refused(cloud, cloud.generated(key, 10), key)
    assert error.error_type == "TargetRefused"


def get_object(cloud: LocalCloud, key: str) -> None:
    """Nobody knows what is there already."""
    cloud.bucket.put_object(key, b"there")
    error = refused(cloud, cloud.generated(key, 10), key)
    assert error.error_type == "TargetRefused"


def restore_object(cloud: LocalCloud, key: str) -> None:
    """Nothing is restored, and it is said what is missing."""
    source = freeze(cloud, f"{key}/", 3)
    error = failed(cloud, thaw_event(cloud, source=source))
    assert error.error_type == "TargetRefused"
    assert "oss:RestoreObject" in error.message
    assert failed(cloud, restore_event(cloud, f"{key}/a")).error_type == "TargetRefused"


def list_parts(cloud: LocalCloud, key: str) -> None:
    """A transfer that broke off does not go on."""
    killed_when_recorded(cloud, cloud.generated(key, 4 * SIZE, SLOW), key, **ALONE)
    error = refused(cloud, cloud.generated(key, 4 * SIZE), key, **ALONE)
    assert error.error_type == "TargetRefused"


def abort_multipart_upload(cloud: LocalCloud, key: str) -> None:
    """An upload stays open after a failure."""
    end_with_a_wrong_checksum(cloud, key)
    assert open_uploads(cloud) == [key]


def delete_object(cloud: LocalCloud, key: str) -> None:
    """A record stays after a transfer."""
    transferred(cloud, cloud.generated(key, SIZE), key, **ALONE)
    assert record_names(cloud)


def list_objects(cloud: LocalCloud, key: str) -> None:
    """Nothing is swept, and nobody knows what is below a prefix."""
    announce(cloud, key)
    assert failed(cloud, sweep_event(cloud)).error_type == "TargetRefused"
    where = {"source": f"oss://{cloud.bucket_name}/{key}/from/", "target_prefix": f"{key}/to/"}
    assert failed(cloud, bulk_event(cloud, **where)).error_type == "TargetRefused"


def list_multipart_uploads(cloud: LocalCloud, key: str) -> None:
    """A sweep does not find the upload that nobody could write down."""
    announce(cloud, key)
    assert swept(cloud)["failed"] == 1
    assert open_uploads(cloud) == [key]


def get_bucket_versioning(cloud: LocalCloud, key: str) -> None:
    """The reply cannot say that ``never`` is guarded."""
    reply = transferred(cloud, cloud.generated(key, 10), key, overwrite="never")
    assert "may not read" in reply["warnings"][0]


def invoke_function(cloud: LocalCloud, key: str) -> None:
    """There are no children."""
    error = refused(cloud, cloud.generated(key, SIZE, SLOW), key, **CHILDREN)
    assert error.error_type == "ChildRefused"


WITHOUT: dict[str, Callable[[LocalCloud, str], None]] = {
    "oss:PutObject": put_object,
    "oss:GetObject": get_object,
    "oss:RestoreObject": restore_object,
    "oss:ListParts": list_parts,
    "oss:AbortMultipartUpload": abort_multipart_upload,
    "oss:DeleteObject": delete_object,
    "oss:ListObjects": list_objects,
    "oss:ListMultipartUploads": list_multipart_uploads,
    "oss:GetBucketVersioning": get_bucket_versioning,
    "fc:InvokeFunction": invoke_function,
}
# What Function Compute itself does in the function's name, which is not seen from here.
OF_FUNCTION_COMPUTE = {"log:PostLogStoreLogs"}
# For tags of objects in another region, where the one endpoint of the local cloud does not lead.
OF_OTHER_REGIONS = {"oss:GetObjectTagging", "oss:PutObjectTagging"}


@pytest.mark.parametrize("action", WITHOUT)
def test_without_an_action_something_breaks(action: str, key: str, tmp_path: Path) -> None:
    """So none of them is too much; what breaks is said, and asserted, by the function of the
    action's name."""
    with deployed(without(action, POLICIES["python3.10"]), tmp_path) as poor:
        WITHOUT[action](poor, key)


def without(action: str, policy: Document) -> Document:
    """Return the policy that lacks one action."""
    statements = [
        {**each, "Action": [name for name in each["Action"] if name != action]}
        for each in policy["Statement"]
    ]
    return {**policy, "Statement": statements}


@pytest.mark.parametrize("runtime", POLICIES)
def test_every_action_is_taken_away_once(runtime: str) -> None:
    """A new action needs a test of its own."""
    assert {*actions(POLICIES[runtime])} == {*WITHOUT} | OF_FUNCTION_COMPUTE | OF_OTHER_REGIONS
