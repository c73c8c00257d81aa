"""A command that is not ours, apart from all that is: its folder, its environment, its process.

It knows nothing of OSS, nor of what the command is for. When it has ended, nothing of it is left
but its files, and those only as long as somebody wants them.
"""
