"""How OSS says no: a status, a code, a sentence, and an error cause number where it is known."""

from __future__ import annotations

from collections.abc import Mapping


class Refusal(Exception):
    """A request that OSS answers with an error document."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        ec: str = "",
        details: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(status, code, message, ec, details, headers)
        self.status, self.code, self.message, self.ec = status, code, message, ec
        self.details = dict(details or {})
        self.headers = dict(headers or {})

    def __str__(self) -> str:
        return f"{self.status} {self.code}: {self.message}"


def access_denied(message: str, ec: str = "") -> Refusal:
    return Refusal(403, "AccessDenied", message, ec)


def invalid_argument(message: str, name: str, value: str, ec: str = "") -> Refusal:
    details = {"ArgumentName": name, "ArgumentValue": value}
    return Refusal(400, "InvalidArgument", message, ec, details)


def malformed_xml() -> Refusal:
    message = "The XML you provided was not well-formed or did not validate against our schema."
    return Refusal(400, "MalformedXML", message)


def no_such_bucket(name: str) -> Refusal:
    message = "The specified bucket does not exist."
    return Refusal(404, "NoSuchBucket", message, "0015-00000101", {"BucketName": name})


def other_endpoint(bucket: str, region: str) -> Refusal:
    """Refuse a bucket of another region; the page of this error shows 403 and the endpoint."""
    message = (
        "The bucket you are attempting to access must be addressed using the specified endpoint. "
        "Please send all future requests to this endpoint."
    )
    details = {"Bucket": bucket, "Endpoint": f"oss-{region}.aliyuncs.com"}
    return Refusal(403, "AccessDenied", message, details=details)


def no_such_key(key: str) -> Refusal:
    message = "The specified key does not exist."
    return Refusal(404, "NoSuchKey", message, "0026-00000001", {"Key": key})


def no_such_upload(upload_id: str, ec: str = "0042-00000002") -> Refusal:
    message = (
        "The specified upload does not exist. The upload ID may be invalid, "
        "or the upload may have been aborted or completed."
    )
    return Refusal(404, "NoSuchUpload", message, ec, {"UploadId": upload_id})


def not_known_here(what: str) -> Refusal:
    """Refuse what OSS may know and this server does not; the status is this server's own."""
    message = f"The local OSS does not implement {what!r} for this method and resource."
    return Refusal(501, "NotImplemented", message, details={"Name": what})


def not_implemented(what: str) -> Refusal:
    """Refuse what OSS itself does not implement."""
    message = "A header you provided implies functionality that is not implemented."
    return Refusal(400, "NotImplemented", message, details={"Header": what})


def precondition_failed(condition: str) -> Refusal:
    message = "At least one of the pre-conditions you specified did not hold."
    return Refusal(412, "PreconditionFailed", message, details={"Condition": condition})
