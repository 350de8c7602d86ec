"""How large a formula may be: what keeps every answer of this room within milliseconds.

The limits are far above what people write and are checked while reading and expanding, never afterwards.
"""

CHARACTERS = 10_000
"""Length of a formula's text."""

NESTING = 40
"""Depth of parentheses; every recursion of this room ends here."""

OPERATORS = 100
"""Arithmetic operators in one variable: `I(a + b + c)` has two."""

TERMS = 5_000
"""Terms one formula may expand to."""

STEPS = 200_000
"""Pairs of terms the algebra may look at, and labels it may write, in one formula."""
