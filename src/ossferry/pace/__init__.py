"""How much is given to whom: parts on a grid, streams, children, and the connections of all.

What is measured decides, all the time, up and down. Nothing here copies or waits.
"""
