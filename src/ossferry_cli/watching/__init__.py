"""How far something is, from what the function writes to OSS and what FC says of its task.

Nothing here asks the function, which costs money and needs an instance; and nothing writes.
"""
