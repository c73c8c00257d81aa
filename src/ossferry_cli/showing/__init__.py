"""What people and programs see: a line that is redrawn in a terminal, lines now and then in a
pipe, JSON where it is asked for. Results are on stdout, all else on stderr.
"""
