"""Our own house: what this software is made of, and which controls it helps to meet."""
