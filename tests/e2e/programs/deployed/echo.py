"""A program that writes down what it was asked."""

from __future__ import annotations

import json
import sys

with open(f"{sys.argv[1]}/arguments.json", "w") as file:
    json.dump(sys.argv[2:], file)
