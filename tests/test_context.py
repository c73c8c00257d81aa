"""The contexts of both families of runtimes tell the same things in different places."""

from __future__ import annotations

from types import SimpleNamespace as Record

import pytest

from ossferry.context import Context, Credentials

IN_ENVIRONMENT = {
    "FC_REGION": "cn-shanghai",
    "FC_ACCOUNT_ID": "987",
    "FC_FUNCTION_NAME": "from-environment",
    "ALIBABA_CLOUD_ACCESS_KEY_ID": "STS.environment",
    "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "environment-secret",
    "ALIBABA_CLOUD_SECURITY_TOKEN": "environment-token",
}


def python310(**changes: object) -> Record:
    """As FC 2.0's runtimes up to python3.10 make it."""
    return Record(
        **{
            "request_id": "r-1",
            "region": "cn-hangzhou",
            "account_id": "123",
            "function": Record(name="ferry", handler="index.handler", memory=512, timeout=600),
            "service": Record(name="moving", qualifier="LATEST", version_id="2"),
            "credentials": Record(
                access_key_id="STS.context",
                access_key_secret="context-secret",
                security_token="context-token",
            ),
            **changes,
        }
    )


def python312() -> Record:
    """As FC 3.0's python3.12 makes it: neither service nor credentials."""
    return Record(
        request_id="r-1",
        region="cn-hangzhou",
        account_id="123",
        function=Record(name="ferry", memory=512, timeout=600, qualifier="prod", version_id="3"),
    )


def test_python310_tells_everything_in_the_context() -> None:
    """Including the service, by which the function is called through the API of FC 2.0."""
    assert Context.read(python310(), {}, started=100.0) == Context(
        request_id="r-1",
        region="cn-hangzhou",
        account_id="123",
        service="moving",
        function="ferry",
        qualifier="LATEST",
        timeout=600.0,
        deadline=700.0,
        credentials=Credentials("STS.context", "context-secret", "context-token"),
        memory_mb=512,
    )


def test_python312_has_no_service_and_its_credentials_in_the_environment() -> None:
    """The qualifier is the function's own."""
    found = Context.read(python312(), IN_ENVIRONMENT, started=100.0)
    assert (found.service, found.function, found.qualifier) == (None, "ferry", "prod")
    assert found.credentials == Credentials(
        "STS.environment", "environment-secret", "environment-token"
    )


@pytest.mark.parametrize(
    "service",
    [
        Record(qualifier="prod", version_id="3", log_project="", log_store=""),
        Record(name=None, qualifier="prod"),
        Record(name="", qualifier="prod"),
    ],
)
def test_function_of_fc_3_on_python310_has_a_service_without_a_name(service: object) -> None:
    """The attribute belongs to the runtime; only a name says that the function is one of 2.0."""
    found = Context.read(python310(service=service), {}, started=0.0)
    assert (found.service, found.function, found.qualifier) == (None, "ferry", "prod")


@pytest.mark.parametrize("service", [None, Record(name=""), Record(name="moving")])
def test_function_of_fc_2_may_go_by_its_name_in_fc_3(service: object) -> None:
    """``service$function`` is a whole name, and only the API of FC 3.0 knows it."""
    function = Record(name="moving$ferry", timeout=600, qualifier="prod")
    found = Context.read(python310(function=function, service=service), {}, started=0.0)
    assert (found.service, found.function, found.qualifier) == (None, "moving$ferry", "prod")


def test_an_alias_is_the_qualifier() -> None:
    """So that what was called by its alias calls the same version."""
    service = Record(name="moving", qualifier="prod", version_id="2")
    found = Context.read(python310(service=service), {}, started=0.0)
    assert (found.service, found.qualifier) == ("moving", "prod")


def test_credentials_of_the_environment_go_first() -> None:
    """FC renews those; the ones in the context are as old as the request."""
    found = Context.read(python310(), IN_ENVIRONMENT, started=0.0)
    assert found.credentials.access_key_id == "STS.environment"


def test_the_environment_tells_what_the_context_does_not() -> None:
    """A context with next to nothing still makes a function that knows where it is."""
    found = Context.read(Record(), IN_ENVIRONMENT, started=0.0)
    assert (found.region, found.account_id, found.function) == (
        "cn-shanghai",
        "987",
        "from-environment",
    )
    assert (found.service, found.qualifier) == (None, None)


@pytest.mark.parametrize("function", [None, Record(name="ferry"), Record(timeout=None)])
def test_a_timeout_that_nobody_tells_is_a_short_one(function: object) -> None:
    """Better to hand over early than to be cut off."""
    found = Context.read(python310(function=function), {}, started=5.0)
    assert (found.timeout, found.deadline) == (60.0, 65.0)


def test_credentials_are_those_of_the_invocation() -> None:
    """FC renews them while an instance lives, so each invocation reads them anew."""
    renewed = {**IN_ENVIRONMENT, "ALIBABA_CLOUD_SECURITY_TOKEN": "renewed-token"}
    tokens = [
        Context.read(python312(), environment, started=0.0).credentials.security_token
        for environment in (IN_ENVIRONMENT, renewed)
    ]
    assert tokens == ["environment-token", "renewed-token"]


def test_no_repr_shows_credentials() -> None:
    """A context may be logged."""
    shown = repr(Context.read(python310(), {}, started=0.0))
    assert "context-secret" not in shown
    assert "context-token" not in shown
    assert "STS.context" not in shown
