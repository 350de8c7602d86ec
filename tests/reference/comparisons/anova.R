# Writes anova.json: what R's anova() says of lme4's models, given to it by REML and refitted by ML.
# Run in this folder: Rscript anova.R  (R 4.2.2, lme4 1.1-31, jsonlite 1.8.4)

suppressPackageStartupMessages(library(lme4))

control <- lmerControl(optimizer = "bobyqa", optCtrl = list(rhoend = 1e-10, maxfun = 1e6), calc.derivs = FALSE)
tables <- list(
  radon = read.csv("../../../service/data/datasets/radon.csv"),
  sleepstudy = read.csv("../data/sleepstudy.csv"),
  Penicillin = read.csv("../data/Penicillin.csv"),
  edge_weights = read.csv("../data/edge_weights.csv"),
  schools = read.csv("../data/schools.csv")
)

fit <- function(formula, rows, weights) {
  arguments <- list(as.formula(formula), rows)
  arguments$weights <- if (length(weights)) rows[[weights]]
  if (!grepl("|", formula, fixed = TRUE)) return(do.call(lm, arguments))
  do.call(lmer, c(arguments, list(control = control)))
}

compare <- function(id, dataset, formulas, weights = NULL) {
  rows <- tables[[dataset]]
  models <- lapply(formulas, fit, rows = rows, weights = weights)
  # anova() takes its first argument's method: that of an lmer model.
  mixed <- vapply(models, inherits, TRUE, "merMod")
  found <- suppressWarnings(suppressMessages(do.call(anova, unname(c(models[mixed], models[!mixed])))))
  table <- as.data.frame(found)
  list(
    id = id, dataset = dataset, formulas = I(formulas), weights = weights, n_parameters = table$npar,
    aic = table$AIC, bic = table$BIC, log_likelihood = table$logLik, deviance = table$deviance,
    statistic = table$Chisq, df = table$Df, p_value = table[["Pr(>Chisq)"]]
  )
}

written <- list(
  compare("radon", "radon", c(
    "log_radon ~ 1 + (1 | county)", "log_radon ~ floor + (1 | county)", "log_radon ~ floor + log_uranium + (1 | county)"
  )),
  compare("radon, groups", "radon", c("log_radon ~ floor", "log_radon ~ floor + (1 | county)")),
  compare("radon, slopes", "radon", c(
    "log_radon ~ floor + (1 | county)", "log_radon ~ floor + (floor || county)", "log_radon ~ floor + (floor | county)"
  )),
  compare("sleepstudy", "sleepstudy", c(
    "Reaction ~ Days + (1 | Subject)", "Reaction ~ Days + (Days || Subject)", "Reaction ~ Days + (Days | Subject)"
  )),
  compare("sleepstudy, both", "sleepstudy", c("Reaction ~ 1 + (1 | Subject)", "Reaction ~ Days + (Days | Subject)")),
  compare("crossed", "Penicillin", c(
    "diameter ~ 1 + (1 | sample)", "diameter ~ 1 + (1 | plate) + (1 | sample)"
  )),
  compare("weights", "edge_weights", c("y ~ 1 + (1 | g)", "y ~ x + (1 | g)"), weights = "w"),
  compare("schools", "schools", c(
    "score ~ ses + (1 | school)", "score ~ ses + minority + sector + (1 | school)",
    "score ~ ses + minority + sector + (ses | school)"
  ))
)
writeLines(jsonlite::toJSON(written, auto_unbox = TRUE, null = "null", na = "null", digits = NA, pretty = TRUE), "anova.json")
