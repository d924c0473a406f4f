"""OSCAL 1.2.1: the guideline, its profiles and a body's own statements as machine-readable files.

Builders are pure: values in, a document out, the same bytes for the same values.

Source: NIST OSCAL 1.2.1.
"""
