"""Use cases of the policy workshop, in the order in which a policy passes through them."""
