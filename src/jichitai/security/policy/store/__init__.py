"""SQL of the policies: schema `security`, tables `policy_*`; all rows of one body at a time."""
