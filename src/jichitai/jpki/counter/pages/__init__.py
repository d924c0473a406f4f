"""Pages of the counter that issues cards: work list, a person's cards, application, hand-over."""
