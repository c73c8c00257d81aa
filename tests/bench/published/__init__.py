"""The published approach as a function of its own, deployed beside ours to compare with."""
