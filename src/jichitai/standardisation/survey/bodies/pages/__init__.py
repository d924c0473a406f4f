"""調査への回答: pages of a body."""
