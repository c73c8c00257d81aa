"""What services send: how messages are wrapped, what OSS tells of, what the HTTP trigger brings.

Knows no field of an event that people write; that is the room ``events`` above.
"""
