"""What came of a transfer or of a job, drawn: one page that needs nothing else, and a trace.

All of it is pure: ``document.read`` takes the bytes of report.json, ``page.page``, ``trace.trace``
and ``verdict.verdict`` make text of what it gives. Nothing here asks OSS or Function Compute.
"""
