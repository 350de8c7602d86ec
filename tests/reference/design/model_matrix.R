# Writes model_matrix.json: what R's model.matrix, predict and lme4 make of small tables.
# Run in this folder: Rscript model_matrix.R  (R 4.2.2, lme4 1.1-31, jsonlite 1.8.4)

library(splines)
suppressPackageStartupMessages(library(lme4))

mixed <- data.frame(
  y = c(4.1, 5.3, 2.2, 7.9, 6.4, 3.3, 8.1, 5.0, 4.7, 6.6, 2.9, 7.2, 5.8, 3.7),
  x = c(1.2, 3.4, 0.7, 5.1, 4.4, 2.8, 9.6, 6.3, 1.9, 7.7, 0.3, 8.2, 3.9, 5.5),
  z = c(-2, 1, 0, 3, -1, 2, 5, -4, 1, 0, 2, -3, 4, 1),
  k = c(10, 2, 1, 2, 10, 1, 1, 2, 10, 10, 2, 1, 2, 1),
  f = c("a", "b", "c", "a", "b", "c", "a", "a", "b", "a", "c", "b", "a", "a"),
  g = c("u", "v", "v", "u", "u", "v", "v", "u", "v", "v", "u", "u", "u", "v"),
  h = c("p", "q", "r", "s", "p", "q", "r", "s", "q", "p", "p", "s", "r", "q"),
  l = c(TRUE, FALSE, FALSE, TRUE, TRUE, FALSE, TRUE, FALSE, FALSE, TRUE, FALSE, TRUE, TRUE, FALSE)
)
mixed[["pct of total"]] <- mixed$x / 10
mixed[["odd f"]] <- mixed$f

gaps <- mixed
gaps$x[c(3, 9)] <- NA
gaps$z[5] <- NA
gaps$f[c(6, 11)] <- NA
gaps$f[3] <- "only here, and dropped"
gaps$l[2] <- NA

new <- data.frame(
  x = c(-3, 0.3, 2.5, 5, 9.6, 14), z = c(0, 7, -6, 2, 1, 3), k = c(1, 2, 10, 2, 1, 10),
  f = c("c", "a", "b", "b", "a", "a"), g = c("v", "u", "u", "v", "v", "v"), h = c("s", "p", "q", "r", "r", "s"),
  l = c(TRUE, TRUE, FALSE, TRUE, TRUE, TRUE)
)
tables <- list(mixed = mixed, gaps = gaps, new = new)

columns_of <- function(matrix) lapply(seq_len(ncol(matrix)), function(j) unname(matrix[, j]))

matrix_of <- function(formula, table = "mixed", contrasts = NULL) {
  frame <- model.frame(as.formula(formula), tables[[table]], drop.unused.levels = TRUE)
  schemes <- lapply(contrasts, function(scheme) paste0("contr.", scheme))
  X <- model.matrix(terms(frame), frame, contrasts.arg = if (length(schemes)) schemes)
  list(formula = formula, table = table, contrasts = contrasts, names = I(colnames(X)), columns = columns_of(X))
}

prediction_of <- function(formula, table = "mixed") {
  frame <- model.frame(as.formula(formula), tables[[table]], drop.unused.levels = TRUE)
  predictors <- delete.response(terms(frame))
  X <- suppressWarnings(model.matrix(predictors, model.frame(predictors, new, xlev = .getXlevels(predictors, frame))))
  list(formula = formula, table = table, columns = columns_of(X))
}

groups_of <- function(formula, table = "mixed") {
  no_checks <- lmerControl(
    check.nobs.vs.nlev = "ignore", check.nobs.vs.rankZ = "ignore", check.nobs.vs.nRE = "ignore",
    check.nlev.gtr.1 = "ignore"
  )
  frame <- lFormula(as.formula(formula), tables[[table]], control = no_checks)$fr
  random <- mkReTrms(findbars(as.formula(formula)), frame, reorder.terms = FALSE)
  list(
    formula = formula, table = table,
    groups = lapply(random$flist, function(g) list(levels = I(levels(g)), codes = as.integer(g) - 1L)),
    terms = lapply(seq_along(random$cnms), function(i) {
      list(group = names(random$cnms)[i], names = I(random$cnms[[i]]))
    }),
    thetas = length(random$theta)
  )
}

fixed <- c(
  "y ~ 1", "y ~ x", "y ~ 0 + x", "y ~ x + z + x:z", "y ~ x * z * k",
  "y ~ f", "y ~ 0 + f", "y ~ l", "y ~ 0 + l", "y ~ f + g", "y ~ 0 + f + g", "y ~ 0 + x + f", "y ~ 0 + l + f",
  "y ~ f * g", "y ~ f:g", "y ~ 0 + f:g", "y ~ f + f:g", "y ~ g + f:g", "y ~ 0 + f + f:g", "y ~ f * h", "y ~ f:h",
  "y ~ f:g + g:l", "y ~ f:g + f:l", "y ~ f * g * l", "y ~ (f + g + l)^2", "y ~ f:g:l", "y ~ f + g:l", "y ~ f/g",
  "y ~ x:f", "y ~ x:f - 1", "y ~ x * f", "y ~ 0 + x + x:f", "y ~ f/x", "y ~ f/x - 1", "y ~ x + f:x + g:x",
  "y ~ x:f + f:g", "y ~ f:x:g", "y ~ x:f:g + f", "y ~ x:l", "y ~ l:f", "y ~ x:z:f", "y ~ x:g + z:g", "y ~ f %in% g",
  "y ~ `pct of total` * `odd f`",
  "y ~ factor(k)", "y ~ factor(k) * x", "y ~ as.factor(k):factor(f)", "y ~ factor(l)", "y ~ factor(x/3)", "y ~ I(f)",
  "y ~ I(x^2) + log(x) + sqrt(x)", "y ~ I(x > 3)", "y ~ I(z %% 3) + I(z %/% 3) + I(-z^2)", "y ~ log(x, 2) + log10(x)",
  "y ~ exp(z) + expm1(x) + log1p(x) + log2(x) + abs(z) + sin(x) + cos(x) + tan(x)", "y ~ I(x * l) + I((z == 1) + 0)",
  "y ~ scale(x)", "y ~ scale(x, scale = FALSE)", "y ~ scale(x, center = FALSE)", "y ~ scale(x, 2, 3)", "y ~ scale(x):f",
  "y ~ scale(x):scale(z)", "y ~ I(scale(x)^2)", "y ~ scale(log(x))", "y ~ scale(x, center = 5)",
  "y ~ poly(x, 1)", "y ~ poly(x, 2)", "y ~ poly(x, 5)", "y ~ poly(x, 3, raw = TRUE)", "y ~ poly(x, 2) * f",
  "y ~ poly(x, 2):poly(z, 2)", "y ~ poly(x, degree = 2):g - 1",
  "y ~ ns(x, df = 1)", "y ~ ns(x, df = 3)", "y ~ ns(x, df = 4, intercept = TRUE)", "y ~ ns(x, knots = c(2, 6)):g",
  "y ~ ns(x, 3, Boundary.knots = c(1, 8))", "y ~ ns(x)",
  "y ~ bs(x, df = 4)", "y ~ bs(x, df = 6, degree = 2)", "y ~ bs(x, knots = 5, intercept = TRUE) - 1", "y ~ bs(x)",
  "y ~ bs(x, degree = 1, df = 3)",
  "log(y) ~ x + offset(z)"
)

predicted <- c(
  "y ~ x * f", "y ~ scale(x)", "y ~ scale(x, scale = FALSE):g", "y ~ poly(x, 3) + l", "y ~ factor(k) + z",
  "y ~ poly(x, 2, raw = TRUE)", "y ~ ns(x, df = 3)", "y ~ ns(x, df = 4, intercept = TRUE)",
  "y ~ ns(x, 3, Boundary.knots = c(1, 8))", "y ~ bs(x, df = 5)", "y ~ bs(x, degree = 2, df = 4)", "y ~ 0 + h:f"
)

coded <- list(
  list("y ~ f", list(f = "sum")), list("y ~ f", list(f = "helmert")), list("y ~ h", list(h = "poly")),
  list("y ~ h * g", list(h = "sum", g = "helmert")), list("y ~ h:x", list(h = "poly")),
  list("y ~ 0 + f + h", list(f = "sum", h = "poly")), list("y ~ f:h", list(f = "sum", h = "sum")),
  list("y ~ g * l", list(g = "sum", l = "sum")), list("y ~ factor(k) * f", list("factor(k)" = "helmert", f = "poly"))
)

incomplete <- c(
  "y ~ x", "y ~ f", "y ~ l + f", "y ~ scale(x) + z", "y ~ ns(x, df = 3) + f", "y ~ bs(x, df = 4) * l", "y ~ scale(z):f"
)

grouped <- c(
  "y ~ 1 + (1 | f)", "y ~ 1 + (1 | k)", "y ~ 1 + (1 | l)", "y ~ 1 + (1 | f:h)", "y ~ 1 + (1 | h:f)", "y ~ 1 + (1 | h/f)",
  "y ~ 1 + (1 | k:l:g)", "y ~ 1 + (1 | f/g/l)", "y ~ 1 + (x | g)", "y ~ 1 + (f | g)", "y ~ 1 + (0 + f | g)",
  "y ~ 1 + (x:f | g)", "y ~ 1 + (0 + x:l | h)", "y ~ 1 + (f * l | g)", "y ~ 1 + (scale(x) + poly(z, 2) | f)",
  "y ~ 1 + (1 | f/g/l/h)", "y ~ 1 + (1 | f/(g:l))", "y ~ 1 + (1 | f/g:l)", "y ~ 1 + (1 | (f:g):l)", "y ~ 1 + (1 | `odd f`/g)",
  "y ~ 1 + (1 | f/g) + (0 + x | g:f)", "y ~ 1 + (1 | f/g) + (0 + x | f:g)", "y ~ 1 + (1 | f/(g:l)/h)", "y ~ 1 + (1 | f/g/(l:h))",
  "y ~ 1 + (x + f || g)", "y ~ 1 + (0 + f || g)", "y ~ 1 + (x * f || g)", "y ~ 1 + (poly(x, 2) || g)", "y ~ 1 + (f:h || g)",
  "y ~ 1 + (0 + f * l || g)", "y ~ 1 + (x + l || f/g)", "y ~ 1 + (scale(x) + factor(k) || g)", "y ~ 1 + (x + f | g)",
  "y ~ 1 + (0 + l:x + f || h)"
)

reference <- list(
  tables = tables,
  matrices = c(
    lapply(fixed, matrix_of), lapply(incomplete, matrix_of, table = "gaps"),
    lapply(coded, function(case) matrix_of(case[[1]], contrasts = case[[2]]))
  ),
  predictions = c(
    lapply(predicted, prediction_of), lapply(c("y ~ scale(x) + z", "y ~ ns(x, df = 3)"), prediction_of, table = "gaps")
  ),
  groups = c(lapply(grouped, groups_of), lapply(c("y ~ x + (1 | f)", "y ~ x + (1 | f:h)"), groups_of, table = "gaps"))
)
writeLines(
  jsonlite::toJSON(reference, dataframe = "columns", na = "null", null = "null", auto_unbox = TRUE, digits = I(17)),
  "model_matrix.json"
)
