"""OSS, through oss2: control requests, multipart uploads, signed URLs.

The one room that imports oss2, in ``bucket`` and ``client``; a child loads what needs no SDK. It
knows no transfer, no source and no plan.
"""
