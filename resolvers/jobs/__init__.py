"""Long work on request: many merges, or the undo of all that a job merged, worked on piece by piece."""
