"""Everything that ossferry reports as an error.

FerryError
├── InvalidEvent            the event asks for something that cannot be done
├── NotConfirmed            it would cost more than the event takes for granted
├── InvalidSettings         an environment variable of the function makes no sense
├── DepotUnusable           what OSSFERRY_DEPOT names cannot be put on the disk
├── SourceError
│   ├── SourceRefused       the source's server, or our own address rules, said no
│   │   └── SourceArchived  an object that has to be restored before it can be read
│   ├── SourceGone          there is nothing at the URL (any more)
│   ├── SourceChanged       the source is not the one that the transfer started with
│   ├── RangeNotHonoured    the reply is not what was asked for, or contradicts itself
│   └── SourceUnavailable   a hiccup, or no valid HTTP; may pass             (retryable)
│       └── SourceBusy      no more requests at once than it serves now  (retryable)
├── TargetError
│   ├── TargetRefused       OSS said no
│   │   └── NoSuchUpload    completed, aborted, or never opened: OSS does not say which
│   ├── ObjectExists        the event said never to overwrite, or somebody was faster
│   └── TargetUnavailable   a hiccup; may pass                               (retryable)
├── ChecksumMismatch        bytes arrived that are not the source's
│   └── PartDamaged         OSS stored another part; sending it again may help (retryable)
├── ChildError
│   ├── ChildRefused        the function's role may not invoke the function
│   ├── ChildFailed         a child crashed, timed out or made no sense      (retryable)
│   └── ChildThrottled      Function Compute has no instance for a child now (retryable)
├── ProgramError
│   ├── ProgramMissing      no program of that name is deployed
│   ├── InvalidProgram      the description of a program makes no sense
│   ├── ProgramFailed       it ended with an error, or left what cannot be kept
│   ├── ProgramBusy         it said itself that it may pass later           (retryable)
│   └── ProgramTooLong      it was ended, because its time was up, or the function's
├── OutOfTime               the invocation's time ends before the work does
│   └── Unfinished          ... and what is done is kept: the same event goes on with it
├── Stopped                 Function Compute ends the instance; what is done is kept
├── BatchFailed             messages of one event failed and could not be sent on
├── BulkFailed              more items of a job failed than it allows
└── InternalError           a fault in ossferry itself

The class name is the stable ``errorType`` of a reply; the message is one sentence for a person.
A message is built from redacted URLs only. Arguments stay positional and equal to
``Exception.args``, because errors cross process boundaries by pickle.
"""

from __future__ import annotations


class FerryError(Exception):
    """Base of all errors.

    ``retryable`` says whether the same request may succeed later, ``resumable`` whether the same
    transfer may: what was copied until then is kept for it.
    """

    retryable = False
    resumable = False

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message, retry_after)
        self.message = message
        self.retry_after = retry_after  # seconds that the other side asked us to wait

    def __str__(self) -> str:
        return self.message

    @property
    def type(self) -> str:
        return type(self).__name__


class InvalidEvent(FerryError):
    pass


class NotConfirmed(FerryError):
    pass


class InvalidSettings(FerryError):
    pass


class DepotUnusable(FerryError):
    pass


class SourceError(FerryError):
    pass


class SourceRefused(SourceError):
    resumable = True


class SourceArchived(SourceRefused):
    """What was copied is kept: a restore changes neither the object nor its ETag."""


class SourceGone(SourceError):
    pass


class SourceChanged(SourceError):
    pass


class RangeNotHonoured(SourceError):
    pass


class SourceUnavailable(SourceError):
    retryable = True
    resumable = True


class SourceBusy(SourceUnavailable):
    """Who gives out parts lets those go on that are served; trying again at once would hammer."""


class TargetError(FerryError):
    pass


class TargetRefused(TargetError):
    resumable = True


class NoSuchUpload(TargetRefused):
    resumable = False


class ObjectExists(TargetError):
    pass


class TargetUnavailable(TargetError):
    retryable = True
    resumable = True


class ChecksumMismatch(FerryError):
    pass


class PartDamaged(ChecksumMismatch):
    retryable = True


class ChildError(FerryError):
    resumable = True


class ChildRefused(ChildError):
    pass


class ChildFailed(ChildError):
    retryable = True


class ChildThrottled(ChildError):
    retryable = True


class ProgramError(FerryError):
    pass


class ProgramMissing(ProgramError):
    pass


class InvalidProgram(ProgramError):
    pass


class ProgramFailed(ProgramError):
    pass


class ProgramBusy(ProgramError):
    retryable = True


class ProgramTooLong(ProgramError):
    def __init__(
        self, message: str, retry_after: float | None = None, of_function: bool = False
    ) -> None:
        super().__init__(message, retry_after)
        self.args = (message, retry_after, of_function)
        self.of_function = of_function  # whose time was up, and not the program's own


class OutOfTime(FerryError):
    resumable = True


class Unfinished(OutOfTime):
    def __init__(
        self,
        message: str,
        retry_after: float | None = None,
        progress: bool = False,
        reused: int = 0,
    ) -> None:
        super().__init__(message, retry_after)
        self.args = (message, retry_after, progress, reused)
        self.progress = progress  # whether this invocation got anything done, and recorded
        self.reused = reused  # parts that it did not have to copy, because an earlier one had


class Stopped(FerryError):
    resumable = True


class BatchFailed(FerryError):
    pass


class BulkFailed(FerryError):
    pass


class InternalError(FerryError):
    pass


def _tree(root: type[FerryError]) -> dict[str, type[FerryError]]:
    found = {root.__name__: root}
    for child in root.__subclasses__():
        found |= _tree(child)
    return found


ERROR_TYPES = _tree(FerryError)


def error_of(error_type: str, message: str, retry_after: float | None = None) -> FerryError:
    """The error that another invocation reported; an unknown type is an ``InternalError``."""
    return ERROR_TYPES.get(error_type, InternalError)(message, retry_after)
