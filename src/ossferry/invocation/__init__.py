"""One invocation: its jobs are done, handed over, stopped, logged and answered.

Also whether a child's job was written by a coordinator, which a child asks first. The top room:
only ``index`` is above it.
"""
