"""Which parameters of a URL sign it, and which say what it is a URL of.

A URL that is signed anew differs in the first, and is still of the same source. A parameter that
nobody here knows belongs to the second: what is taken for a signature by mistake would make one
source of two, and the other mistake only costs a copy. So names that could mean anything count
only in the company that makes a signature of them.
"""

from __future__ import annotations

from urllib.parse import unquote

from ..urls import Url

# Each line is a way of signing: names without which it is none, and what else it may consist of.
# Compared in lower case.
_FORMS = tuple(
    (frozenset(needed.split()), frozenset(f"{needed} {others}".split()))
    for needed, others in (
        # Of object stores. OSS V4, V2 and V1; with V1 are OBS, KS3, AWS V2, Google V2, CloudFront
        # and Google's CDN, which sign in the same words.
        (
            "x-oss-signature",
            "x-oss-signature-version x-oss-credential x-oss-date x-oss-expires x-oss-security-token"
            " x-oss-additional-headers x-oss-access-key-id",
        ),
        (
            "signature",
            "expires ossaccesskeyid awsaccesskeyid googleaccessid accesskeyid kssaccesskeyid"
            " security-token x-amz-security-token x-obs-security-token key-pair-id policy keyname"
            " urlprefix",
        ),
        (
            "x-amz-signature",
            "x-amz-algorithm x-amz-credential x-amz-date x-amz-expires x-amz-signedheaders"
            " x-amz-security-token x-amz-content-sha256",
        ),
        (
            "x-goog-signature",
            "x-goog-algorithm x-goog-credential x-goog-date x-goog-expires x-goog-signedheaders",
        ),
        (
            "x-tos-signature",
            "x-tos-algorithm x-tos-credential x-tos-date x-tos-expires x-tos-signedheaders"
            " x-tos-security-token x-tos-policy",
        ),
        (
            "q-signature",
            "q-sign-algorithm q-ak q-sign-time q-key-time q-header-list q-url-param-list"
            " x-cos-security-token",
        ),
        ("authorization", "x-bce-security-token"),  # BOS, B2
        (
            "sig",  # Azure
            "sv ss srt sp st se spr sip sr si skoid sktid skt ske sks skv saoid suoid scid sdd",
        ),
        ("temp_url_sig temp_url_expires", "temp_url_prefix temp_url_ip_range"),  # Swift
        ("e token", ""),  # Kodo
        # Of CDNs.
        ("auth_key", ""),  # Alibaba Cloud, Huawei Cloud, Volcengine
        ("wssecret wstime", ""),
        ("txsecret txtime", ""),
        ("sign t", ""),
        ("md5hash timestamp", ""),
        ("_upt", ""),
        ("token expires", "token_path token_countries"),
        ("token expire", ""),
        ("md5 expires", ""),  # nginx, secure_link
        ("hdnts", ""),
        ("hdnea", ""),
        ("__token__", ""),
        ("edge-cache-token", ""),
        ("ex is hm", ""),
    )
)


def selecting(url: Url) -> str:
    """The parameters that do not sign, in an order of their own; as written, for hashing only.

    Not decoded: ``+`` and ``%20`` are the same to one server and not to another.
    """
    query = url.target.partition("?")[2]
    if not query:
        return ""
    named = [(unquote(pair.partition("=")[0]).lower(), pair) for pair in query.split("&") if pair]
    names = {name for name, _ in named}
    signing = {name for needed, all_of in _FORMS if needed <= names for name in all_of}
    # Only by name: what is given twice keeps its order.
    rest = sorted((each for each in named if each[0] not in signing), key=lambda each: each[0])
    return "&".join(pair for _, pair in rest)
