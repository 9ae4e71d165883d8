"""The words that every capability shares, and the ports behind which they are kept."""
