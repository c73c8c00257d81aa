"""The signature of COS, against the documented example."""

from __future__ import annotations

from ossferry.origins.cos import signature


def test_the_example_of_the_documentation() -> None:
    """The second one: a GET with parameters and headers."""
    told = signature(
        "GET",
        "/exampleobject(腾讯云)",
        {
            "response-content-type": "application/octet-stream",
            "response-cache-control": "max-age=600",
        },
        {
            "Date": "Thu, 16 May 2019 06:55:53 GMT",
            "Host": "examplebucket-1250000000.cos.ap-beijing.myqcloud.com",
        },
        "BQYIM75p8x0iWVFSIgqEKwFprpRSVHlz",
        "1557989753;1557996953",
    )
    assert told == "01681b8c9d798a678e43b685a9f1bba0f6c0e012"
