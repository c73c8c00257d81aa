"""The command ``ossferry``: asks a deployed function to copy, and shows how far it is.

For people; the function never imports it, and it is not in the function's zips. It may use the
words and readers of ``ossferry``. Whatever takes long to import is imported inside commands.
"""
