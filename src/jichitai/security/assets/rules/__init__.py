"""The rules of separation, checked on a body's picture; each finding names rule, place, remedy.

What a rule is called, from when it holds and what to do is a row of `security_network_rules.csv`;
what it looks for is a function here.
"""
