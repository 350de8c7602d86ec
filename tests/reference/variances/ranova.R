# Writes variances.json: likelihood ratios of random effects by lmerTest's ranova, p-values of the exact law by RLRsim, and
# quantiles of the parametric bootstrap by lme4's bootMer.
# Run in this folder: Rscript ranova.R
# (R 4.2.2, lme4 1.1-31, lmerTest 3.1-3, RLRsim 3.1-8, jsonlite 1.8.4; the data are those of ../lme4/fit.R)

suppressPackageStartupMessages({
  library(lmerTest)
  library(RLRsim)
})

control <- lmerControl(optimizer = "bobyqa", optCtrl = list(rhoend = 1e-10, maxfun = 1e6), calc.derivs = FALSE)
read <- function(dataset) {
  folder <- if (dataset == "radon") "../../../service/data/datasets" else "../data"
  read.csv(file.path(folder, paste0(dataset, ".csv")), stringsAsFactors = TRUE)
}

# ranova fits the smaller models as the model was fitted; its row names say what each has not.
ratios <- function(dataset, formula, REML = TRUE) {
  table_of_model <<- read(dataset)
  m <- eval(bquote(lmer(.(as.formula(formula)), table_of_model, REML = .(REML), control = control)))
  table <- suppressMessages(ranova(m))[-1, ]
  list(dataset = dataset, formula = formula, REML = REML,
       statistic = I(table$LRT), parameters = I(table$Df), naive = I(table$`Pr(>Chisq)`))
}
table_of_model <- NULL

# The law of the statistic does not depend on the response: its tails beyond some values, from a million draws.
tails <- function(dataset, formula, REML = TRUE) {
  m <- suppressMessages(lme4::lmer(as.formula(formula), read(dataset), REML = REML, control = control))
  X <- getME(m, "X")
  Z <- as.matrix(getME(m, "Z"))
  drawn <- if (REML) {
    RLRTSim(X, Z, qr(X), diag(ncol(Z)), nsim = 1e6, seed = 1)
  } else {
    LRTSim(X, Z, 0, diag(ncol(Z)), nsim = 1e6, seed = 1)
  }
  at <- c(0.01, 0.1, 0.5, 1, 2, 3, 5)
  list(dataset = dataset, formula = formula, REML = REML, draws = 1e6, at = at,
       beyond = vapply(at, function(value) mean(drawn > value), 0))
}

# The coefficients, the standard deviations, then the correlations, as VarCorr has them.
estimates <- function(m) {
  rows <- as.data.frame(VarCorr(m))
  spread <- is.na(rows$var2)
  c(fixef(m), rows$sdcor[spread], rows$sdcor[!spread])
}
resampled <- function(dataset, formula, draws = 2000) {
  m <- suppressMessages(lme4::lmer(as.formula(formula), read(dataset)))
  found <- suppressWarnings(suppressMessages(lme4::bootMer(m, estimates, nsim = draws, seed = 1)$t))
  at <- c(0.025, 0.25, 0.5, 0.75, 0.975)
  list(dataset = dataset, formula = formula, draws = draws, at = at,
       quantiles = unname(t(apply(found, 2, quantile, at, type = 6, na.rm = TRUE))))
}

written <- list(
  ratios = list(
    ratios("radon", "log_radon ~ floor + (1 | county)"),
    ratios("radon", "log_radon ~ floor + (1 | county)", FALSE),
    ratios("radon", "log_radon ~ floor + (floor | county)"),
    ratios("sleepstudy", "Reaction ~ Days + (Days | Subject)"),
    ratios("sleepstudy", "Reaction ~ Days + (Days | Subject)", FALSE),
    ratios("sleepstudy", "Reaction ~ Days + (1 | Subject) + (0 + Days | Subject)"),
    ratios("Oxboys", "height ~ age + I(age^2) + (age + I(age^2) | Subject)"),
    ratios("Penicillin", "diameter ~ 1 + (1 | plate) + (1 | sample)"),
    ratios("Pastes", "strength ~ 1 + (1 | batch) + (1 | batch:cask)"),
    ratios("Machines", "score ~ Machine + (Machine | Worker)"),
    ratios("pupils", "score ~ verbal + hours + (verbal + hours | primary)"),
    ratios("Dyestuff2", "Yield ~ 1 + (1 | Batch)")
  ),
  tails = list(
    tails("Dyestuff2", "Yield ~ 1 + (1 | Batch)"),
    tails("Dyestuff2", "Yield ~ 1 + (1 | Batch)", FALSE),
    tails("radon", "log_radon ~ floor + (1 | county)"),
    tails("radon", "log_radon ~ floor + (1 | county)", FALSE),
    tails("edge_fewgroups", "y ~ x + (1 | g)"),
    tails("sleepstudy", "Reaction ~ Days + (0 + Days | Subject)")
  ),
  resampled = list(
    resampled("edge_fewgroups", "y ~ x + (1 | g)"),
    resampled("sleepstudy", "Reaction ~ Days + (Days | Subject)"),
    resampled("Penicillin", "diameter ~ 1 + (1 | plate) + (1 | sample)"),
    resampled("Pastes", "strength ~ 1 + (1 | batch/cask)")
  )
)
writeLines(jsonlite::toJSON(written, auto_unbox = TRUE, digits = NA, na = "null"), "variances.json")
