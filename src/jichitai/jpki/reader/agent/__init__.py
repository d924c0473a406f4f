"""The card agent: a small web server on a person's own computer that alone sees the PIN.

It listens on the loopback interface only, works for the sites that its start named and for no
others, and speaks as `agent_protocol` says. Nothing that a person types is kept or logged.
"""
