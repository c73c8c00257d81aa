"""What others get to see of an error. Loaded only once there is one."""

from __future__ import annotations

from ..errors import FerryError, InternalError


def told(error: Exception) -> FerryError:
    """A fresh error without cause or context, whose texts may quote what is secret.

    Of an error that nobody foresaw it says only where it happened.
    """
    if isinstance(error, FerryError):
        return type(error)(error.message)
    return InternalError(f"a fault in ossferry: {type(error).__name__} at {_where(error)}")


def _where(error: Exception) -> str:
    traceback = error.__traceback__
    while traceback is not None and traceback.tb_next is not None:
        traceback = traceback.tb_next
    if traceback is None:
        return "an unknown line"
    room_and_file = traceback.tb_frame.f_code.co_filename.split("/")[-2:]
    return f"{'/'.join(room_and_file)}:{traceback.tb_lineno}"
