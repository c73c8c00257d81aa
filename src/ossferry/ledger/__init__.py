"""What a job of many items keeps in OSS: its head, results of its items, and the report of them.

Knows how jobs are gone on with and who has the say; not where items come from, nor who copies them.
"""
