"""Use cases of the counter, by who acts: the clerk, the terminal with the writer, the nation."""
