"""SQL of 見守り and of a body's inbox."""
