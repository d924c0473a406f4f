"""Plays the planned year over HTTP, as the people do it: clerks, approvers, officers, residents."""
