"""Messages of a batch that are data, and ask for nothing: given to a program of the operator's.

Each part of a topic by itself, as lines of JSON. Messages that are jobs are ``invocation``'s, as
long as no setting says that they are data.
"""
