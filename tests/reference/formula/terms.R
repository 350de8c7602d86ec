# Writes terms.json: what R's terms() and lme4's findbars() make of formulas of every kind.
# Run here: Rscript terms.R

library(jsonlite)
suppressMessages(library(lme4))

columns <- c("y", "a", "b", "g", "c c")
frame <- setNames(as.data.frame(matrix(1, 2, length(columns))), columns)

fixed <- c(
  # sums and the intercept
  "y ~ x", "y ~ 1", "y ~ 0", "y ~ x - 1", "y ~ -1 + x", "y ~ 0 + x", "y ~ x + 0", "y ~ 0 + x + 1", "y ~ 1 - 1",
  "y ~ x + 1", "y ~ +x", "y ~ -x", "y ~ -0", "y ~ a - -1", "y ~ -(-1)", "y ~ a - 0 - 1 + 1", "y ~ -1 + -1",
  "y ~ +0 + x", "y ~ (0 + a) + b", "y ~ x + x", "y ~ x - x", "y ~ a + b - a", "y ~ a - b", "y ~ a - (a + b)",
  "y ~ a - b + b", "y ~ a - b + b - b", "y ~ a + (b - a)", "y ~ (((x)))", "y ~ -a + b", "y ~ a + -b", "y ~ -(a + b) + a",
  "y ~ (b + a) - (a - a)", "y ~ a + b + c + b + a", "y ~ x - 1 + 0", "y ~ a - (b - 1)", "y ~ a + (1 - 1)",
  # interactions
  "y ~ a:b", "y ~ b:a", "y ~ b:a + a", "y ~ a + b:a", "y ~ a:a", "y ~ a:b:c", "y ~ a:b:c + c:b:a + b:a",
  "y ~ a:(b + c)", "y ~ (a + b):(c + d)", "y ~ (1 + a):b", "y ~ (a - 1):b", "y ~ a:b + a", "y ~ a - a:b",
  "y ~ a:b - b:a", "y ~ -a:b + a:b + a", "y ~ (-a):b + c", "y ~ c:a + b:c + a:b", "y ~ a:b + c + d:a:b + b",
  # crossing
  "y ~ a * b", "y ~ b * a", "y ~ a * b * c", "y ~ a * b - a", "y ~ a * b - a:b", "y ~ a * a", "y ~ (a + b) * (c + d)",
  "y ~ (1 + a) * b", "y ~ a * b:c", "y ~ a * (b + c)", "y ~ (a + b - a) * c", "y ~ a * b + c * d", "y ~ a * b * c - a:b:c",
  "y ~ a * -b", "y ~ -a * b", "y ~ (a - a) * b", "y ~ (a * b) * (a * c)", "y ~ a * b:c * d",
  # nesting
  "y ~ a/b", "y ~ a/b/c", "y ~ (a + b)/c", "y ~ a/(b + c)", "y ~ a/(b * c)", "y ~ (a + b)/(c + d)", "y ~ a/a", "y ~ a/b:c",
  "y ~ a/b * c", "y ~ a * b/c", "y ~ a/b + b/a", "y ~ (a * b)/c", "y ~ a/(b - b)", "y ~ (a - a)/b", "y ~ a/b - a", "y ~ (a/b)/(c/d)",
  "y ~ a %in% b", "y ~ a + b %in% a", "y ~ (a + b) %in% (c + d)", "y ~ a %in% a", "y ~ a %in% (b + c)", "y ~ (a * b) %in% c",
  "y ~ a %in% b:c", "y ~ a:b %in% c", "y ~ a * b %in% c", "y ~ a %in% b/c", "y ~ a %in% b %in% c", "y ~ a %in% (b - b)",
  # powers
  "y ~ (a + b)^2", "y ~ (a + b + c)^2", "y ~ (a + b + c)^3", "y ~ (a + b)^3", "y ~ (a + b + c)^2 - a:b",
  "y ~ (a + b + c + d)^2 - (a + b)^2", "y ~ (a + b + a:b)^2", "y ~ a^2", "y ~ x + x^2", "y ~ (a + b)^2:c", "y ~ a^2:b",
  "y ~ a^2 * b", "y ~ (c + a:b + d)^3", "y ~ (a + b + c + d)^4", "y ~ (a * b + c)^2", "y ~ (a + b + 1)^2", "y ~ (a - 1 + b)^2",
  "y ~ (d + c + b + a)^3", "y ~ (a:b + c:d + a)^2", "y ~ (a/b + c)^2", "y ~ -(a + b)^2 + a", "y ~ (a + b)^10",
  # calls, names and numbers
  "y ~ log(x)", "log(y) ~ x", "y/2 ~ x", "I(y/2) ~ x", "(y + 1) * 2 ~ x", "scale(y) ~ x", "-y ~ x", "y ~ log(a):b + log(a)",
  "y ~ I(x^2) + x", "y ~ I(x+1)", "y ~ I( x * 2 )", "y ~ I(-x)", "y ~ I(- -x)", "y ~ I(a/b)", "y ~ I(a%%b)", "y ~ I(a%/%b)",
  "y ~ I(a- -b)", "y ~ I((a+b)*2)", "y ~ I(-a^2)", "y ~ I((-a)^2)", "y ~ I(2^-a)", "y ~ I(a^b^2)", "y ~ I(a == 1)",
  "y ~ I(a>=b+1)", "y ~ I(x*1e-3)", "y ~ I(x*100000)", "y ~ I(x*123456)", "y ~ I(x+.5)", "y ~ I(x+2L)", "y ~ I(x+0x10)",
  "y ~ I(x/1e5)", "y ~ I(x*0.0001)", "y ~ I(x+0.10)", "y ~ I(x*1e4)", "y ~ I(x*12e3)", "y ~ I(x*1e15)", "y ~ I(x*1e300)",
  "y ~ I(x*0.1234567890123456789)", "y ~ I(x*33.333333333333336)", "y ~ I(x*123456789012)", "y ~ I(x+1e5L)", "y ~ I(x+0)",
  "y ~ I(x*1234567.5)", "y ~ I(x*0.00012)", "y ~ log(x,2)", "y ~ log(x,base=2)", "y ~ log(x+1,base=10)",
  "y ~ poly(Days,2)", "y ~ poly(Days,2,raw=TRUE)", "y ~ poly(Days,degree=3)", "y ~ ns(x,df=3)", "y ~ ns(x,knots=c(1,2.5))",
  "y ~ bs(x,df=5,degree=2)", "y ~ scale(x)", "y ~ scale(x,scale=FALSE)", "y ~ scale(x,center=-1)", "y ~ factor(f) + sqrt(x)",
  "y ~ as.factor(f):x", "y ~ log(log(x))", "y ~ `pct of total` + x", "y ~ `x`:b", "y ~ `if` + x", "y ~ `TRUE`", "y ~ `_a` + `.2b`",
  "y ~ `a\\`b`", "y ~ `a\\\\b`", "y ~ a.b + .c + a_b", "y ~ log(`a b` + 1)", "`my y` ~ x", "y ~ \u00e9t\u00e9 * x", "y ~ T + x",
  # offsets and the response
  "y ~ offset(z)", "y ~ x + offset(z)", "y ~ a + offset(z) + offset(log(w))", "y ~ x + offset(10 * z) - 1", "y ~ (x + offset(z))",
  "log(y) ~ y + x",
  # several responses
  "cbind(a, b) ~ x", "cbind(log(a), b) ~ x * z", "cbind(a,I(b^2),-c,`r s`) ~ 0 + x", "cbind(a, b) ~ a + x",
  "cbind(a/w, (b + 1) * 2) ~ x + offset(w)"
)

with_data <- c("y ~ .", "y ~ . - a", "y ~ .^2", "log(y) ~ .", "y ~ . + a", "y ~ .:a", "y ~ a * .", "y ~ .:.", "y ~ a + .",
               "y ~ . - 1", "y ~ a:. - b", "y + a ~ .", "y ~ (.)^2", "y ~ . + .", "y ~ -a + .", "y ~ ./a",
               "cbind(y, a) ~ .", "cbind(log(y), b / g) ~ . - a")

random <- c(
  "y ~ (1 | g)", "y ~ x + (1 | g)", "y ~ (x | g)", "y ~ (0 + x | g)", "y ~ (x - 1 | g)", "y ~ (a * b | g)", "y ~ (a:b | g)",
  "y ~ (b:a + a | g)", "y ~ ((a + b)^2 | g)", "y ~ (x || g)", "y ~ (0 + x || g)", "y ~ (a * b || g)", "y ~ (a + b || g)",
  "y ~ (log(x) || g)", "y ~ (I(x^2) + x || g)", "y ~ (factor(x) || g)", "y ~ (a + b - a || g)", "y ~ (x | g) + (1 | h)",
  "y ~ (1 | g) + x + (1 | h)", "y ~ (a + b || g) + (1 | h)", "y ~ (1 | g) + (0 + x | g)", "y ~ ((1 | g))", "y ~ (x + (1 | g))",
  "y ~ (x | g) - 1", "y ~ 0 + (1 | g)", "y ~ (1 | a/b)", "y ~ (1 | a/b/c)", "y ~ (x || a/b)", "y ~ (1 | a:b)", "y ~ (1 | a:b:c)",
  "y ~ (1 | a/(b:c))", "y ~ (1 | factor(g))", "y ~ (poly(x, 2) | g)", "y ~ (1 | a/b) + (1 | c)", "y ~ x * z + (x * z | g)",
  "y ~ (1 | `my group`)", "y ~ (scale(x) | `my group`/h)", "y ~ (1 | g) - x + z", "y ~ (1 + x + 1 | g)",
  # names of nested factors
  "y ~ (1 | a/b/c/d)", "y ~ (1 | a:b:c:d)", "y ~ (1 | (a:b):c)", "y ~ (1 | a:(b:c))", "y ~ (1 | a:(b:c):d)",
  "y ~ (1 | a/b:c)", "y ~ (1 | a/b:c:d)", "y ~ (1 | a/(b:c:d))", "y ~ (1 | a/b/(c:d))", "y ~ (1 | a/(b:c)/d)",
  "y ~ (1 | `my group`/a/b)", "y ~ (1 | a:`my group`)", "y ~ (x + f || a/b/c)",
  "y ~ (1 | a/b) + (0 + x | b:a)", "y ~ (1 | a/b) + (0 + x | a:b)", "y ~ (1 | a/b/c) + (0 + x | c:b:a)",
  # parts of a double bar
  "y ~ (x + f || g)", "y ~ (0 + f || g)", "y ~ (x * f || g)", "y ~ (poly(x, 2) || g)", "y ~ (0 + x + f:h || g)"
)

print_as_r <- function(expression) deparse(expression, width.cutoff = 500, backtick = TRUE)

describe <- function(text, ...) {
  terms <- terms(as.formula(text), ...)
  variables <- vapply(as.list(attr(terms, "variables"))[-1], print_as_r, "")
  list(formula = text,
       text = print_as_r(formula(terms)),
       response = variables[1],
       intercept = attr(terms, "intercept") == 1,
       terms = I(attr(terms, "term.labels")),
       offsets = I(variables[attr(terms, "offset")]))
}

joined <- function(group) {
  if (is.call(group) && as.character(group[[1]]) %in% c(":", "(")) unlist(lapply(as.list(group)[-1], joined))
  else print_as_r(group)
}

describe_bar <- function(bar) {
  terms <- terms(eval(substitute(~ x, list(x = bar[[2]]))))
  list(terms = I(attr(terms, "term.labels")),
       intercept = attr(terms, "intercept") == 1,
       group = I(joined(bar[[3]])),
       name = deparse1(bar[[3]]))
}

describe_random <- function(text) list(
  formula = text,
  text = print_as_r(as.formula(text)),
  fixed = I(attr(terms(nobars(as.formula(text))), "term.labels")),
  intercept = attr(terms(nobars(as.formula(text))), "intercept") == 1,
  random = lapply(findbars(as.formula(text)), describe_bar)
)

writeLines(toJSON(list(
  versions = list(R = as.character(getRversion()), lme4 = as.character(packageVersion("lme4"))),
  columns = columns,
  fixed = lapply(fixed, describe),
  with_data = lapply(with_data, describe, data = frame),
  random = lapply(random, describe_random)
), auto_unbox = TRUE, pretty = TRUE), "terms.json")
