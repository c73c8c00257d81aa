"""Who copies which parts: the plan, the fan-out, the process pool.

It knows slices and futures, but not what a child is, how it is invoked, or where its bytes go. How
much is given to whom is decided next door, in ``pace``.
"""
