"""The words and rules of the business: no I/O, no clock, standard library only."""
