# Writes kenward_roger.json: what pbkrtest makes of the models of models.json that were fitted by REML, each at its theta.
# Run in this folder: Rscript kenward_roger.R
# (R 4.2.2, lme4 1.1-31, pbkrtest 0.5.2, jsonlite 1.8.4; see PROVENANCE.md)

suppressPackageStartupMessages({
  library(lme4)
  library(pbkrtest)
  library(splines)
})

source("read.R")

refit <- function(model) {
  frame <- read(model$dataset)
  arguments <- list(as.formula(model$formula), data = frame, control = still, start = unlist(model$theta))
  if (!is.null(model$weights)) arguments$weights <- frame[[model$weights]]
  if (!is.null(model$contrasts)) arguments$contrasts <- lapply(model$contrasts, function(name) paste0("contr.", name))
  suppressWarnings(suppressMessages(do.call(lme4::lmer, arguments)))
}

# pbkrtest takes every row to have the residual variance sigma^2, so it is given rows that have: times the roots of
# their weights.
adjusted <- function(fitted) {
  root <- Diagonal(x = sqrt(weights(fitted)))
  slopes <- get_SigmaG(fitted)
  last <- slopes$n.ggamma
  slopes$G[-last] <- lapply(slopes$G[-last], function(G) root %*% G %*% root)
  slopes$Sigma <- root %*% (slopes$Sigma - sigma(fitted)^2 * slopes$G[[last]]) %*% root + sigma(fitted)^2 * slopes$G[[last]]
  pbkrtest:::vcovAdj_internal(vcov(fitted), slopes, as.matrix(root %*% getME(fitted, "X")))
}

describe <- function(model) {
  fitted <- refit(model)
  covariance <- adjusted(fitted)
  if (is.null(model$weights)) stopifnot(all.equal(covariance, vcovAdj(fitted), tolerance = 1e-10))
  df <- vapply(seq_along(fixef(fitted)), function(k) {
    ddf_Lb(covariance, as.numeric(seq_along(fixef(fitted)) == k), vcov(fitted))
  }, 0)
  list(id = model$id, terms = I(names(fixef(fitted))), df = I(df), covariance = as.matrix(unname(covariance)))
}

models <- Filter(function(model) model$REML, jsonlite::read_json("models.json"))
lines <- vapply(models, function(model) {
  message(model$id)
  as.character(jsonlite::toJSON(describe(model), digits = NA, auto_unbox = TRUE))
}, "")
writeLines(paste0("[\n", paste(lines, collapse = ",\n"), "\n]"), "kenward_roger.json", useBytes = TRUE)
