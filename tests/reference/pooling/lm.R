# Writes lm.json: complete pooling and no pooling by R's lm and lme4's lmList.
# Run in this folder: Rscript lm.R  (R 4.2.2, lme4 1.1-31, jsonlite 1.8.4)

suppressPackageStartupMessages(library(lme4))

tables <- list(
  radon = read.csv("../../../service/data/datasets/radon.csv"),
  sleepstudy = read.csv("../data/sleepstudy.csv"),
  edge_weights = read.csv("../data/edge_weights.csv"),
  schools = read.csv("../data/schools.csv")
)

# As numbers, as lm refuses a factor that does not vary in a school.
tables$schools$minority <- as.numeric(tables$schools$minority == "true")

# Coefficients of a summary by name, with those that could not be estimated as NA.
coefficients_of <- function(fitted) {
  table <- coef(summary(fitted))
  names <- names(coef(fitted))
  list(
    terms = I(names), estimate = I(unname(coef(fitted))),
    std_error = I(unname(table[match(names, rownames(table)), "Std. Error"])),
    sigma = sigma(fitted), df = df.residual(fitted)
  )
}

within <- function(rows, formula, weights) {
  arguments <- list(as.formula(formula), rows)
  arguments$weights <- if (length(weights)) rows[[weights]]
  fitted <- do.call(lm, arguments)
  if (anyNA(coef(fitted))) return(NULL)
  free <- df.residual(fitted) > 0
  list(
    estimate = I(unname(coef(fitted))),
    std_error = if (free) I(unname(sqrt(diag(vcov(fitted))))), sigma = if (free) sigma(fitted), df = df.residual(fitted)
  )
}

pool <- function(id, dataset, response, predictors, group, group_level = character(), weights = NULL) {
  rows <- tables[[dataset]]
  formula <- function(terms) paste(response, "~", paste(c("1", terms), collapse = " + "))
  fit <- function(terms) {
    arguments <- list(as.formula(formula(terms)), rows)
    arguments$weights <- if (length(weights)) rows[[weights]]
    do.call(lm, arguments)
  }
  # Text by code points, numbers by their size.
  rows[[group]] <- factor(rows[[group]], levels = sort(unique(rows[[group]]), method = "radix"))
  # Last, so that a group-level column is what cannot be told beside the indicators.
  indicators <- fit(c(paste0("0 + ", group), predictors))
  levels <- levels(rows[[group]])
  separate <- lapply(split(rows, rows[[group]]), within, formula(predictors), weights)
  own <- coefficients_of(indicators)
  at <- seq_along(levels)
  result <- list(
    id = id, dataset = dataset, formula = paste(formula(c(predictors, group_level)), sprintf("+ (1 | %s)", group)),
    weights = weights, levels = I(levels), complete = coefficients_of(fit(c(predictors, group_level))),
    indicators = list(
      intercepts = own$estimate[at], intercept_errors = own$std_error[at], terms = I(own$terms[-at]),
      estimate = I(own$estimate[-at]), std_error = I(own$std_error[-at]), sigma = own$sigma, df = own$df
    ),
    separate = unname(separate)
  )
  if (is.null(weights)) {
    # lmList pools the residual standard deviations of the regressions.
    regressions <- suppressWarnings(lmList(as.formula(paste(formula(predictors), "|", group)), rows))
    result$pooled_sigma <- sqrt(
      sum(vapply(regressions, function(m) if (anyNA(coef(m))) 0 else sum(resid(m)^2), 0)) /
        sum(vapply(regressions, function(m) if (anyNA(coef(m))) 0 else df.residual(m), 0))
    )
  }
  result
}

written <- list(
  pool("radon", "radon", "log_radon", "floor", "county"),
  pool("radon, no predictor", "radon", "log_radon", character(), "county"),
  pool("radon, uranium", "radon", "log_radon", "floor", "county", "log_uranium"),
  pool("sleepstudy", "sleepstudy", "Reaction", c("Days", "I(Days^2)"), "Subject"),
  pool("weights", "edge_weights", "y", "x", "g", weights = "w"),
  pool("schools", "schools", "score", c("ses", "minority"), "school", "sector")
)
writeLines(jsonlite::toJSON(written, auto_unbox = TRUE, null = "null", na = "null", digits = NA), "lm.json")
