"""Seeded schedules of everything that can go wrong, and what must hold after each of them.

``schedule`` makes a schedule of a seed, ``trial`` runs it on a local cloud and judges what came of
it; ``python -m tests.e2e.chaos`` runs as many as one likes.
"""
