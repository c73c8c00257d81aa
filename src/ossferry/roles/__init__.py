"""Roles of other accounts, which the function's own role assumes at STS to ask for their buckets.

It knows STS and keys that end. It knows no OSS, and nothing of what is done with a bucket.
"""
