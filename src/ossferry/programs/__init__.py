"""User code over objects: what is deployed beside the function, or in a depot, runs over an object.

A program sees a file and a folder, and nothing of OSS, of the role or of the event but its
parameters. What it is to be run over, one object or many, is decided elsewhere.
"""
