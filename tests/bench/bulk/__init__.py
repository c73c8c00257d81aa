"""Jobs of many items beside other ways to copy as many objects; ``python -m tests.bench bulk``.

Each kind of source is copied by all ways in turns, in the same local cloud.
"""
