"""One more program over the outputs of many items: when so many are done, or all of a job's.

Which items belong together, and which make the next batch, each of them in exactly one. Nobody
coordinates: whoever is done with an item counts. How a program is run is known elsewhere.
"""
