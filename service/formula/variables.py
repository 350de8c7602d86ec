"""What an expression is about: the columns it names."""

from collections.abc import Iterator

from service.formula.expression import Binary, Call, Expression, Name, Parenthesis, Unary, Vector


def names_in(expression: Expression) -> Iterator[Name]:
    """The names of columns in an expression, from left to right, repeated as they are."""
    match expression:
        case Name():
            yield expression
        case Unary(operand=inner) | Parenthesis(inner=inner):
            yield from names_in(inner)
        case Binary(left=left, right=right):
            yield from names_in(left)
            yield from names_in(right)
        case Vector(items=items):
            for item in items:
                yield from names_in(item)
        case Call(arguments=arguments):
            for argument in arguments:
                yield from names_in(argument.value)
        case _:
            return


def has_column(expression: Expression) -> bool:
    """Whether any column is named in an expression."""
    return next(names_in(expression), None) is not None
