"""What lies below a prefix of a bucket: listed ahead of whoever takes it, in constant memory,
which of it is wanted, and what of it is at the target already.

It knows pages and entries. It knows no bucket, no item of a job, and copies nothing.
"""
