# Writes lmer.json: what lme4 makes of a small table with weights, offsets and codings, and what arm prints of radon.
# Run in this folder: Rscript lmer.R  (R 4.2.2, lme4 1.1-31, arm 1.13-1, jsonlite 1.8.4)

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

radon <- read.csv("../../../service/data/datasets/radon.csv")
display_of <- function(model, method, digits) {
  text <- capture.output(display(model, digits = digits))
  list(formula = deparse(formula(model)), method = method, digits = digits, text = I(text))
}
displays <- with(radon, {
  reml <- lmer(log_radon ~ floor + (1 | county), control = control)
  ml <- lmer(log_radon ~ floor + log_uranium + (1 | county), REML = FALSE, control = control)
  reml@call$control <- ml@call$control <- NULL
  list(display_of(reml, "REML", 2), display_of(reml, "REML", 4), display_of(ml, "ML", 2), display_of(ml, "ML", 0))
})

written <- list(table = table, fits = fits, displays = displays)
writeLines(jsonlite::toJSON(written, dataframe = "columns", auto_unbox = TRUE, null = "null", digits = NA), "lmer.json")
