"""Monitoring on pages."""
