"""Only what a coordinator wrote is copied by a child, and only to where its upload goes."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import SimpleNamespace as Record
from typing import Any

import pytest

from ossferry.byte_range import ByteRange
from ossferry.context import Context, Credentials
from ossferry.copying.copy_job import CopyJob, PartJob, SourceRef, Warrant, seal
from ossferry.errors import (
    FerryError,
    InvalidEvent,
    NoSuchUpload,
    TargetRefused,
    TargetUnavailable,
)
from ossferry.invocation.warrant import check
from ossferry.oss.multipart import Upload
from ossferry.records.receipts import Receipts
from ossferry.settings import Settings
from ossferry.urls import Url
from tests.localcloud import credentials
from tests.peers.oss_service import OssService, running
from tests.peers.scripted import Reply, Request, Then, in_turn, scripted
from tests.records.recorded import KEY, SIZE, Setting, settled

SOURCE = SourceRef(Url("https://example.com/a"))


@pytest.fixture(scope="module")
def oss() -> Iterator[OssService]:
    """An OSS for the module, in a thread."""
    with running() as service:
        yield service


@dataclass
class Opened:
    """An upload that a coordinator opened, as a child of it finds itself."""

    setting: Setting
    upload: Upload
    warrant: Warrant
    context: Context
    receipts: Receipts

    def job(self, **changes: Any) -> CopyJob:
        parts = (PartJob(1, ByteRange(0, SIZE), self.upload.part_url(1)),)
        job = CopyJob(SOURCE, parts, 1, 60.0, "id", self.warrant)
        return job._replace(**changes)

    def settings(self, *allow_targets: str) -> Settings:
        endpoint = self.setting.service.endpoint
        return Settings(oss_endpoint=endpoint, allow_targets=allow_targets)

    def check(self, job: CopyJob, *allow_targets: str, **forged: object) -> None:
        """As a child does, with what came over the wire."""
        document = {**json.loads(job.encode()), **forged}
        check(CopyJob.decode(document), document, self.context, self.settings(*allow_targets))


@pytest.fixture
def opened(oss: OssService) -> Iterator[Opened]:
    """A transfer whose upload is open and on record."""
    issued = credentials.issue(oss.config.root_secret, None, time.time() + 3600)
    role = Credentials(issued.access_key_id, issued.access_key_secret, issued.security_token)
    here = Record(region=oss.config.region)
    context = Context.read(here, {}, time.monotonic())._replace(credentials=role)
    with settled(oss) as setting:
        checkpoint, upload = setting.begun()
        yield Opened(setting, upload, checkpoint.warrant, context, checkpoint.receipts)


def beside(receipt: Url, record: str) -> dict[str, str]:
    """The URL of a receipt, changed to lead to other places than beside its record."""
    full, stem = receipt.reveal(), record.removesuffix(".json")
    name = receipt.redacted.rpartition("/")[2]
    return {
        "another server": full.replace(receipt.host_header, "evil.example"),
        "another scheme": full.replace("http://", "https://"),
        "the record itself": full.replace(name, record.rpartition("/")[2]),
        "another record": full.replace(stem, f"{stem}0"),
        "another folder": full.replace(name, f"{name}/../x.receipt"),
        "an object": full.replace(".ossferry/", "folder/"),
        "no receipt": full.replace(".receipt", ".json"),
    }


def test_a_receipt_is_left_beside_the_record(opened: Opened) -> None:
    """And a child gets the secret to seal it with from there, as its job does not have it."""
    job = opened.job(receipt=opened.receipts.issue())
    document = json.loads(job.encode())
    sent = CopyJob.decode(document)
    assert sent.warrant.secret == ""
    checked = check(sent, document, opened.context, opened.settings())
    assert checked == job
    assert checked.warrant.secret == opened.warrant.secret != ""


@pytest.mark.parametrize(
    "place", beside(Url("http://h:1/b/.ossferry/0/r-1.receipt?x-oss-date=1"), ".ossferry/0/r.json")
)
def test_no_receipt_goes_elsewhere(opened: Opened, place: str) -> None:
    """Not even if it is sealed."""
    receipt = opened.receipts.issue()
    bad = beside(receipt, opened.warrant.record)[place]
    assert receipt.reveal() != bad
    with pytest.raises(TargetRefused, match="beside its record") as raised:
        opened.check(opened.job(receipt=Url(bad)))
    assert "ignature" not in raised.value.message


def reads(oss: OssService) -> int:
    return oss.counts().get("GetObject", 0)


def test_what_a_coordinator_wrote_is_done(opened: Opened) -> None:
    """Also where the settings name what may be written."""
    bucket = opened.warrant.bucket
    opened.check(opened.job())
    opened.check(opened.job(), bucket)
    opened.check(opened.job(), f"{bucket}/folder/")


def test_a_transfer_is_asked_about_once_per_instance(opened: Opened, oss: OssService) -> None:
    """A warm child pays nothing."""
    before = reads(oss)
    for number in (1, 2, 3):
        opened.check(opened.job(seconds=float(number)))
    assert reads(oss) == before + 1


def test_who_goes_on_with_a_transfer_may_send_children_too(opened: Opened) -> None:
    """The secret is that of the record, not that of the coordinator that made it."""
    checkpoint = opened.setting.checkpoint()
    resumed = checkpoint.find()
    assert resumed is not None
    assert checkpoint.warrant == opened.warrant
    opened.check(opened.job(warrant=checkpoint.warrant))


def test_secrets_cannot_be_guessed(opened: Opened) -> None:
    """128 bits, another one for each record."""
    opened.setting.begun()
    setting = opened.setting
    read = [setting.bucket.read(name) for name in setting.names()]
    records = [json.loads(each[0]) for each in read if each]
    assert len({record["secret"] for record in records}) == 2
    assert all(len(bytes.fromhex(record["secret"])) == 16 for record in records)


FORGED: dict[str, Mapping[str, Any]] = {
    "no seal": {"seal": None},
    "an empty seal": {"seal": ""},
    "a seal of no hexadecimal": {"seal": "ü" * 64},
    "another seal": {"seal": "0" * 64},
    "another source": {"source": {"url": "http://h/", "headers": {}, "pin": [5, None, None]}},
    "more parts": {"parts": [[1, 0, 5, "http://h/"]]},
    "more streams": {"streams": 64},
    "more time": {"seconds": 86_400},
    "another receipt": {"receipt": "http://h/"},
    "another field": {"more": 1},
}


@pytest.mark.parametrize("forged", FORGED.values(), ids=FORGED)
def test_what_was_changed_or_made_up_is_refused(opened: Opened, forged: Mapping[str, Any]) -> None:
    """Whatever it is: the seal covers all of the job."""
    with pytest.raises(InvalidEvent, match="only written by a coordinator"):
        opened.check(opened.job(), **forged)


@pytest.mark.parametrize("secret", ["", "0" * 32])
def test_who_does_not_know_the_secret_cannot_seal(opened: Opened, secret: str) -> None:
    """However well the job is made otherwise."""
    with pytest.raises(InvalidEvent, match="only written by a coordinator"):
        opened.check(opened.job(warrant=opened.warrant._replace(secret=secret)))


def test_the_order_and_the_spelling_of_fields_do_not_matter(opened: Opened) -> None:
    """What passes through JSON libraries stays sealed."""
    document = json.loads(opened.job().encode())
    turned = json.loads(json.dumps(dict(reversed(document.items())), indent=2))
    check(CopyJob.decode(turned), turned, opened.context, opened.settings())


@pytest.mark.parametrize(
    "record",
    [
        "",
        "a.json",
        "folder/a.json",
        ".ossferry-not/0/a.json",
        ".ossferry/../in/a.json",
        ".ossferry/0/../../in/a.json",
        ".ossferry/0/a.json?x",
        ".ossferry/0/a.json\n",
        "/.ossferry/0/a.json",
    ],
)
def test_a_secret_is_read_from_records_only(opened: Opened, oss: OssService, record: str) -> None:
    """Elsewhere anybody who may send events can put one; OSS is not even asked."""
    before = reads(oss)
    with pytest.raises(InvalidEvent, match="only written by a coordinator"):
        opened.check(opened.job(warrant=opened.warrant._replace(record=record)))
    assert reads(oss) == before


@pytest.mark.parametrize(
    "changes",
    [
        {"region": "cn-x.evil.example/"},
        {"bucket": "evil.example/"},
        {"bucket": "No_Bucket"},
        {"region": "", "bucket": ""},
    ],
)
def test_names_that_lead_away_from_oss_are_refused(
    opened: Opened, changes: Mapping[str, str]
) -> None:
    """Region and bucket become a host's name, to which the role's signature is sent."""
    with pytest.raises(InvalidEvent, match="only written by a coordinator"):
        opened.check(opened.job(warrant=opened.warrant._replace(**changes)))


def test_a_bucket_that_events_may_not_write_to_is_not_asked(
    opened: Opened, oss: OssService
) -> None:
    """Who owns it could put any record there."""
    before = reads(oss)
    with pytest.raises(TargetRefused, match="OSSFERRY_ALLOW_TARGETS"):
        opened.check(opened.job(), "other")
    assert reads(oss) == before


def test_a_key_that_events_may_not_write_is_refused(opened: Opened) -> None:
    """A record of it may be there all the same, from before the setting was made."""
    with pytest.raises(TargetRefused, match="OSSFERRY_ALLOW_TARGETS"):
        opened.check(opened.job(), f"{opened.warrant.bucket}/elsewhere/")


def test_a_transfer_that_has_ended_has_no_children(opened: Opened) -> None:
    """Its record is gone; the coordinator, if there is one, then looks whether it is done."""
    opened.setting.remove_all()
    with pytest.raises(NoSuchUpload, match="has ended, or never was"):
        opened.check(opened.job())


@pytest.mark.usefixtures("no_waits")
def test_a_record_that_makes_no_sense_is_no_permission(opened: Opened) -> None:
    """Damaged on its way, so it is asked for again; an outcome that is named instead stays one."""
    outcome = opened.warrant._replace(record=".ossferry/outcomes/1-2-3.json")
    content = json.dumps({"secret": outcome.secret, "key": KEY}).encode()
    opened.setting.bucket.write(outcome.record, content)
    with pytest.raises(TargetUnavailable, match="or is none"):
        opened.check(opened.job(warrant=outcome))


@pytest.mark.usefixtures("no_waits")
@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ({"status": 503, "code": "ServiceUnavailable"}, TargetUnavailable),
        ({"status": 403, "code": "AccessDenied"}, TargetRefused),
    ],
)
def test_what_keeps_a_child_from_its_record_is_told_as_what_it_is(
    opened: Opened, oss: OssService, fault: Mapping[str, object], kind: type[FerryError]
) -> None:
    """By the type that OSS's refusals have elsewhere; nothing signed is shown."""
    oss.set_faults({"operation": "GetObject", **fault})
    with pytest.raises(kind, match="record of the transfer") as raised:
        opened.check(opened.job())
    assert type(raised.value) is kind
    assert "ignature" not in raised.value.message


def test_a_hiccup_of_oss_is_got_over(opened: Opened, oss: OssService) -> None:
    """The child has begun, and its parts are still to be copied."""
    oss.set_faults({"operation": "GetObject", "nth": 1, "status": 503})
    opened.check(opened.job())


def elsewhere(url: Url) -> dict[str, str]:
    """The URL of a part, changed to lead to other places than the upload's object."""
    full = url.reveal()
    path = f"/{url.target.partition('?')[0].split('/')[1]}/"
    return {
        "another server": full.replace(url.host_header, "evil.example"),
        "another port": full.replace(url.host_header, f"{url.host}:1"),
        "another scheme": full.replace("http://", "https://"),
        "another bucket": full.replace(path, "/another-bucket/"),
        "another key": full.replace("folder", "elsewhere"),
        "a record": full.replace("folder", ".ossferry"),
    }


@pytest.mark.parametrize("place", elsewhere(Url("http://h:1/bucket/folder/k?partNumber=1")))
def test_no_part_goes_elsewhere_than_to_the_object_of_the_upload(
    opened: Opened, place: str
) -> None:
    """Not even if it is sealed: where a PUT goes is judged like where a GET does."""
    url = opened.upload.part_url(2)
    assert url.reveal() != elsewhere(url)[place]
    good = PartJob(1, ByteRange(0, SIZE), url)
    bad = PartJob(2, ByteRange(0, SIZE), Url(elsewhere(url)[place]))
    with pytest.raises(TargetRefused, match="does not go to the object"):
        opened.check(opened.job(parts=(good, bad)))


@pytest.mark.usefixtures("no_waits")
def test_the_child_asks_where_its_settings_say_and_nowhere_else(opened: Opened) -> None:
    """With a signature of its own, which is for this record only and ends soon."""
    with scripted(in_turn()) as oss:
        settings = Settings(oss_endpoint=oss.url)
        job = opened.job()
        document = json.loads(job.encode())
        with pytest.raises(TargetUnavailable):
            check(CopyJob.decode(document), document, opened.context, settings)
        asked = {request.target.partition("?")[0] for request in oss.requests}
    assert asked == {f"/{opened.warrant.bucket}/{opened.warrant.record}"}


def test_a_seal_depends_on_the_secret_and_on_everything_else() -> None:
    """Two jobs that differ in anything have two seals."""
    seals = {
        seal({"a": 1}, "s"),
        seal({"a": 1}, "t"),
        seal({"a": 2}, "s"),
        seal({"b": 1}, "s"),
        seal({"a": 1, "b": 1}, "s"),
    }
    assert len(seals) == 5
    assert seal({"a": 1, "seal": "x"}, "s") in seals


def test_a_record_that_does_not_come_is_not_waited_for_beyond_the_deadline(opened: Opened) -> None:
    """A child that has no time left says so, and its slice goes to another."""
    over = threading.Event()

    def silence(request: Request) -> Reply:
        over.wait(60)
        return Reply(b"", Then.CLOSE)

    def ask() -> None:
        job = opened.job()
        document = json.loads(job.encode())
        context = opened.context._replace(deadline=time.monotonic() + 1)
        with pytest.raises(TargetUnavailable) as raised:
            check(job, document, context, Settings(oss_endpoint=oss.url))
        failures.append(raised.value)

    failures: list[FerryError] = []
    with scripted(silence) as oss:
        asking = threading.Thread(target=ask)
        asking.start()
        asking.join(15)
        ended = not asking.is_alive()
        over.set()
        asking.join()
    assert ended
    assert len(failures) == 1
