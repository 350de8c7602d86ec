# Writes rows.json: what lme4 says of every row of a model, residuals and leverages; and groups.json: what it makes of a
# model without each group of a factor, by its own influence() and by fits of the rows that are left, led closely to
# their optimum.
# Run in this folder: Rscript influence.R  (R 4.2.2, lme4 1.1-31, jsonlite 1.8.4)

suppressPackageStartupMessages(library(lme4))

read <- function(dataset) {
  folder <- if (dataset == "radon") "../../../service/data/datasets" else "../data"
  frame <- read.csv(file.path(folder, paste0(dataset, ".csv")), na.strings = "", encoding = "UTF-8")
  for (name in names(frame)) {
    column <- frame[[name]]
    if (!is.character(column)) next
    truth <- all(column %in% c("true", "false", NA))
    frame[[name]] <- if (truth) column == "true" else factor(column, sort(unique(column), method = "radix"))
  }
  frame
}

tight <- lmerControl(optimizer = "bobyqa", optCtrl = list(rhoend = 1e-11, maxfun = 1e6), calc.derivs = FALSE)

fit <- function(formula, frame, REML, weights, start = NULL) {
  arguments <- list(as.formula(formula), data = frame, REML = REML, control = tight, start = start)
  if (!is.null(weights)) arguments$weights <- frame[[weights]]
  suppressWarnings(suppressMessages(do.call(lmer, arguments)))
}

model <- function(id, dataset, formula, group = NULL, REML = TRUE, weights = NULL) {
  list(id = id, dataset = dataset, formula = formula, group = group, REML = REML, weights = weights)
}

rows_of <- list(
  model("dyestuff", "Dyestuff", "Yield ~ 1 + (1 | Batch)"),
  model("missing", "edge_missing", "y ~ x + f + (1 | g)", REML = FALSE),
  model("weights", "edge_weights", "y ~ x + (1 | g)", weights = "w"),
  model("slope", "sleepstudy", "Reaction ~ Days + offset(5 * Days) + (Days | Subject)"),
  model("slope_weights", "edge_weights", "yi ~ x + (x | g)", weights = "wi"),
  model("crossed", "Penicillin", "diameter ~ 1 + (1 | plate) + (1 | sample)"),
  model("crossed_slopes", "pupils", "score ~ verbal + offset(base) + (verbal | primary) + (verbal | secondary)"),
  model("nested", "Pastes", "strength ~ 1 + (1 | batch/cask)"),
  model("nested_weights", "plots", "yield ~ variety + dose + (1 | block/variety)", weights = "area"),
  model("nested_crossed", "regions", "y ~ x + treated + (1 | region/town) + (1 | interviewer)"),
  model("aliased", "edge_rankdef", "y ~ x + x2 + x3 + f + (1 | g)"),
  model("no_variance", "Dyestuff2", "Yield ~ 1 + (1 | Batch)")
)

groups_of <- list(
  model("radon", "radon", "log_radon ~ floor + (1 | county)", "county"),
  model("stool_ml", "ergoStool", "effort ~ Type + (1 | Subject)", "Subject", REML = FALSE),
  model("weights", "edge_weights", "y ~ x + (1 | g)", "g", weights = "w"),
  model("slope", "sleepstudy", "Reaction ~ Days + (Days | Subject)", "Subject"),
  model("crossed", "Penicillin", "diameter ~ 1 + (1 | plate) + (1 | sample)", "plate"),
  model("nested", "Pastes", "strength ~ 1 + (1 | batch) + (1 | sample)", "batch")
)

row_part <- function(model) {
  m <- fit(model$formula, read(model$dataset), model$REML, model$weights)
  # Where lme4 knows nothing to call them, rows are numbered from 1.
  c(model, list(
    row = as.integer(rownames(model.frame(m))) - 1L,
    fitted = unname(fitted(m)), fitted_population = unname(predict(m, re.form = NA)),
    residual = unname(residuals(m, "response")), residual_pearson = unname(residuals(m, "pearson", scaled = TRUE)),
    residual_studentised = unname(rstudent(m)), leverage = unname(hatvalues(m))
  ))
}

group_part <- function(model) {
  frame <- read(model$dataset)
  m <- fit(model$formula, frame, model$REML, model$weights)
  levels <- if (is.factor(frame[[model$group]])) levels(frame[[model$group]]) else sort(unique(frame[[model$group]]))
  p <- length(fixef(m))
  without <- lapply(levels, function(level) {
    rest <- droplevels(frame[frame[[model$group]] != level, ])
    # From both ends, of which the lower counts.
    fits <- lapply(list(getME(m, "theta"), 0.3 * is.finite(getME(m, "lower"))), function(theta) {
      fit(model$formula, rest, model$REML, model$weights, list(theta = unname(theta)))
    })
    best <- fits[[if (logLik(fits[[1]]) >= logLik(fits[[2]])) 1 else 2]]
    change <- fixef(best) - fixef(m)
    list(
      level = as.character(level), estimate = I(unname(fixef(best))), sigma = sigma(best),
      std_dev = I(unname(unlist(lapply(VarCorr(best), attr, "stddev")))),
      cooks_distance = as.numeric(change %*% solve(as.matrix(vcov(m)), change)) / p,
      dfbetas = I(unname(change / sqrt(diag(as.matrix(vcov(best))))))
    )
  })
  # influence() evaluates the call again, within itself and with fewer rows: it must hold values, and names of columns.
  arguments <- list(as.formula(model$formula), frame, REML = model$REML)
  if (!is.null(model$weights)) arguments$weights <- as.name(model$weights)
  own <- do.call(lmer, arguments)
  lme4 <- suppressWarnings(suppressMessages(influence(own, model$group, data = frame)))
  order <- match(as.character(levels), as.character(lme4$deleted))
  c(model, list(
    groups = without, own_estimate = unname(lme4[[2]][order, , drop = FALSE]),
    own_cooks_distance = I(unname(cooks.distance(lme4)[order])),
    # With a single coefficient dfbetas() fails.
    own_dfbetas = if (p > 1) unname(dfbetas(lme4)[order, , drop = FALSE])
  ))
}

write <- function(models, part, file) {
  lines <- vapply(models, function(model) {
    message(model$id)
    as.character(jsonlite::toJSON(part(model), digits = NA, auto_unbox = TRUE, null = "null", na = "null"))
  }, "")
  writeLines(paste0("[\n", paste(lines, collapse = ",\n"), "\n]"), file, useBytes = TRUE)
}

write(rows_of, row_part, "rows.json")
write(groups_of, group_part, "groups.json")
