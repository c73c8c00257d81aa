"""The HTTP that all faces have in common; what goes wrong comes from the origin's own parts."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from tests.localcloud.faces.credential import Message
from tests.localcloud.faces.face import Face
from tests.localcloud.faces.place import Place
from tests.localcloud.faces.refused import CODES, Refused
from tests.localcloud.faces.stored import Stored
from tests.localcloud.faults import Fault
from tests.localcloud.origin.behaviours import Behaviour, InvalidBehaviour
from tests.localcloud.origin.delivery import ENTRY, deliver, remove_length, without_content
from tests.localcloud.origin.journal import Entry
from tests.localcloud.origin.replies import (
    Ask,
    Facts,
    Reply,
    reply_with_content,
    reply_without_content,
)
from tests.localcloud.pace import Pace
from tests.localcloud.wire import ABORTED, FAULT, install_faults, read_body

_MOST_BYTES = 64 << 20


def make_app(face: Face) -> web.Application:
    """Build the application that speaks for a face."""
    app = web.Application(client_max_size=_MOST_BYTES)
    answers = _Answers(face)
    app.middlewares.append(answers.note_requests())
    install_faults(
        app,
        server=face.server,
        table=face.table,
        classify=answers.classify,
        render=answers.render,
    )
    app.on_response_prepare.append(remove_length)
    app.router.add_route("*", r"/{path:[\s\S]*}", answers.answer)
    return app


class _Answers:
    def __init__(self, face: Face) -> None:
        self._face = face
        self._paces: dict[tuple[str, int], Pace] = {}
        self._object: dict[str, Callable[..., Awaitable[web.StreamResponse]]] = {
            "GET": self._read,
            "HEAD": self._read,
            "PUT": self._put,
            "DELETE": self._delete,
        }

    def note_requests(self) -> Middleware:
        """Return the middleware that keeps the journal."""

        @web.middleware
        async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
            if request.raw_path.startswith("/-/"):
                return await handler(request)
            entry = request[ENTRY] = self._entry(request)
            self._face.journal.begin(entry)
            try:
                response = await handler(request)
                if entry.status is None and not request[ABORTED]:
                    entry.status, entry.complete = response.status, True
                return response
            finally:
                self._face.journal.end(entry, self._face.now())

        return middleware

    def classify(self, request: web.Request) -> tuple[str, str, int | None]:
        """Return a request in the words of the fault language."""
        place = self._place(message_of(request))
        if place is None:
            return request.method, request.raw_path, None
        return place.operation(request.method), place.key, None

    def render(self, request: web.Request, fault: Fault) -> web.StreamResponse:
        """Return the error that a fault asks for, in the store's words."""
        status = fault.status or 500
        refused = Refused(status, fault.code or "", fault.message or "")
        message = message_of(request)
        return self._face.refusal(message, self._place(message), refused)

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Answer whatever is asked."""
        message = message_of(request)
        place = None
        try:
            place = self._face.place(message)
            response = await self._answer(request, message, place)
        except Refused as refused:
            return self._face.refusal(message, place, refused)
        except InvalidBehaviour as error:
            return self._face.refusal(message, place, Refused(400, "InvalidRequest", str(error)))
        return response

    async def _answer(
        self, request: web.Request, message: Message, place: Place
    ) -> web.StreamResponse:
        behaviour, ordinal = self._face.behaviour(str(place))
        await asyncio.sleep(behaviour.delay)
        ask = self._ask(request, ordinal)
        reply = reply_without_content(ask, behaviour)
        if reply is not None:
            return self._instead(request, reply)
        self._face.admit(message, place)
        if place.key:
            act = self._object.get(request.method)
            if act is not None:
                return await act(request, message, place, behaviour, ask)
        elif place.bucket and request.method in ("GET", "HEAD"):
            self._face.bucket(place)
            body = self._face.listed(message, place) if request.method == "GET" else b""
            headers = self._face.common(place) | {"Content-Type": "application/xml"}
            return web.Response(body=body, headers=headers)
        raise Refused(501, "NotImplemented", "A header or an operation that is not implemented")

    def _instead(self, request: web.Request, reply: Reply) -> web.StreamResponse:
        """Answer what a behaviour wants instead of the object."""
        if reply.over:
            self._face.journal.refuse(request[ENTRY])
        if reply.reset or reply.status < 400:
            return without_content(reply)
        retry = {k: v for k, v in reply.headers.items() if k == "Retry-After"}
        raise Refused(reply.status, headers=retry)

    async def _read(
        self, request: web.Request, message: Message, place: Place, behaviour: Behaviour, ask: Ask
    ) -> web.StreamResponse:
        stored = self._face.find(place)
        frozen = self._face.frozen(stored) if request.method == "GET" else None
        if frozen is not None:
            raise frozen
        content = self._face.content(place.key, stored, behaviour)
        with contextlib.closing(content):
            facts = await self._facts(message, place, stored, behaviour)
            reply = reply_with_content(ask, facts, behaviour)
            if reply.status in (200, 206):
                paces = self._shared(place, behaviour)
                return await deliver(request, reply, content, behaviour, paces)
        if reply.status == 304:
            return web.Response(status=304, headers={"ETag": facts.etag})
        details = {}
        if reply.status == 416:
            asked = message.headers.get("range", "")
            details = {"RangeRequested": asked, "ActualObjectSize": str(facts.size)}
        headers = {k: v for k, v in reply.headers.items() if k == "Content-Range"}
        raise Refused(reply.status, CODES[reply.status], details=details, headers=headers)

    async def _facts(
        self, message: Message, place: Place, stored: Stored, behaviour: Behaviour
    ) -> Facts:
        """Gather what is said of an object; reading it all takes a while, once."""

        def gather() -> Facts:
            content = self._face.content(place.key, stored, behaviour)
            with contextlib.closing(content):
                digests = self._face.digests(content, stored.part_size)
                # Bytes that changed silently have the ETag of those that were there before.
                silent = behaviour.version == 1 and behaviour.bytes > 1
                etag = self._face.etag(place.key, stored) if silent else digests.etag
                told = self._face.told(message, stored, digests, behaviour)
                headers = told | self._face.common(place) | dict(stored.headers)
                return Facts(
                    content.size, f'"{etag}"', content.modified, content.media_type, headers
                )

        return await asyncio.get_running_loop().run_in_executor(None, gather)

    async def _put(
        self, request: web.Request, message: Message, place: Place, *_: object
    ) -> web.StreamResponse:
        self._face.bucket(place)
        body = b"".join([piece async for piece in read_body(request, request[FAULT])])
        headers = self._face.received(message, place, body)
        return web.Response(headers=headers | self._face.common(place))

    async def _delete(
        self, _request: web.Request, _message: Message, place: Place, *_: object
    ) -> web.StreamResponse:
        self._face.bucket(place).pop(place.key, None)
        return web.Response(status=204, headers=self._face.common(place))

    def _shared(self, place: Place, behaviour: Behaviour) -> list[Pace]:
        if not behaviour.total_rate:
            return []
        key = (str(place), behaviour.total_rate)
        return [self._paces.setdefault(key, Pace(behaviour.total_rate))]

    def _ask(self, request: web.Request, ordinal: int) -> Ask:
        return Ask(
            method=request.method,
            url=f"http://{request.host}{request.raw_path}",
            headers=request.headers,
            ordinal=ordinal,
            running=self._face.journal.running(request[ENTRY].path),
            now=self._face.now(),
        )

    def _place(self, message: Message) -> Place | None:
        try:
            return self._face.place(message)
        except Refused:
            return None

    def _entry(self, request: web.Request) -> Entry:
        path, _, query = request.raw_path.partition("?")
        peer = request.transport.get_extra_info("peername") if request.transport else None
        return Entry(
            method=request.method,
            path=path,
            query=query,
            host=request.host,
            connection=peer[1] if peer else 0,
            started=self._face.now(),
            range=request.headers.get("Range"),
            authorization="Authorization" in request.headers,
        )


def message_of(request: web.Request) -> Message:
    """Return a request as it came."""
    path, _, query = request.raw_path.partition("?")
    headers = {name.lower(): value for name, value in request.headers.items()}
    return Message(request.method, path, query, headers)
