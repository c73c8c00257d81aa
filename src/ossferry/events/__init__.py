"""What is asked: an event of any trigger becomes a job.

Imports only words, and what triggers send. It does nothing: what a job does is known to the rooms
that do it.
"""
