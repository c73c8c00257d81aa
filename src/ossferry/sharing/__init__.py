"""Which items are whose: slices of a job, handed to children, and gathered until none is left.

Who supplies the items, and what is told of them in the end, is known to the room above.
"""
