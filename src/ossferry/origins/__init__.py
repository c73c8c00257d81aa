"""How objects of other clouds are asked for: signed URLs, listings, checksums.

Pure but for the listing. It does not know what is copied, or where to.
"""
