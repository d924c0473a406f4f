"""Pure values of the field: codes, numbers, dates, names, addresses, kinds of refusal. No I/O."""
