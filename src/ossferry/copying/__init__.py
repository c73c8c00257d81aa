"""The copy path: one ranged GET, CRC64, one PUT, through one buffer.

All that a child loads, which starts cold and often: so no SDK, no credentials, and nothing about
the plan, the upload as a whole, or who else copies. Imports only words.
"""
