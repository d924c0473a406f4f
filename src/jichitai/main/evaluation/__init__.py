"""Parts of the policy evaluation, tier by tier."""
