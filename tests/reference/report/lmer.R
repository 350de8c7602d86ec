# Writes lmer.json: what lme4 makes of a small table with weights, offsets and codings, and of a larger one with random
# effects of every structure; and what arm prints of the larger one and of radon.
# Run in this folder: Rscript lmer.R  (R 4.2.2, lme4 1.1-31, arm 1.13-1, performance 0.10.2, jsonlite 1.8.4)

suppressPackageStartupMessages({
  library(lme4)
  library(arm)
})

table <- data.frame(
  y = c(4.1, 5.3, 2.2, 7.9, 6.4, 3.3, 8.1, 5.0, 4.7, 6.6, 2.9, 7.2, 5.8, 3.7, 6.1, 4.4),
  x = c(1.2, 3.4, 0.7, 5.1, 4.4, 2.8, 9.6, 6.3, 1.9, 7.7, 0.3, 8.2, 3.9, 5.5, 2.1, 4.8),
  o = c(0.5, -0.2, 0.1, 0.9, 0.3, -0.6, 1.1, 0.2, -0.3, 0.4, 0.8, -0.1, 0.6, 0.0, -0.4, 0.7),
  w = c(1, 2.5, 0.5, 1, 3, 1.5, 2, 1, 0.8, 1.2, 4, 0.3, 1, 2, 1.7, 0.9),
  f = rep(c("mid", "low", "top", "mid"), 4),
  g = rep(c("a", "b", "c", "d"), c(5, 3, 6, 2))
)
table$y <- table$y + c(a = 2, b = -1.5, c = 0.5, d = -2.5)[table$g]
control <- lmerControl(optimizer = "bobyqa", optCtrl = list(rhoend = 1e-9))

fit_of <- function(formula, weights = NULL, levels = NULL, contrasts = NULL) {
  rows <- table
  rows$f <- factor(rows$f, levels = if (is.null(levels)) sort(unique(rows$f)) else levels)
  arguments <- list(as.formula(formula), rows, control = control)
  arguments$weights <- if (length(weights)) rows[[weights]]
  arguments$contrasts <- if (length(contrasts)) list(f = paste0("contr.", contrasts))
  m <- do.call(lmer, arguments)
  lines <- coef(m)$g
  list(
    formula = formula, weights = weights, levels = levels, contrasts = contrasts,
    fixed_terms = I(names(fixef(m))), estimate = I(unname(fixef(m))),
    std_error = I(unname(sqrt(diag(as.matrix(vcov(m)))))),
    terms = I(colnames(lines)), coefficients = unname(as.matrix(lines)),
    random_effects = I(ranef(m)$g[, 1]), fitted = unname(fitted(m)), residuals = unname(resid(m, type = "response")),
    criterion = unname(m@devcomp$cmp["REML"])
  )
}

fits <- list(
  plain = fit_of("y ~ x + (1 | g)"),
  weights = fit_of("y ~ x + (1 | g)", weights = "w"),
  offset = fit_of("y ~ x + offset(o) + (1 | g)"),
  `weights and offset` = fit_of("y ~ x + offset(o) + (1 | g)", weights = "w"),
  `no intercept` = fit_of("y ~ 0 + x + (1 | g)"),
  `no intercept, a factor` = fit_of("y ~ 0 + f + (1 | g)"),
  levels = fit_of("y ~ f + (1 | g)", levels = c("top", "low", "mid")),
  sum = fit_of("y ~ f + (1 | g)", contrasts = "sum"),
  `helmert, levels` = fit_of("y ~ f + (1 | g)", levels = c("low", "mid", "top"), contrasts = "helmert"),
  poly = fit_of("y ~ x + f + (1 | g)", levels = c("low", "mid", "top"), contrasts = "poly")
)

# The larger table: g and h are crossed, s is nested in g; p and q have as many groups as each other; f has levels.
row <- 0:119
set.seed(3)
larger <- data.frame(
  x = round(rnorm(120), 3), z = round(rnorm(120), 3), o = round(rnorm(120), 3), w = 1 + row %% 4,
  g = sprintf("g%02d", row %/% 10), h = paste0("h", row %% 7), s = paste0("s", row %/% 5 %% 2),
  p = paste0("p", (row * 7) %/% 5 %% 5), q = paste0("q", (row * 11) %/% 3 %% 5),
  f = c("low", "mid", "top")[1 + (row * 5) %/% 2 %% 3]
)
of <- function(...) {
  by <- factor(paste(...))
  rnorm(nlevels(by))[by]
}
larger <- within(larger, {
  y <- round(1 + 2 * x + o + of(g) + of(h) + of(g, s) + of(p) + of(q) + of(g) * x + of(h) * z + of(p) * x + rnorm(120) / 2, 3)
  u <- round(1 + 2 * x + of(g) + of(g) * x + of(g) * z + rnorm(120) / 2, 3)
  v <- round(of(g) + of(g) * (f == "mid") + of(g) * (f == "top") + rnorm(120) / 2, 3)
})

matrix_of <- function(values) unname(as.matrix(values))
part_of <- function(effects, lines) {
  variances <- attr(effects, "postVar")
  if (is.list(variances)) {  # of several terms: what is between them is not asked for
    errors <- do.call(cbind, lapply(variances, function(v) matrix(sqrt(apply(v, 3, diag)), ncol = dim(v)[1], byrow = TRUE)))
  } else {
    errors <- matrix(sqrt(apply(variances, 3, diag)), ncol = dim(variances)[1], byrow = TRUE)
  }
  list(
    levels = I(rownames(effects)), terms = I(colnames(effects)), estimate = matrix_of(effects), std_error = errors,
    line_terms = I(colnames(lines)), lines = matrix_of(lines)
  )
}

structure_of <- function(formula, weights = NULL) {
  arguments <- list(as.formula(formula), larger, control = lmerControl(
    optimizer = "bobyqa", optCtrl = list(rhoend = 1e-10, maxfun = 1e6), calc.derivs = FALSE
  ))
  arguments$weights <- if (length(weights)) larger[[weights]]
  m <- do.call(lmer, arguments)
  effects <- ranef(m, condVar = TRUE)
  lines <- coef(m)
  rows <- as.data.frame(VarCorr(m))
  stopifnot(!isSingular(m))
  r2 <- suppressWarnings(performance::r2(m))
  list(
    formula = formula, weights = weights, estimate = I(unname(fixef(m))),
    std_error = I(unname(sqrt(diag(as.matrix(vcov(m)))))), theta = I(unname(getME(m, "theta"))),
    sizes = as.list(lapply(m@flist, nlevels)[names(effects)]),
    spreads = I(rows[is.na(rows$var2), c("grp", "var1", "sdcor")]),
    correlations = I(rows[!is.na(rows$var2), c("grp", "var1", "var2", "sdcor")]),
    parts = Map(part_of, effects, lines), fitted = unname(fitted(m)), criterion = unname(m@devcomp$cmp["REML"]),
    shares = unname(c(unlist(suppressWarnings(performance::icc(m)))[1], r2$R2_marginal, r2$R2_conditional))
  )
}

formulas <- c(
  "y ~ x + (x | g)", "y ~ x + (x || g)", "y ~ z + (x | g)", "y ~ x + z + (0 + x | g)", "u ~ x + z + (x + z | g)",
  "y ~ x + (1 | g) + (1 | h)", "y ~ x + (0 + z | h) + (x | g)", "y ~ x + (1 | g/s)", "v ~ f + (f | g)",
  "v ~ 0 + f + (0 + f | g)", "y ~ x + (1 | p) + (1 | q) + (1 | g)", "y ~ x + offset(o) + (x | g) + (1 | h)",
  "y ~ x + (1 | p) + (1 | q) + (0 + x | p) + (x | g)"
)
structures <- c(lapply(formulas, structure_of), list(
  structure_of("y ~ x + (x | g)", "w"), structure_of("y ~ x + (1 | g) + (1 | h)", "w")
))

radon <- read.csv("../../../service/data/datasets/radon.csv")
display_of <- function(formula, method = "REML", digits = 2, rows = "larger") {
  m <- lmer(as.formula(formula), get(rows), REML = method == "REML", control = control)
  m@call <- call("lmer", formula = as.name(formula))
  if (method == "ML") m@call$REML <- FALSE
  text <- gsub("`", "", capture.output(display(m, digits = digits)), fixed = TRUE)
  list(data = rows, formula = formula, method = method, digits = digits, text = I(text))
}
displays <- list(
  display_of("log_radon ~ floor + (1 | county)", rows = "radon"),
  display_of("log_radon ~ floor + (1 | county)", rows = "radon", digits = 4),
  display_of("log_radon ~ floor + log_uranium + (1 | county)", "ML", rows = "radon"),
  display_of("log_radon ~ floor + log_uranium + (1 | county)", "ML", 0, rows = "radon"),
  display_of("log_radon ~ floor + (floor | county)", rows = "radon"),
  display_of("log_radon ~ floor + (floor || county)", "ML", 3, rows = "radon"),
  display_of("u ~ x + (x + z | g)"), display_of("u ~ x + (x + z | g)", digits = 0), display_of("y ~ x + (x | g/s)"),
  display_of("y ~ x + (1 | g) + (z | h)", "ML", 3), display_of("y ~ x + (1 | p) + (1 | q) + (x || g)")
)

written <- list(table = table, fits = fits, larger = larger, structures = structures, displays = displays)
writeLines(jsonlite::toJSON(written, dataframe = "columns", auto_unbox = TRUE, null = "null", digits = NA), "lmer.json")
