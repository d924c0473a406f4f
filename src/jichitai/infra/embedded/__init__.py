"""Servers that come with the product: PostgreSQL and NATS under our own launcher.

Each server lives in one private directory, listens on loopback only, is a child of the process
that started it, and never outlives it.
"""
