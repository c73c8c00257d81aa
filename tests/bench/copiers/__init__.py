"""The ways of copying that are compared: each a program that copies once and measures itself."""
