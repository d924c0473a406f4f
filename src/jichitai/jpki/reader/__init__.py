"""Reading the card: virtual and real readers, what a program asks of a card, and the local agent."""
