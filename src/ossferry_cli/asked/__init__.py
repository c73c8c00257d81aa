"""What a command line asks for, as events of the function, and under which id.

Nothing here reaches out but ``submit``, and ``sources``, which reads files that are named.
"""
