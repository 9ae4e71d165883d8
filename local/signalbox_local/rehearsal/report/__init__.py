"""The page of a rehearsal: figures, plots on one time axis, and the timeline; no script, one file."""
