"""Values and rules of a policy: its states, its text, the interview, drafting, merging, gaps."""
