"""What must be so, one plug-in a file: what is looked at, how it is judged, and what puts it right."""
