"""Many small sources, each to an object of its own: what one instance copies at once.

One request to a source and one to OSS for each, connections kept, many at once, and no SDK. What
turns out to be large is left to others. Who asked, and what is recorded of it, is not known here.
"""
