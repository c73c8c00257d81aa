"""``Ferry``, the command's verbs for programs in Python, on which the commands are built.

Nothing here prints, ends the process or reads standard input: what goes wrong is a ``Problem``.
"""
