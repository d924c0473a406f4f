"""SQL of provision: answering, registered bodies, reading records."""
