"""Many items in one job: found, handed out, gathered, reported.

Each item succeeds or fails by itself. How one is copied is known to the rooms below; who asked, and
who waits for the reply, to the one above.
"""
