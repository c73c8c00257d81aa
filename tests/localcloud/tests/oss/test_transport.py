"""What OSS does on the wire: headers, error documents, lost connections, many of them, faults."""

from __future__ import annotations

import base64
import concurrent.futures
import contextlib
import http.client
import socket
import struct
from collections.abc import Iterator
from xml.etree import ElementTree as ET

import oss2
import pytest
from fastcrc import crc64

from tests.localcloud.patience import eventually
from tests.peers.oss_service import OssService, refusal, running

MIB = 1 << 20


@pytest.fixture
def oss() -> Iterator[OssService]:
    with running() as service:
        yield service
        service.set_faults()


@contextlib.contextmanager
def half_sent(
    oss: OssService, url: str, sent: int, announced: int, method: str = "PUT"
) -> Iterator[socket.socket]:
    """A request whose body is on its way and stays there."""
    with socket.create_connection(oss.address) as raw:
        head = f"{method} {url.removeprefix(oss.endpoint)} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        raw.sendall(f"{head}Content-Length: {announced}\r\n\r\n".encode() + bytes(sent))
        yield raw


def test_empty_replies_have_a_length_and_keep_the_connection(oss: OssService) -> None:
    """204 included; without it oss2 opens a connection for every request."""
    signed = [
        ("PUT", oss.bucket().sign_url("PUT", "x", 60), b"x"),
        ("HEAD", oss.bucket().sign_url("HEAD", "x", 60), None),
        ("DELETE", oss.bucket().sign_url("DELETE", "x", 60), None),
        ("DELETE", oss.bucket().sign_url("DELETE", "x", 60), None),
    ]
    with contextlib.closing(http.client.HTTPConnection(*oss.address)) as connection:
        connection.connect()
        opened = connection.sock
        for method, url, body in signed:
            connection.request(method, url.removeprefix(oss.endpoint), body)
            reply = connection.getresponse()
            reply.read()
            assert reply.headers["Content-Length"] == ("1" if method == "HEAD" else "0")
            assert len(reply.headers["x-oss-request-id"]) == 24
            assert connection.sock is opened


def test_errors_are_documents_without_a_namespace(oss: OssService) -> None:
    """With the request's id, the host and the error's number, in the body and in the headers."""
    reply = oss.http("GET", oss.bucket().sign_url("GET", "missing", 60))
    root = ET.fromstring(reply.content)
    assert root.tag == "Error"
    assert root.findtext("Code") == "NoSuchKey"
    assert root.findtext("RequestId") == reply.headers["x-oss-request-id"]
    assert root.findtext("HostId") == oss.endpoint.removeprefix("http://")
    assert root.findtext("EC") == reply.headers["x-oss-ec"] == "0026-00000001"


def test_errors_on_head_are_in_a_header(oss: OssService) -> None:
    """The same document, base64, and no body."""
    reply = oss.http("HEAD", oss.bucket().sign_url("HEAD", "missing", 60))
    root = ET.fromstring(base64.b64decode(reply.headers["x-oss-err"]))
    assert (reply.status_code, root.findtext("Code"), reply.content) == (404, "NoSuchKey", b"")


@pytest.mark.parametrize(
    "host", ["oss-cn-hangzhou", "oss-cn-hangzhou-internal", "cn-hangzhou.oss", "oss-accelerate"]
)
@pytest.mark.parametrize("version", [oss2.AUTH_VERSION_1, oss2.AUTH_VERSION_4])
def test_a_bucket_can_be_named_by_the_host(oss: OssService, host: str, version: str) -> None:
    """Virtual-host style on every kind of endpoint, as the real service has them."""
    proxies = {"http": oss.endpoint}
    endpoint = f"http://{host}.aliyuncs.com"
    bucket = oss.bucket(oss.auth(version), endpoint=endpoint, proxies=proxies)
    bucket.put_object("virtual/ü", b"hosted")
    assert bucket.get_object("virtual/ü").read() == b"hosted"
    assert [item.key for item in bucket.list_objects().object_list] == ["virtual/ü"]
    assert oss.bucket().get_object("virtual/ü").read() == b"hosted"


def test_a_lost_upload_stores_nothing(oss: OssService) -> None:
    """Not the object, not the part, and no file on the disk."""
    bucket = oss.bucket()
    bucket.put_object("lost", b"old")
    upload_id = bucket.init_multipart_upload("lost").upload_id
    before = oss.files()
    part = {"partNumber": "1", "uploadId": upload_id}
    for parameters in (None, part):
        url = bucket.sign_url("PUT", "lost", 60, params=parameters)
        with half_sent(oss, url, 2 * MIB, 4 * MIB):
            eventually(lambda: len(oss.files()) > len(before))
        eventually(lambda: oss.files() == before)
    assert bucket.get_object("lost").read() == b"old"
    assert bucket.list_parts("lost", upload_id).parts == []


def test_an_abort_wins_over_a_part_in_flight(oss: OssService) -> None:
    """The part is refused when it has arrived, and leaves nothing."""
    bucket = oss.bucket()
    upload_id = bucket.init_multipart_upload("raced").upload_id
    part = {"partNumber": "1", "uploadId": upload_id}
    url = bucket.sign_url("PUT", "raced", 60, params=part)
    with half_sent(oss, url, MIB, MIB + 1) as raw:
        eventually(oss.files)
        bucket.abort_multipart_upload("raced", upload_id)
        raw.sendall(b"x")
        reply = raw.recv(65536)
    assert reply.startswith(b"HTTP/1.1 404 ")
    assert b"NoSuchUpload" in reply
    assert oss.files() == []


def test_the_first_of_two_appends_wins(oss: OssService) -> None:
    """The other one is told where the object ends now."""
    bucket = oss.bucket()
    url = bucket.sign_url("POST", "log", 60, params={"append": "", "position": "0"})
    with half_sent(oss, url, MIB, MIB + 1, "POST") as raw:
        eventually(oss.files)
        bucket.append_object("log", 0, b"first")
        raw.sendall(b"x")
        reply = raw.recv(65536)
    assert b"x-oss-next-append-position: 5" in reply
    assert b"PositionNotEqualToLength" in reply
    assert bucket.get_object("log").read() == b"first"


def test_a_forbidden_overwrite_is_found_out_in_the_end(oss: OssService) -> None:
    """An object that came while the body was on its way is not replaced."""
    bucket = oss.bucket()
    headers = {"x-oss-forbid-overwrite": "true"}
    url = bucket.sign_url("PUT", "first", 60, headers=headers)
    with half_sent(oss, url, 0, 1) as unsigned:
        assert unsigned.recv(4096).startswith(b"HTTP/1.1 403 ")  # the header was signed
    with contextlib.closing(http.client.HTTPConnection(*oss.address)) as connection:
        connection.putrequest("PUT", url.removeprefix(oss.endpoint))
        connection.putheader("x-oss-forbid-overwrite", "true")
        connection.putheader("Content-Length", str(MIB))
        connection.endheaders(bytes(MIB - 1))
        eventually(oss.files)
        bucket.put_object("first", b"first")
        connection.send(b"x")
        assert connection.getresponse().status == 409
    assert bucket.get_object("first").read() == b"first"


def test_a_read_in_progress_survives_an_overwrite(oss: OssService) -> None:
    """The reader gets the old bytes to their end; then their file is gone."""
    bucket = oss.bucket()
    # More than the socket buffers of both sides hold, so that the reply waits for its reader.
    old = b"o" * (32 * MIB)
    bucket.put_object("read", old)
    reader = bucket.get_object("read")
    begun = reader.read(10)
    bucket.put_object("read", b"new")
    assert bucket.get_object("read").read() == b"new"
    assert begun + b"".join(reader) == old
    eventually(lambda: len(oss.files()) == 1)


def test_several_hundred_connections_are_served_at_once(oss: OssService) -> None:
    """Each has a part half sent while all others have theirs."""
    bucket = oss.bucket()
    upload_id = bucket.init_multipart_upload("crowd").upload_id
    count, size = 300, 100 * 1024
    with contextlib.ExitStack() as stack:
        crowd = []
        for number in range(1, count + 1):
            part = {"partNumber": str(number), "uploadId": upload_id}
            url = bucket.sign_url("PUT", "crowd", 60, params=part)
            crowd.append(stack.enter_context(half_sent(oss, url, size // 2, size)))
        for raw in crowd:
            raw.sendall(bytes(size - size // 2))
        for raw in crowd:
            assert raw.recv(4096).startswith(b"HTTP/1.1 200 ")
    headers = {"x-oss-complete-all": "yes"}
    bucket.complete_multipart_upload("crowd", upload_id, None, headers=headers)
    assert bucket.head_object("crowd").content_length == count * size


def test_writers_of_one_key_do_not_mix(oss: OssService) -> None:
    """Whoever is last, the object is one of the bodies and whole."""
    urls = [oss.bucket().sign_url("PUT", "one", 60) for _ in range(8)]
    bodies = [bytes([number]) * MIB for number in range(8)]
    with concurrent.futures.ThreadPoolExecutor(8) as threads:
        statuses = [status for status, _ in threads.map(oss.send, ["PUT"] * 8, urls, bodies)]
    assert statuses == [200] * 8
    assert oss.bucket().get_object("one").read() in bodies
    assert len(oss.files()) == 1


def test_requests_are_counted_by_operation(oss: OssService) -> None:
    """Refused ones included, ``/-/`` paths not."""
    bucket = oss.bucket()
    bucket.put_object("x", b"x")
    bucket.object_exists("x")
    bucket.copy_object(bucket.bucket_name, "x", "y")
    with pytest.raises(oss2.exceptions.NoSuchKey):
        bucket.get_object("missing")
    counts = {"PutObject": 1, "GetObjectMeta": 1, "CopyObject": 1, "GetObject": 1}
    assert {name: oss.counts().get(name) for name in counts} == counts


def test_a_fault_refuses_in_the_services_words(oss: OssService) -> None:
    """A status and a code for one part of one key, once."""
    bucket = oss.bucket()
    upload_id = bucket.init_multipart_upload("faulty").upload_id
    fault = {"operation": "UploadPart", "key": "fau*", "part": 2, "times": 1}
    oss.set_faults({**fault, "status": 503, "code": "ServiceUnavailable"})
    bucket.upload_part("faulty", upload_id, 1, b"x")
    with pytest.raises(oss2.exceptions.ServerError) as error:
        bucket.upload_part("faulty", upload_id, 2, b"x")
    assert refusal(error) == (503, "ServiceUnavailable")
    assert error.value.request_id
    bucket.upload_part("faulty", upload_id, 2, b"x")


def test_a_lost_answer_does_not_undo_the_work(oss: OssService) -> None:
    """Complete happens although nobody hears of it; a second one finds no upload."""
    bucket = oss.bucket()
    upload_id = bucket.init_multipart_upload("silent").upload_id
    part = oss2.models.PartInfo(1, bucket.upload_part("silent", upload_id, 1, b"x").etag)
    oss.set_faults({"operation": "CompleteMultipartUpload", "times": 1, "drop_reply": True})
    with pytest.raises(oss2.exceptions.RequestError):
        bucket.complete_multipart_upload("silent", upload_id, [part])
    assert bucket.get_object("silent").read() == b"x"
    with pytest.raises(oss2.exceptions.NoSuchUpload):
        bucket.complete_multipart_upload("silent", upload_id, [part])


def test_damage_on_the_way_shows_in_the_proofs(oss: OssService) -> None:
    """An upload that is corrupted is stored as it arrived; a download keeps its true CRC64."""
    bucket = oss.bucket()
    oss.set_faults({"operation": "PutObject", "times": 1, "corrupt_at": 1})
    with pytest.raises(oss2.exceptions.InconsistentError):
        bucket.put_object("damaged", b"abc")
    bucket.put_object("damaged", b"abc")
    oss.set_faults({"operation": "GetObject", "times": 1, "corrupt_at": 1})
    got = bucket.get_object("damaged")
    assert (got.read(), got.server_crc) == (b"arc", crc64.xz(b"abc"))


def test_a_multipart_object_is_cut_at_the_byte_that_was_asked_for(oss: OssService) -> None:
    """Offsets of faults count over the whole body, not within one part's file."""
    bucket = oss.bucket()
    upload_id = bucket.init_multipart_upload("cut").upload_id
    size = 100 * 1024
    for number in (1, 2, 3):
        bucket.upload_part("cut", upload_id, number, bytes([number]) * size)
    headers = {"x-oss-complete-all": "yes"}
    bucket.complete_multipart_upload("cut", upload_id, None, headers=headers)
    oss.set_faults({"operation": "GetObject", "cut_after": size + 7})
    url = bucket.sign_url("GET", "cut", 60).removeprefix(oss.endpoint)
    with socket.create_connection(oss.address) as raw:
        raw.sendall(f"GET {url} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
        received = _until_reset(raw)
    assert received.partition(b"\r\n\r\n")[2] == b"\1" * size + b"\2" * 7


@pytest.mark.parametrize("path", ["/", "/%ff", "/ossferry-local/%ff", "/ossferry-local/?%ff", "//"])
def test_odd_targets_are_refused_not_broken(oss: OssService, path: str) -> None:
    """Whatever a client asks for, the answer is OSS's, never a server error."""
    status, body = oss.send("GET", path)
    assert status in (400, 403)
    assert ET.fromstring(body).tag == "Error"


def _until_reset(raw: socket.socket) -> bytes:
    received = b""
    with contextlib.suppress(ConnectionResetError):
        while data := raw.recv(65536):
            received += data
    return received


def test_the_connection_of_an_aborted_client_is_forgotten(oss: OssService) -> None:
    """A client that resets in the middle of a download harms nobody."""
    oss.bucket().put_object("large", bytes(16 * MIB))
    url = oss.bucket().sign_url("GET", "large", 60).removeprefix(oss.endpoint)
    for _ in range(5):
        with socket.create_connection(oss.address) as raw:
            raw.sendall(f"GET {url} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
            assert raw.recv(4096)
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    assert len(oss.bucket().get_object("large").read()) == 16 * MIB
