"""Regimes: sources of many kinds, each copied by ossferry with default settings, by the published
approach, and in thought by somebody who wastes nothing.
"""
