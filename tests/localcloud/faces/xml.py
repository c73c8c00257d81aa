"""Documents of a face: the OSS server's writer, with a namespace where the store has one."""

from __future__ import annotations

from tests.localcloud.oss.rules.documents import Node, render

__all__ = ["Node", "document"]


def document(node: Node, namespace: str = "") -> bytes:
    """Write a document; clients that look up bare names fail at a namespace, as they should."""
    text = render(node)
    if not namespace:
        return text
    name = node[0].encode()
    return text.replace(b"<" + name, b"<" + name + f' xmlns="{namespace}"'.encode(), 1)
