"""The HTTP side of the OSS server: reads requests, asks the rules, writes replies."""
