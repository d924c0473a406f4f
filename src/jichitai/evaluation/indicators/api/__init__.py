"""Indicators for programs: the same use cases as the pages."""
