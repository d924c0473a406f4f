"""What every domain stands on: database, messages, keys, audit, settings, clock."""
