"""A prefecture's side of the survey: it reads what its members answer, and says so or gives back."""
