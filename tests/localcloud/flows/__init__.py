"""Runs flows as CloudFlow does, in both of its languages, on the time of a local cloud."""
