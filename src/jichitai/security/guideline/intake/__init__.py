"""Catalogues that come in from files, and go out as files: CSV, Excel, OSCAL JSON, CISO YAML.

A file with a fault is not taken in at all: clauses hang on the items, so half a catalogue would
make wrong gaps. Every fault says where, why and what to do.
"""
