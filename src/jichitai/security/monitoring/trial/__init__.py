"""腕試し: attacks and harmless look-alikes are planted, and the rules must find the one only."""
