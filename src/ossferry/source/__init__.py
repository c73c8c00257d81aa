"""What a source is before a byte of it is copied: probed, known again, expected, expiring.

It reads through ``copying``. It knows no bucket, no upload and no settings.
"""
