"""Documents, structure, deployment files and packages, each held against the code."""
