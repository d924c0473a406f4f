"""交付窓口: a town issues, writes and hands over a card's chip, and takes reports of its loss."""
