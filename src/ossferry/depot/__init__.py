"""Dependencies and data as zips in OSS, unpacked to folders once per instance.

Only an initializer loads this. It reads through ``copying``, and never writes to OSS.
"""
