"""Write the OpenAPI document to a file, at build time: generate_openapi.py FILE."""

import sys
from pathlib import Path

from app import app
from openapi import document

if __name__ == "__main__":
    Path(sys.argv[1]).write_text(document(app), encoding="utf-8")
