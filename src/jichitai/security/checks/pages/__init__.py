"""Pages of checks: rounds, answers, corrections, exceptions, risks."""
