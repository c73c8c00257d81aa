"""Connections to several servers, kept for whoever reads many sources."""

from __future__ import annotations

from contextlib import ExitStack, closing

import pytest

from ossferry.http.connection import BROKEN
from ossferry.http.connections import Connections
from ossferry.urls import Url
from tests.peers.loopback import GUARD
from tests.peers.scripted import Reply, Scripted, answer, scripted


def servers(stack: ExitStack, count: int) -> list[Scripted]:
    return [stack.enter_context(scripted(lambda _: Reply(answer(200, b"x")))) for _ in range(count)]


def read(connections: Connections, server: Scripted) -> bytes:
    return connections.get(Url(f"{server.url}/"), {}).read(10)


def test_each_server_has_a_connection_of_its_own() -> None:
    """Going to and fro between servers connects to none of them twice."""
    with ExitStack() as stack, closing(Connections(GUARD)) as connections:
        some = servers(stack, 3)
        for server in some * 3:
            assert read(connections, server) == b"x"
        assert [[request.connection for request in server.requests] for server in some] == [
            [1, 1, 1]
        ] * 3


def test_the_one_that_was_not_used_for_longest_makes_room() -> None:
    """There are never more than so many."""
    with ExitStack() as stack, closing(Connections(GUARD, most=2)) as connections:
        one, two, three = servers(stack, 3)
        for server in (one, two, one, three, one, two):
            read(connections, server)
        assert [request.connection for request in one.requests] == [1, 1, 1]
        assert [request.connection for request in two.requests] == [1, 2]


def test_only_the_last_is_dropped() -> None:
    """What broke off is no reason to give up the others."""
    with ExitStack() as stack, closing(Connections(GUARD)) as connections:
        one, two = servers(stack, 2)
        read(connections, one)
        read(connections, two)
        connections.drop()
        read(connections, one)
        read(connections, two)
        assert [request.connection for request in one.requests] == [1, 1]
        assert [request.connection for request in two.requests] == [1, 2]


def test_an_interruption_is_of_all_also_of_those_to_come() -> None:
    """A stream that is about to connect does not go on after it."""
    with ExitStack() as stack, closing(Connections(GUARD)) as connections:
        one, two = servers(stack, 2)
        read(connections, one)
        connections.interrupt()
        for server in (one, two):
            with pytest.raises(BROKEN):
                read(connections, server)
        assert len(one.requests) == 1
        assert two.requests == []


def test_asking_ahead_goes_over_the_connection_that_is_there() -> None:
    """The reply to it is that of the next ``get``."""
    with ExitStack() as stack, closing(Connections(GUARD)) as connections:
        (one,) = servers(stack, 1)
        read(connections, one)
        connections.ask_ahead(Url(f"{one.url}/"), {})
        assert read(connections, one) == b"x"
        assert len(one.requests) == 2
