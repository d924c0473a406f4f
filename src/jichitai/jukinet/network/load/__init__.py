"""Initial load: a town's signed identity file taken in by COPY, at prefecture and nation."""
