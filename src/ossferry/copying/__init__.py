"""The copy path: one ranged GET, CRC64, one PUT, through one buffer.

A child loads all of it, and starts cold and often: so no SDK, no credentials, and nothing about the
plan, the upload as a whole, or who else copies. Imports only words and HTTP.
"""
