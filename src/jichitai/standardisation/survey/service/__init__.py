"""Use cases of the survey at the ministry."""
