"""Use cases of checks: rounds, answers, evidence, corrections, exceptions, risks, files."""
