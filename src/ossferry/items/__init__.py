"""Many small sources, each to an object of its own: what one instance does with its share of them.

One request to a source and one to OSS for each, connections kept, many at once, and no SDK. What
turns out to be large is left to the room below, which copies one source with all means.
"""
