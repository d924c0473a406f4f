"""Rules of 照会と督促: whose work a letter is about, its words, what a returned file holds."""
