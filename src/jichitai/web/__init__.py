"""Page shell, forms, components, problems, sessions: a toolkit that knows no domain."""
