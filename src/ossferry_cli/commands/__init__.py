"""The commands, a file each; what several of them do is in ``attend``.

A file is imported when its command, or its help, is asked for.
"""
