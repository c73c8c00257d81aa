"""Function Compute as the command asks it, of both generations, without their SDKs.

Those take half a second to import; what is asked here is five requests, signed by hand.
"""
