"""調査: rounds that ask 1,788 bodies how far their migration is, and what comes back."""
