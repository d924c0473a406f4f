"""指標の状況: every indicator over time and by place, down to the evidence of one body.

The same pages stand inside the ministry and in public; the public ones leave out what a body has
only drafted, and nobody's contact.
"""
