"""What a list asks for: bytes of any known format become rows, one by one, in constant memory.

Imports only words. It fetches nothing and judges no URL beyond its scheme; who reads a list hands
in its bytes, and decides what becomes of rows that cannot be read.
"""
