"""Who copies which parts: part sizes, the plan, the fan-out, the process pool.

Part sizes, plan and model are pure. It knows slices and futures, but not what a child is, how it
is invoked, or where its bytes go.
"""
