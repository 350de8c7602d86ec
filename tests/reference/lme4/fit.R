# Writes models.json: models with one varying intercept as lme4 fits them, each led on to the point where the slope of its
# criterion is zero. Run in this folder: Rscript fit.R
# (R 4.2.2, lme4 1.1-31, lmerTest 3.1-3, performance 0.10.2, jsonlite 1.8.4; see PROVENANCE.md)

suppressPackageStartupMessages({
  library(lme4)
  library(lmerTest)
  library(splines)
})

model <- function(id, dataset, formula, REML = TRUE, weights = NULL, contrasts = NULL) {
  list(id = id, dataset = dataset, formula = formula, REML = REML, weights = weights, contrasts = contrasts)
}

models <- list(
  model("dyestuff", "Dyestuff", "Yield ~ 1 + (1 | Batch)"),
  model("dyestuff_ml", "Dyestuff", "Yield ~ 1 + (1 | Batch)", REML = FALSE),
  model("dyestuff2", "Dyestuff2", "Yield ~ 1 + (1 | Batch)"),
  model("dyestuff2_ml", "Dyestuff2", "Yield ~ 1 + (1 | Batch)", REML = FALSE),
  model("rail", "Rail", "travel ~ 1 + (1 | Rail)"),
  model("stool", "ergoStool", "effort ~ Type + (1 | Subject)"),
  model("stool_ml", "ergoStool", "effort ~ Type + (1 | Subject)", REML = FALSE),
  model("stool_no_intercept", "ergoStool", "effort ~ Type - 1 + (1 | Subject)"),
  model("stool_sum", "ergoStool", "effort ~ Type + (1 | Subject)", contrasts = list(Type = "sum")),
  model("stool_helmert", "ergoStool", "effort ~ Type + (1 | Subject)", contrasts = list(Type = "helmert")),
  model("pastes_cell", "Pastes", "strength ~ 1 + (1 | batch:cask)"),
  model("penicillin_factor", "Penicillin", "diameter ~ sample + (1 | plate)"),
  model("sleep", "sleepstudy", "Reaction ~ Days + (1 | Subject)"),
  model("sleep_ml", "sleepstudy", "Reaction ~ Days + (1 | Subject)", REML = FALSE),
  model("sleep_factor", "sleepstudy", "Reaction ~ factor(Days) + (1 | Subject)"),
  model("sleep_log", "sleepstudy", "log(Reaction) ~ log(Days + 1) + (1 | Subject)"),
  model("sleep_poly", "sleepstudy", "Reaction ~ poly(Days, 2) + (1 | Subject)"),
  model("sleep_poly_raw", "sleepstudy", "Reaction ~ poly(Days, 2, raw = TRUE) + (1 | Subject)"),
  model("sleep_poly_raw_6", "sleepstudy", "Reaction ~ poly(Days, 6, raw = TRUE) + (1 | Subject)"),
  model("sleep_scaled", "sleepstudy", "scale(Reaction) ~ scale(Days) + (1 | Subject)"),
  model("sleep_ns", "sleepstudy", "Reaction ~ ns(Days, 3) + (1 | Subject)"),
  model("sleep_bs", "sleepstudy", "Reaction ~ bs(Days, df = 5) + (1 | Subject)", REML = FALSE),
  model("radon_null", "radon", "log_radon ~ 1 + (1 | county)"),
  model("radon_null_ml", "radon", "log_radon ~ 1 + (1 | county)", REML = FALSE),
  model("radon_floor", "radon", "log_radon ~ floor + (1 | county)"),
  model("radon_floor_ml", "radon", "log_radon ~ floor + (1 | county)", REML = FALSE),
  model("radon_uranium", "radon", "log_radon ~ floor + log_uranium + (1 | county)"),
  model("radon_uranium_ml", "radon", "log_radon ~ floor + log_uranium + (1 | county)", REML = FALSE),
  model("radon_product", "radon", "log_radon ~ floor * log_uranium + (1 | county)"),
  model("radon_product_ml", "radon", "log_radon ~ floor * log_uranium + (1 | county)", REML = FALSE),
  model("radon_removed", "radon", "log_radon ~ floor * log_uranium - floor:log_uranium + (1 | county)"),
  model("radon_offset", "radon", "log_radon ~ floor + offset(0.7 * log_uranium) + (1 | county)"),
  model("radon_exp", "radon", "exp(log_radon) ~ floor + exp(log_uranium) + (1 | county)"),
  model("radon_no_intercept", "radon", "log_radon ~ 0 + floor + (1 | county)"),
  model("radon_no_intercept_2", "radon", "log_radon ~ floor + log_uranium - 1 + (1 | county)"),
  model("radon_indicators", "radon", "log_radon ~ 0 + factor(floor) + log_uranium + (1 | county)"),
  model("few_groups", "edge_fewgroups", "y ~ x + (1 | g)"),
  model("labels", "edge_labels", "y ~ `pct of total` + class + (1 | g)"),
  model("missing", "edge_missing", "y ~ x + f + (1 | g)"),
  model("aliased", "edge_rankdef", "y ~ x + x2 + x3 + f + (1 | g)"),
  model("aliased_constant", "edge_rankdef", "y ~ const + x + (1 | g)"),
  model("singletons", "edge_singletons", "y ~ x + (1 | g)"),
  model("weights", "edge_weights", "y ~ x + (1 | g)", weights = "w"),
  model("weights_ml", "edge_weights", "y ~ x + (1 | g)", REML = FALSE, weights = "w"),
  model("weights_whole", "edge_weights", "yi ~ x + (1 | g)", weights = "wi"),
  model("nested_cell", "edge_nested", "y ~ x + (1 | sch:cls)"),
  model("schools", "schools", "score ~ ses + minority + sector + (1 | school)"),
  model("schools_ml", "schools", "score ~ ses + minority + sector + (1 | school)", REML = FALSE),
  model("schools_within", "schools", "score ~ ses * minority + selective + (1 | school)"),
  model("schools_sum", "schools", "score ~ ses * sector + (1 | school)", contrasts = list(sector = "sum")),
  model("plots_cell", "plots", "yield ~ ns(dose, 3) + (1 | block:variety)"),
  model("plots_block", "plots", "yield ~ variety + bs(dose, 4) + (1 | block)", REML = FALSE, weights = "area"),
  model("plots_sum", "plots", "yield ~ variety * dose + (1 | block)", weights = "area", contrasts = list(variety = "sum")),
  model("lopsided", "lopsided", "y ~ x + (1 | g)"),
  model("lopsided_ml", "lopsided", "y ~ x + (1 | g)", REML = FALSE)
)

# Factors have their levels in code-point order.
read <- function(dataset) {
  folder <- if (dataset == "radon") "../../../service/data/datasets" else "../data"
  frame <- read.csv(file.path(folder, paste0(dataset, ".csv")), check.names = FALSE, na.strings = "", encoding = "UTF-8")
  for (name in names(frame)) {
    column <- frame[[name]]
    if (!is.character(column)) next
    truth <- all(column %in% c("true", "false", NA))
    frame[[name]] <- if (truth) column == "true" else factor(column, sort(unique(column), method = "radix"))
  }
  frame
}

tight <- lmerControl(optimizer = "bobyqa", optCtrl = list(rhoend = 1e-10, maxfun = 1e6), calc.derivs = FALSE)
# Without an optimiser lmer ends where it starts; the factors are as in `tight`.
still <- lmerControl(optimizer = NULL, calc.derivs = FALSE)

# The theta near `theta` at which the criterion's slope, by differences of the fourth order, is zero; 0 if it ended there.
stationary <- function(criterion, theta) {
  if (theta < 1e-4) return(0)
  step <- 0.005 * theta
  slope <- function(at) {
    (8 * (criterion(at + step) - criterion(at - step)) - (criterion(at + 2 * step) - criterion(at - 2 * step))) /
      (12 * step)
  }
  uniroot(slope, theta * c(0.999, 1.001), extendInt = "upX", tol = 1e-12 * theta)$root
}

fit <- function(model) {
  frame <- read(model$dataset)
  arguments <- list(as.formula(model$formula), data = frame, REML = model$REML, control = tight)
  if (!is.null(model$weights)) arguments$weights <- frame[[model$weights]]
  if (!is.null(model$contrasts)) arguments$contrasts <- lapply(model$contrasts, function(name) paste0("contr.", name))
  first <- suppressMessages(do.call(lme4::lmer, arguments))
  theta <- stationary(do.call(lme4::lmer, c(arguments, devFunOnly = TRUE)), getME(first, "theta"))
  arguments$control <- still
  arguments$start <- unname(theta)
  # lme4 says that it did not optimise, and that columns were dropped.
  fitted <- suppressWarnings(suppressMessages(do.call(lme4::lmer, arguments)))
  arguments[c("control", "REML")] <- list(tight, FALSE)
  arguments$start <- NULL
  ml <- suppressMessages(do.call(lme4::lmer, arguments))
  describe(model, fitted, deviance(ml))
}

describe <- function(model, fitted, deviance) {
  summary <- coef(suppressWarnings(summary(as_lmerModLmerTest(fitted))))
  modes <- ranef(fitted, condVar = TRUE)[[1]]
  spread <- as.data.frame(VarCorr(fitted))$sdcor
  singular <- spread[1] == 0
  shares <- if (singular) NULL else performance::r2_nakagawa(fitted)
  c(model, list(
    n = nobs(fitted), group = names(ranef(fitted)), terms = I(rownames(summary)),
    estimate = I(unname(fixef(fitted))), std_error = I(unname(sqrt(diag(as.matrix(vcov(fitted)))))),
    df = I(unname(summary[, "df"])), theta = getME(fitted, "theta")[[1]], group_sd = spread[1], sigma = spread[2],
    criterion = -2 * as.numeric(logLik(fitted)), deviance = deviance, aic = AIC(fitted), bic = BIC(fitted),
    icc = if (!singular) performance::icc(fitted)$ICC_adjusted,
    r_squared = if (!singular) as.numeric(c(shares$R2_marginal, shares$R2_conditional)),
    levels = I(rownames(modes)), effect = I(modes[[1]]), effect_sd = I(sqrt(attr(modes, "postVar")[1, 1, ]))
  ))
}

lines <- vapply(models, function(model) {
  message(model$id)
  as.character(jsonlite::toJSON(fit(model), digits = NA, auto_unbox = TRUE, null = "null"))
}, "")
writeLines(paste0("[\n", paste(lines, collapse = ",\n"), "\n]"), "models.json", useBytes = TRUE)
