"""Moves anything that a URL can reach into Alibaba Cloud OSS, and proves that it arrived."""
