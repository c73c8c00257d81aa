"""A program that leaves what is odd."""

from __future__ import annotations

import os
import socket
import sys

folder, what = sys.argv[1:]
os.chdir(folder)
with open("good.txt", "w") as good:
    good.write("good")
if what == "link":
    os.symlink("/proc/self/environ", "bad.txt")
elif what == "folder-link":
    os.symlink("/etc", "bad")
elif what == "pipe":
    os.mkfifo("bad")
elif what == "socket":
    socket.socket(socket.AF_UNIX).bind("bad")
elif what == "latin":
    open(b"bad\xff.txt", "w").close()
elif what == "newline":
    open("bad\n.txt", "w").close()
elif what == "dots":
    os.makedirs("..a/.../b")
    open("..a/.../b/..c", "w").close()
elif what == "locked":
    os.makedirs("a/b")
    open("a/b/c", "w").close()
    os.chmod("a", 0)
else:
    os.unlink("good.txt")
