"""How the database of an earlier version becomes one of this: a step for each change, run when the service starts."""
