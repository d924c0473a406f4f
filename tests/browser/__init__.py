"""A real browser for tests: Chromium of the system, axe-core, a small server of pages."""
