"""Function Compute on loopback: both invocation APIs, instances as real processes.

``app`` is the HTTP skin, ``cloud`` what is behind it, ``runtime`` what runs inside an instance;
README.md says what is covered and which answers nobody has confirmed on the real service.
"""
