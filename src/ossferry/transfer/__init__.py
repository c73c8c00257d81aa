"""One source to one object: the coordinator, and the ways of copying.

Puts the rooms below together. It does not know which event asked, or who waits for the reply.
"""
