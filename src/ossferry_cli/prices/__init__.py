"""List prices as they were found, each with where and when; ``planning/prices.py`` reads them.

A price that nobody has found is not in the file, so that it is told as not known.
"""
