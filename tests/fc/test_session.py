"""How invocations travel: connections, certificates, and what of the environment has no say."""

from __future__ import annotations

import contextlib
import json
import ssl
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import trustme

from ossferry.errors import ChildFailed
from ossferry.fc.invoker import Invoker
from ossferry.settings import Settings
from ossferry.tls import tls
from tests.fc.generations import GENERATIONS, JOB, RESULT, Generation

SRC = Path(__file__).resolve().parents[2] / "src"
ANSWER = json.dumps(RESULT.to_json()).encode()


@dataclass
class Endpoint:
    """A server that answers every invocation with the same result."""

    url: str = ""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    connections: int = 0
    together: threading.Barrier | None = None  # calls that are answered only when all are there
    authorizations: list[str] = field(default_factory=list)

    def invoker(self, generation: Generation) -> Invoker:
        """Return what calls it."""
        return Invoker(generation.context(timeout=5.0), Settings(fc_endpoint=self.url))


@contextlib.contextmanager
def serving(certificate: trustme.LeafCert | None = None) -> Iterator[Endpoint]:
    """Run an endpoint, over TLS if it is given a certificate."""
    endpoint = Endpoint()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def setup(self) -> None:
            endpoint.connections += 1
            super().setup()

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            endpoint.authorizations.append(self.headers["Authorization"])
            if endpoint.together:
                endpoint.together.wait()
            self.send_response(endpoint.status)
            for name, value in {"Content-Length": str(len(ANSWER)), **endpoint.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(ANSWER)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 32

        def handle_error(self, *_: object) -> None:
            """A client that does not trust us goes away: its right."""

    with Server(("127.0.0.1", 0), Handler) as server:
        scheme = "http"
        if certificate is not None:
            scheme = "https"
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            certificate.configure_cert(context)
            server.socket = context.wrap_socket(server.socket, server_side=True)
        endpoint.url = f"{scheme}://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield endpoint
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    """Function Compute without TLS."""
    with serving() as running:
        yield running


@pytest.fixture
def authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[trustme.CA]:
    """Who issues certificates that this process trusts."""
    issuer = trustme.CA()
    issuer.cert_pem.write_to_path(str(tmp_path / "authority.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
    tls.cache_clear()
    yield issuer
    tls.cache_clear()


both = pytest.mark.parametrize("generation", GENERATIONS, ids=lambda each: each.name)


@both
def test_connections_are_kept_between_calls(endpoint: Endpoint, generation: Generation) -> None:
    """A process of the pool makes many calls, and each handshake would cost more than a call."""
    invoke = endpoint.invoker(generation)
    assert [invoke(JOB) for _ in range(4)] == [RESULT] * 4
    assert endpoint.connections == 1


@both
def test_each_of_many_calls_at_once_has_its_connection(
    endpoint: Endpoint, generation: Generation
) -> None:
    """And keeps it for the next one, also where there are more than a library keeps by itself."""
    calls = 12
    endpoint.together = threading.Barrier(calls, timeout=30)
    context, settings = generation.context(timeout=30.0), Settings(fc_endpoint=endpoint.url)
    invoke = Invoker(context, settings, calls)
    with ThreadPoolExecutor(calls) as threads:
        for _ in range(2):
            assert [*threads.map(invoke, [JOB] * calls)] == [RESULT] * calls
    assert endpoint.connections == calls


@both
def test_no_connection_is_left_to_processes_that_are_forked_later(
    endpoint: Endpoint, generation: Generation
) -> None:
    """The instance that handed over may serve another transfer, whose pool would share it."""
    invoke = endpoint.invoker(generation)
    invoke.later(b"{}")
    invoke(JOB)
    assert endpoint.connections == 2


@both
def test_neither_proxies_nor_netrc_have_a_say(
    endpoint: Endpoint,
    generation: Generation,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    """A function's environment may hold both for other purposes; a job holds signed URLs."""
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login foreign password foreign\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
        monkeypatch.setenv(name.lower(), "http://127.0.0.1:9")
    assert endpoint.invoker(generation)(JOB) == RESULT
    assert [each.startswith(generation.scheme) for each in endpoint.authorizations] == [True]


@both
def test_a_redirect_is_not_followed(endpoint: Endpoint, generation: Generation) -> None:
    """Nobody else is to see the signed URLs of a job."""
    with serving() as elsewhere:
        endpoint.status, endpoint.headers = 307, {"Location": elsewhere.url}
        with pytest.raises(ChildFailed, match="307"):
            endpoint.invoker(generation)(JOB)
    assert elsewhere.connections == 0


@both
def test_certificates_are_loaded_once_for_all_connections(
    authority: trustme.CA, generation: Generation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Loading them takes ten times as long as all the rest of a call."""
    loaded: list[str] = []

    def watched(name: str) -> Callable[..., object]:
        load = getattr(ssl.SSLContext, name)

        def call(context: ssl.SSLContext, *arguments: object, **options: object) -> object:
            loaded.append(name)
            return load(context, *arguments, **options)

        return call

    with serving(authority.issue_cert("127.0.0.1")) as secure:
        tls()  # as the initializer does
        for name in ("load_default_certs", "load_verify_locations", "set_default_verify_paths"):
            monkeypatch.setattr(ssl.SSLContext, name, watched(name))
        invokers = [secure.invoker(generation) for _ in range(3)]
        assert [invoke(JOB) for invoke in invokers] == [RESULT] * 3
    assert secure.connections == 3
    assert loaded == []


@both
@pytest.mark.parametrize("untrusted", ["authority", "name"])
def test_a_server_that_cannot_be_trusted_gets_no_job(
    authority: trustme.CA, generation: Generation, untrusted: str
) -> None:
    """Neither another authority's certificate will do, nor one for another name."""
    issuer = trustme.CA() if untrusted == "authority" else authority
    name = "127.0.0.1" if untrusted == "authority" else "fc.example"
    with serving(issuer.issue_cert(name)) as secure, pytest.raises(ChildFailed, match="SSLError"):
        secure.invoker(generation)(JOB)
    assert secure.authorizations == []


IMPORTED = {
    "no children": (
        set(),
        "import index\n"
        "event = {'source_url': sys.argv[1], 'target_object_name': 'k',\n"
        "         'target_region': 'cn-hangzhou', 'target_bucket_name': 'bucket'}\n"
        "try:\n"
        "    index.handler(json.dumps(event).encode(), None)\n"
        "except Exception as error:\n"
        "    assert type(error).__name__ == 'SourceRefused', error\n",
    ),
    "FC 2.0": (
        {"fc2"},
        "from tests.fc.generations import FC2\n"
        "from ossferry.fc.invoker import client_for\n"
        "client_for(FC2.context())\n",
    ),
    "FC 3.0": (
        {"alibabacloud_fc20230330", "aiohttp"},
        "from tests.fc.generations import FC3\n"
        "from ossferry.fc.invoker import client_for\n"
        "client_for(FC3.context())\n",
    ),
}


@pytest.mark.parametrize(("loaded", "does"), IMPORTED.values(), ids=IMPORTED)
def test_sdks_are_imported_only_by_who_calls_through_them(
    endpoint: Endpoint, loaded: set[str], does: str
) -> None:
    """That of FC 3.0 would cost every coordinator 0.4 s and 28 MB."""
    done = subprocess.run(
        [
            *(sys.executable, "-c"),
            f"import json, sys\n{does}print(json.dumps(sorted(sys.modules)))\n",
            endpoint.url,
        ],
        env={"PYTHONPATH": f"{SRC}:{SRC.parent}"},
        capture_output=True,
        check=True,
        timeout=60,
    )
    modules = set(json.loads(done.stdout.splitlines()[-1]))
    assert modules & {"fc2", "alibabacloud_fc20230330", "aiohttp"} == loaded
