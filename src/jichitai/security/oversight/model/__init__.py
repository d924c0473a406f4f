"""Rules of 見守り: standings, rates, survey forms, the words of letters."""
