"""What is no formula, and where: the tables are the grammar's documentation from outside."""

import pytest

from service.errors import FormulaSyntax, UnknownFunction
from service.formula import parse
from tests.formula.mistakes import cases

# The caret stands under the character that the error is about, or after the last word where one is missing.
MISTAKES = """
y ~ x z
      ^ Expected an operator such as `+` between `x` and `z`.
y ~ x +
       ^ Expected a term after `+`, found the end of the formula.
y ~ x +   # comment
       ^ Expected a term after `+`, found the end of the formula.
y ~ x + * z
        ^ Expected a term after `+`, found `*`.
y ~ x, z
     ^ Expected an operator such as `+` after `x`, found `,`.
y ~ x | g
      ^ A random term stands in parentheses: `(1 | g)`.
y ~ 1|g
     ^ A random term stands in parentheses: `(1 | g)`.
y ~ x || g
      ^ A random term stands in parentheses: `(x || g)`.
y ~ (1 || )
          ^ Expected a grouping factor after `||`: `(1 | g)`.
y ~ ( | g)
      ^ Expected terms before `|`: `(1 | g)`.
y ~ (1 | g | h)
           ^ A random term has one bar; another factor is a term of its own: `(1 | a) + (1 | b)`.
y ~ (1 | g
    ^ This parenthesis is not closed: expected `)`.
y ~ ((x + z)
    ^ This parenthesis is not closed: expected `)`.
y ~ x + z)
         ^ No parenthesis is open here.
y ~ ()
     ^ Expected a term inside the parentheses.
y ~ (x z)
       ^ Expected an operator or `)` after `x`, found `z`.
y ~ (x ~ z)
       ^ A formula has one `~`.
y ~ x ~ z
      ^ A formula has one `~`.
y ~ ~ x
    ^ Expected a term after `~`, found `~`.
~ x
^ The formula has no response: expected a column before `~`.
y
 ^ The formula has no `~`: expected `response ~ predictors`.
y ~
   ^ The formula has no right-hand side; without predictors it is `~ 1`.
y = x
  ^ Found `=`; a formula has `~` between the response and the predictors.
y ~ x = z
      ^ `=` has no meaning here; `~` stands between the two sides.
1 ~ x
^ The response must be a column or a calculation with one.
cbind(a, 1) ~ x
         ^ The response must be a column or a calculation with one.
cbind() ~ x
      ^ Expected a column or a number after `(`, found `)`.
cbind(a, ) ~ x
         ^ Expected a column or a number after `,`, found `)`.
cbind(a b) ~ x
        ^ Expected an operator or `)` after `a`, found `b`.
cbind(a, b ~ x
           ^ A call cannot contain another formula.
cbind(a, b
     ^ This parenthesis is not closed: expected `)`.
cbind(a, b) + 1 ~ x
            ^ Expected `~` after the response, found `+`.
cbind(a, b)
           ^ The formula has no `~`: expected `response ~ predictors`.
. ~ x
^ `.` stands for all other columns outside of calls only.
offset(y) ~ x
^ An offset stands on its own among the terms: `y ~ x + offset(z)`.
y z ~ x
  ^ Expected `~` after the response, found `z`.
(1 | g) + y ~ x
   ^ `|` has no meaning here; a random term stands among the terms: `y ~ x + (1 | g)`.
y ~ 2 * x
    ^ A number among terms is 1 or 0, the intercept; arithmetic stands inside I(): `I(2 * x)`.
y ~ x^z
      ^ Expected a whole number after `^`; a power of a column is written `I(x^2)`.
y ~ x^0
      ^ The power of a term is a whole number, at least 1.
y ~ x^2^2
       ^ A power of a power is not available.
y ~ x == 1
      ^ A comparison stands inside I(): `I(x > 1)`.
y ~ x %% 2
      ^ Arithmetic with columns stands inside I(): `I(x %% 2)`.
y ~ "x"
    ^ A text in quotes is no term; a name with blanks stands in backticks.
'y ~ x'
^ A text in quotes is no value here; a name with blanks stands in backticks.
y ~ TRUE
    ^ `TRUE` is not a term; a column of that name stands in backticks.
y ~ NULL + x
    ^ `NULL` is not a term; a column of that name stands in backticks.
y ~ d$x
     ^ A column is named directly: `x`, not `d$x`.
y ~ d@x
     ^ A column is named directly, without `@`.
y ~ x[1]
     ^ A formula cannot pick rows or elements; send the rows to fit and name whole columns.
y ~ {x}
    ^ A formula is one expression, without braces.
y ~ x; z
     ^ A formula is one expression; nothing can follow it after `;`.
y ~ \\(x) x
    ^ A backslash has a meaning inside backticks or quotes only.
y ~ lambda x: x
           ^ Expected an operator such as `+` between `lambda` and `x`.
y ~ I()
    ^ I() needs the argument `x`.
y ~ I(2)
    ^ This call names no column.
y ~ I(x z)
        ^ Expected an operator or `)` after `x`, found `z`.
y ~ I(x +)
         ^ Expected a column or a number after `+`, found `)`.
y ~ I(x
     ^ This parenthesis is not closed: expected `)`.
y ~ I((x)
     ^ This parenthesis is not closed: expected `)`.
y ~ I(x & z)
        ^ `&` is not available; multiply comparisons: `I((a > 1) * (b > 1))`.
y ~ I(!x)
      ^ `!` is not available; turn the comparison round: `I(a <= 1)`.
y ~ I(x<-1)
       ^ `<-` would be an assignment; put a blank between `<` and `-`.
y ~ I(0 < x < 1)
            ^ Comparisons cannot be chained; put one of them in parentheses.
y ~ I(x:z)
       ^ Inside a call `:` would be a sequence, which is not available; an interaction stands outside: `log(a):b`.
y ~ log(.)
        ^ `.` stands for all other columns outside of calls only.
y ~ log(x + offset(z))
            ^ An offset stands on its own among the terms: `y ~ x + offset(z)`.
y ~ I(x == "a")
           ^ A text in quotes is no value here; a name with blanks stands in backticks.
y ~ I(x * NA)
          ^ `NA` is not allowed here; a column of that name stands in backticks.
y ~ I(x * TRUE)
          ^ `TRUE` is not allowed here; a column of that name stands in backticks.
y ~ I(x ~ z)
        ^ A call cannot contain another formula.
y ~ log(x, )
           ^ Expected a column or a number after `,`, found `)`.
y ~ log(, x)
        ^ Expected a column or a number after `(`, found `,`.
y ~ log(x, 2, 3)
              ^ log() has too many arguments; it takes x, base.
y ~ log(z, x = x)
        ^ `base` of log() takes a number.
y ~ log(x, bas = 2)
           ^ log() has no argument `bas`; it takes x, base.
y ~ log(x, base = 2, base = 3)
                     ^ The argument `base` is given twice.
y ~ log(x, base = z)
                  ^ `base` of log() takes a number.
y ~ log(TRUE)
        ^ `x` of log() takes a column or a calculation with columns.
y ~ poly(x, TRUE)
            ^ `degree` of poly() takes a number.
y ~ poly(x, 2, raw = 1)
                     ^ `raw` of poly() takes TRUE or FALSE.
y ~ poly(x, z)
            ^ `degree` of poly() takes a number.
y ~ ns(x, knots = z)
                  ^ `knots` of ns() takes a number or several: c(1, 2).
y ~ ns(x, df = c(1, 2))
               ^ `df` of ns() takes a number.
y ~ ns(x, knots = c())
                    ^ Expected a column or a number after `(`, found `)`.
y ~ ns(x, knots = c(1, z))
                       ^ c() takes numbers only.
y ~ scale(x, center = z)
                      ^ `center` of scale() takes TRUE, FALSE or a number.
y ~ factor(f, levels = c(1, 2))
              ^ factor() has no argument `levels`; it takes x.
y ~ I(x * 1e999)
          ^ This number is too large.
"""

UNKNOWN = """
y ~ lg(x)
    ^ There is no function `lg` here; did you mean `log`?
y ~ sqroot(x)
    ^ There is no function `sqroot` here; did you mean `sqrt`?
y ~ I(x - mean(x))
          ^ There is no function `mean` here; scale(x, scale = FALSE) is x less its mean.
y ~ mystery(x)
    ^ There is no function `mystery` here.
y ~ x + C(g)
        ^ There is no function `C` here; use factor(); how it is coded is the option `contrasts`.
y ~ np.log(x)
    ^ There is no function `np.log` here; use log().
y ~ mgcv::s(x)
    ^ There is no function `mgcv::s` here.
y ~ x + stats::z
        ^ There is no function `stats::z` here.
y ~ splines::poly(x)
    ^ There is no function `splines::poly` here.
lme4::lmer ~ x
^ There is no function `lme4::lmer` here.
y ~ os::system(x)
    ^ There is no function `os::system` here.
y ~ function(x) x
    ^ There is no function `function` here; functions cannot be defined in a formula.
y ~ cbind(a, b)
    ^ There is no function `cbind` here; cbind() only stands as the whole left side: `cbind(a, b) ~ x`.
log(cbind(a, b)) ~ x
    ^ There is no function `cbind` here; cbind() only stands as the whole left side: `cbind(a, b) ~ x`.
cbind(a, cbind(b, c)) ~ x
         ^ There is no function `cbind` here; cbind() only stands as the whole left side: `cbind(a, b) ~ x`.
y ~ (cbind(a, b) | g)
     ^ There is no function `cbind` here; cbind() only stands as the whole left side: `cbind(a, b) ~ x`.
base::cbind(a, b) ~ x
^ There is no function `base::cbind` here.
y ~ I(c(1, 2) * x)
      ^ There is no function `c` here; c() only stands as an argument's value: `knots = c(1, 2)`.
glmer(y ~ x + (1 | g), family = binomial)
^ There is no function `glmer` here; only linear models, lmer(), can be fitted.
"""


@pytest.mark.parametrize(("text", "position", "message"), cases(MISTAKES))
def test_mistake_is_named_and_placed(text: str, position: int, message: str) -> None:
    with pytest.raises(FormulaSyntax) as caught:
        parse(text)
    assert [(fault.position, fault.message) for fault in caught.value.faults] == [(position, message)]


@pytest.mark.parametrize(("text", "position", "message"), cases(UNKNOWN))
def test_unknown_function_is_named_and_placed(text: str, position: int, message: str) -> None:
    with pytest.raises(UnknownFunction) as caught:
        parse(text)
    assert [(fault.position, fault.message) for fault in caught.value.faults] == [(position, message)]
