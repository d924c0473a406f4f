"""Rules of the events, one module for each group of events."""
