"""The workshop for programs: the same use cases as the pages, in JSON."""
