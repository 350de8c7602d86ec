"""Profile likelihood: which values of a parameter the data do not contradict, whatever the others are."""
