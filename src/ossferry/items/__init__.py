"""A child's share of a job of many items, and what is recorded of each.

The rooms below copy; here items are read, handed to them, and become rows of a report.
"""
