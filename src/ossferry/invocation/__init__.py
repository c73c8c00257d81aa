"""One invocation: its jobs are done, handed over, stopped, logged and answered.

The top room: only ``index`` is above it.
"""
