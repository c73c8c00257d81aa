"""Mutation testing: small faults are put into a copy of the code, and some test has to notice each.

Not part of ``make test``. What survives is either a test that is missing, or listed as equivalent.
"""
