"""Copies what a URL reaches into Alibaba Cloud OSS, and proves that every byte arrived.

The files beside this are words that all rooms share; ``cloud`` puts the rooms ``oss``, ``fc`` and
``spread`` together for those above. A room imports only words and rooms below it:
``docs/design.md`` draws them. To read one transfer begin at ``transfer/coordinator``, to read how
a byte travels at ``copying/stream``.
"""
