"""What is kept of a transfer in OSS, so that it goes on, or is swept.

It knows uploads and their parts. It does not know who copies, or how.
"""
