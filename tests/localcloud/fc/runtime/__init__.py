"""What runs inside the processes of the local FC: standard library only, and no way back.

An instance sees nothing of the test environment: this package is loaded under a private name,
from its own folder, by an interpreter started with ``-I -S``.
"""
