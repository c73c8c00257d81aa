"""What a copy would take, before it is asked for: what a source says, how fast it is from here, and
what that comes to in parts, seconds, requests and money. Nothing is written, and nothing copied.
"""
