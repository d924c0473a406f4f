"""SQL of the progress: what is added, and what is counted as known at a moment."""
