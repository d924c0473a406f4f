"""SQL of the schema `register`. Functions take a transaction and never commit."""
