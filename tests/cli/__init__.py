"""The command ``ossferry``: what it asks, what it shows, and whole runs against local clouds."""
