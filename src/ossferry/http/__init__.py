"""HTTP/1.1 as a client, strictly: a reply is what RFC 9112 makes of it, or it is none.

Names resolved and judged, connections kept, heads parsed, bodies read into a caller's buffer. It
knows neither ranges nor sources nor OSS. A child loads it, so it needs no library of HTTP.
"""
