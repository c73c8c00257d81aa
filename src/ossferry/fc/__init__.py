"""This function, invoked by itself, through the SDKs of both generations of Function Compute.

The one room that imports fc2 and the SDK of FC 3.0. It knows jobs as bytes, and results.
"""
