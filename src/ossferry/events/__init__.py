"""What is asked: an event of any trigger becomes a job.

Imports only words. It does nothing: what a job does is known to the rooms that do it.
"""
