"""Archived objects: what state they are in, asking OSS to restore them, and when to look again.

Knows neither lists nor reports, and waits for nothing: whoever has asked looks again later.
"""
