"""What is wrong with a deployment, found from outside: each finding a sentence, with a remedy.

Nothing is changed. The function is invoked to see what its role may do, with events that write
nothing; everything else is looked up.
"""
