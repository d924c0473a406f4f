"""試算: what would have to hold for a target to be met, by a model that is stated in full.

No forecast: the officer chooses the assumptions, the page says what follows from them.
"""
