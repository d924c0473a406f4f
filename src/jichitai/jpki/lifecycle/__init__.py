"""失効: certificates follow the record of persons, the holders' wishes, and the calendar."""
