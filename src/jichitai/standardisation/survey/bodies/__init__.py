"""A body's side of the survey: what it is asked, its draft, what it sent, what came back."""
