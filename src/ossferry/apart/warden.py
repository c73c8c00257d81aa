"""Stands between the function and a program, as a process of its own: starts it, ends all of it.

Run as a script, and imports nothing of ours. Whatever a program starts becomes this process's child
when its own parent has gone, in whatever session it hides; so nothing of it is left, no zombie
either, when this process has ended. It ends as the program did.
"""

from __future__ import annotations

import ctypes
import marshal
import os
import resource
import sys

TYPE_CHECKING = False  # each import is paid for by every item
if TYPE_CHECKING:
    import signal
    from typing import Any
else:
    try:
        import _signal as signal  # a third of the time to start goes into the enums of the other
    except ImportError:
        import signal

_SET_PARENT_DEATH_SIGNAL, _SET_CHILD_SUBREAPER = 1, 36  # prctl(2)


def main(asked: dict[str, Any]) -> None:
    """``asked`` has the ``arguments`` and the ``environment`` of the program, the pid of the
    ``parent``, the seconds of ``grace`` between SIGTERM and SIGKILL, and ``disk``, the bytes of the
    largest file that may be written."""
    _prctl(_SET_CHILD_SUBREAPER, 1)
    # Blocked until there is somebody to pass them on to.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    program = os.fork()
    if program == 0:
        _become(asked)
    _ending(program, asked["grace"])
    _prctl(_SET_PARENT_DEATH_SIGNAL, signal.SIGTERM)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
    if os.getppid() != asked["parent"]:  # it had gone before it could be noticed
        os.kill(program, signal.SIGKILL)
    status = _waited(program)
    _remove_rest()
    _end_like(status)


def _become(asked: dict[str, Any]) -> None:
    """Become the program; never returns."""
    try:
        os.setsid()
        _prctl(_SET_PARENT_DEATH_SIGNAL, signal.SIGKILL)
        for each in (signal.SIGPIPE, signal.SIGXFSZ):  # which Python ignores, and no other
            signal.signal(each, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_SETMASK, set())
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        _, most = resource.getrlimit(resource.RLIMIT_FSIZE)
        disk = asked["disk"] if most == resource.RLIM_INFINITY else min(most, asked["disk"])
        resource.setrlimit(resource.RLIMIT_FSIZE, (disk, most))
        arguments = [each.encode() for each in asked["arguments"]]
        os.execve(arguments[0], arguments, asked["environment"])  # noqa: S606 - no shell, indeed
    except BaseException as error:
        said = error.strerror if isinstance(error, OSError) else type(error).__name__
        os.write(2, f"{asked['arguments'][0]} cannot be started: {said}\n".encode())
    os._exit(126)


def _ending(program: int, grace: float) -> None:
    def kill(*_: object) -> None:
        _signal(program, signal.SIGKILL)

    def terminate(*_: object) -> None:
        _signal(program, signal.SIGTERM)
        signal.setitimer(signal.ITIMER_REAL, max(grace, 0.001))

    signal.signal(signal.SIGALRM, kill)
    signal.signal(signal.SIGTERM, terminate)


def _signal(program: int, number: int) -> None:
    """Its group, which has its number; or itself, if it has not made that yet."""
    for send in (os.killpg, os.kill):
        try:
            return send(program, number)
        except ProcessLookupError:
            continue


def _waited(program: int) -> int:
    """The status with which the program ended; what else ends meanwhile is reaped."""
    while True:
        ended, status = os.waitpid(-1, 0)
        if ended == program:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            return status


def _remove_rest() -> None:
    """Kill what is left until there is no child any more; what those leave comes to us."""
    while _has_children():
        for child in _children():
            try:
                os.kill(child, signal.SIGKILL)
            except ProcessLookupError:
                continue
        try:
            os.waitpid(-1, 0)
        except ChildProcessError:
            return


def _has_children() -> bool:
    """Usually there are none, and nobody has to look through all processes."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            continue
    except ChildProcessError:
        return False
    return True


def _children() -> list[int]:
    own, found = os.getpid(), []
    for name in os.listdir("/proc"):
        if name.isdecimal():
            try:
                with open(f"/proc/{name}/stat", "rb") as file:
                    # The name of the command, in parentheses, may have anything in it.
                    fields = file.read().rpartition(b")")[2].split()
            except OSError:
                continue
            if int(fields[1]) == own:
                found.append(int(name))
    return found


def _end_like(status: int) -> None:
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        if number not in (signal.SIGKILL, signal.SIGSTOP):
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {number})
        os.kill(os.getpid(), number)
    os._exit(os.WEXITSTATUS(status))


def _prctl(option: int, value: int) -> None:
    """Where the system does not know it, a program's own group is all that is ended."""
    try:
        ctypes.CDLL(None).prctl(option, int(value), 0, 0, 0)
    except (AttributeError, OSError):
        return


if __name__ == "__main__":
    with open(int(sys.argv[1]), "rb") as what:
        read = marshal.load(what)  # noqa: S302 - what the function itself has written
    main(read)
