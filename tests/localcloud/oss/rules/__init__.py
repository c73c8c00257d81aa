"""What OSS allows, refuses and remembers, as plain objects: nothing here knows HTTP servers."""
