"""Both signatures beside those of the stores' own SDKs, for whatever a key, a token or a query is.

The SDKs read the clock themselves, so they sign first, and their moment is taken over.
"""

from __future__ import annotations

from calendar import timegm
from time import strptime
from urllib.parse import parse_qsl, unquote, urlsplit

from botocore.auth import S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as Botocore
from botocore.utils import percent_encode
from hypothesis import given, settings
from hypothesis import strategies as st
from qcloud_cos import CosConfig, CosS3Client

from ossferry.origins import cos, s3
from ossferry.origins.keys import Keys
from ossferry.urls import Url

BUCKET, COS_REGION = "films-1250000000", "ap-guangzhou"
HOST = f"https://{BUCKET}.cos.{COS_REGION}.myqcloud.com"

printable = st.characters(exclude_categories=["Cs", "Cc"])
texts = st.text(printable, min_size=1, max_size=30) | st.sampled_from(
    ["a b", "a+b", "%2F", "100%", "'\"", "日本", "~", "*!()", "a&b=c", "x/../y", "+/="]
)
keys = texts.map(lambda text: text.lstrip("/") or "x")
ids = st.from_regex(r"[A-Za-z0-9]{4,20}", fullmatch=True)
# COS's SDK takes none with a space at either end.
secrets = st.text(
    st.characters(codec="ascii", exclude_categories=["Cc"]), min_size=1, max_size=40
).filter(lambda text: text == text.strip() != "")
tokens = st.just("") | secrets
methods = st.sampled_from(["GET", "HEAD"])
seconds = st.integers(1, 604_800)
# What is signed apart from them has names of its own.
names = st.from_regex(r"[a-z][a-zA-Z-]{0,12}", fullmatch=True).filter(
    lambda name: not name.lower().startswith(("x-", "q-"))
)
queries = st.dictionaries(names, texts | st.just(""), max_size=4).filter(
    lambda query: len({name.lower() for name in query}) == len(query)
)
headers = st.dictionaries(
    st.from_regex(r"x-amz-[a-z]{1,9}(-[a-z]{1,9})?", fullmatch=True),
    st.from_regex(r"[A-Za-z0-9=;/-]{1,20}", fullmatch=True),
    max_size=3,
)


@given(
    texts,
    secrets,
    secrets,
    tokens,
    queries,
    headers,
    methods,
    seconds,
    st.sampled_from(["", ":9000"]),
)
@settings(max_examples=200, deadline=None)
def test_s3_is_signed_as_botocore_does(
    key: str,
    id: str,
    secret: str,
    token: str,
    query: dict[str, str],
    sent: dict[str, str],
    method: str,
    lifetime: int,
    port: str,
) -> None:
    """The same path, parameters and signature."""
    origin, path = f"https://s3.eu-west-1.amazonaws.com{port}", f"/media/{key}"
    request = AWSRequest(
        method, origin + percent_encode(path, safe="/~"), headers=sent, params=dict(query)
    )
    signer = S3SigV4QueryAuth(Botocore(id, secret, token or None), "s3", "eu-west-1", lifetime)
    signer.add_auth(request)
    theirs = _parts(Url(request.url))
    moment = timegm(strptime(dict(theirs[1])["X-Amz-Date"], "%Y%m%dT%H%M%SZ"))
    ours = s3.presigned(
        origin,
        path,
        Keys("own", id, secret, token),
        "eu-west-1",
        now=moment,
        seconds=lifetime,
        method=method,
        query=query,
        headers=sent,
    )
    assert _parts(ours) == theirs
    assert urlsplit(ours.reveal()).path == urlsplit(request.url).path
    assert "?" not in ours.redacted


@given(keys, ids, secrets, tokens, queries, methods, st.integers(1, 10_000_000))
@settings(max_examples=200, deadline=None)
def test_cos_is_signed_as_its_sdk_does(
    key: str,
    id: str,
    secret: str,
    token: str,
    query: dict[str, str],
    method: str,
    lifetime: int,
) -> None:
    """The same path, parameters and signature, with a host that is signed."""
    parameters = {**query, **({"x-cos-security-token": token} if token else {})}
    config = CosConfig(Region=COS_REGION, SecretId=id, SecretKey=secret, Scheme="https")
    url = CosS3Client(config).get_presigned_url(
        BUCKET, key, method, Expired=lifetime, Params=parameters
    )
    theirs = _parts(Url(url))
    start = int(dict(theirs[1])["q-sign-time"].partition(";")[0])
    ours = cos.presigned(
        HOST,
        f"/{key}",
        Keys("own", id, secret, token),
        now=start + 60,
        seconds=lifetime,
        method=method,
        query=query,
    )
    assert _parts(ours) == theirs
    assert "?" not in ours.redacted


def _parts(url: Url) -> tuple[str, list[tuple[str, str]]]:
    parts = urlsplit(url.reveal())
    return unquote(parts.path), sorted(parse_qsl(parts.query, keep_blank_values=True))
