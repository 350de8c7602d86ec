# Writes predictions.json: what lme4 predicts of new rows from the models of models.json, at the theta that stands there.
# Run in this folder, after fit.R: Rscript predict.R
# (R 4.2.2, lme4 1.1-31, jsonlite 1.8.4; see PROVENANCE.md)

suppressPackageStartupMessages({
  library(lme4)
  library(splines)
})
source("read.R")

models <- jsonlite::fromJSON("models.json", simplifyDataFrame = FALSE)

# New rows are four of the table's: two as they are, one whose groups are new by the first grouping variable, and one
# whose groups are new by all. A grouping variable that is a predictor too stays as it is.
new_rows <- function(frame, formula) {
  grouping <- unique(unlist(lapply(findbars(formula), function(bar) all.vars(bar[[3]]))))
  inner <- unlist(lapply(findbars(formula), function(bar) all.vars(bar[[2]])))
  renamed <- setdiff(grouping, c(all.vars(nobars(formula)), inner))
  complete <- which(complete.cases(frame[all.vars(formula)]))
  rows <- complete[round(seq(1, length(complete), length.out = 4))]
  new <- frame[rows, , drop = FALSE]
  for (name in renamed) {
    text <- is.factor(new[[name]])
    if (text) new[[name]] <- as.character(new[[name]])
    where <- if (name == renamed[1]) 3:4 else 4
    new[[name]][where] <- if (text) "unseen" else -999
  }
  list(rows = rows, renamed = renamed, frame = new)
}

predictions <- function(model) {
  frame <- read(model$dataset)
  formula <- as.formula(model$formula)
  arguments <- list(formula, data = frame, REML = model$REML, control = still, start = model$theta)
  if (length(model$weights)) arguments$weights <- frame[[model$weights]]
  if (length(model$contrasts)) arguments$contrasts <- lapply(model$contrasts, function(name) paste0("contr.", name))
  fitted <- suppressWarnings(suppressMessages(do.call(lme4::lmer, arguments)))
  new <- new_rows(frame, formula)
  list(
    id = model$id, rows = I(new$rows - 1), renamed = I(new$renamed),
    conditional = I(unname(predict(fitted, new$frame, allow.new.levels = TRUE))),
    population = I(unname(predict(fitted, new$frame, re.form = NA)))
  )
}

lines <- vapply(models, function(model) {
  message(model$id)
  as.character(jsonlite::toJSON(predictions(model), digits = NA, auto_unbox = TRUE))
}, "")
writeLines(paste0("[\n", paste(lines, collapse = ",\n"), "\n]"), "predictions.json")
