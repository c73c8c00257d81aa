"""Peers that tests talk to: origins that answer from a script, and servers of the local cloud."""
