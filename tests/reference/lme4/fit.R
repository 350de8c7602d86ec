# Writes models.json: mixed models as lme4 fits them, each led on to the point where the slope of its criterion is zero.
# Run in this folder: Rscript fit.R
# (R 4.2.2, lme4 1.1-31, lmerTest 3.1-3, performance 0.10.2, jsonlite 1.8.4; see PROVENANCE.md)

suppressPackageStartupMessages({
  library(lme4)
  library(lmerTest)
  library(splines)
})
source("read.R")

model <- function(id, dataset, formula, REML = TRUE, weights = NULL, contrasts = NULL) {
  list(id = id, dataset = dataset, formula = formula, REML = REML, weights = weights, contrasts = contrasts)
}

models <- list(
  # One varying intercept.
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
  model("lopsided_ml", "lopsided", "y ~ x + (1 | g)", REML = FALSE),
  # Slopes.
  model("sleep_slope", "sleepstudy", "Reaction ~ Days + (Days | Subject)"),
  model("sleep_slope_ml", "sleepstudy", "Reaction ~ Days + (Days | Subject)", REML = FALSE),
  model("sleep_slope_apart", "sleepstudy", "Reaction ~ Days + (Days || Subject)"),
  model("sleep_slope_last", "sleepstudy", "Reaction ~ Days + (0 + Days | Subject) + (1 | Subject)", REML = FALSE),
  model("sleep_slope_alone", "sleepstudy", "Reaction ~ Days + (0 + Days | Subject)"),
  model("sleep_slope_poly", "sleepstudy", "Reaction ~ poly(Days, 2) + (poly(Days, 2) | Subject)"),
  model("sleep_slope_scaled", "sleepstudy", "Reaction ~ scale(Days) + (scale(Days) | Subject)", REML = FALSE),
  model("sleep_slope_offset", "sleepstudy", "Reaction ~ Days + offset(5 * Days) + (Days | Subject)"),
  model("sleep_slope_no_mean", "sleepstudy", "Reaction ~ 1 + (Days | Subject)"),
  model("sleep_slope_no_intercept", "sleepstudy", "Reaction ~ 0 + Days + (Days | Subject)"),
  model("radon_slope", "radon", "log_radon ~ floor + (floor | county)"),
  model("radon_slope_ml", "radon", "log_radon ~ floor + (floor | county)", REML = FALSE),
  model("radon_slope_product", "radon", "log_radon ~ floor * log_uranium + (1 + floor | county)"),
  model("boys", "Oxboys", "height ~ age + I(age^2) + (age + I(age^2) | Subject)"),
  model("boys_line", "Oxboys", "height ~ age + (age | Subject)", REML = FALSE),
  model("boys_apart", "Oxboys", "height ~ age + I(age^2) + (age + I(age^2) || Subject)"),
  model("machines_cells", "Machines", "score ~ Machine + (0 + Machine | Worker)"),
  model("machines_treatment", "Machines", "score ~ Machine + (Machine | Worker)", REML = FALSE),
  model("labels_slope", "edge_labels", "y ~ `pct of total` + (`pct of total` | g)"),
  model("missing_slope", "edge_missing", "y ~ x + f + (x | g)"),
  model("aliased_slope", "edge_rankdef", "y ~ x + x2 + f + (x | g)"),
  model("weights_slope", "edge_weights", "yi ~ x + (x | g)", weights = "wi"),
  model("schools_slope", "schools", "score ~ ses * sector + (ses | school)", REML = FALSE),
  model("pupils_slopes", "pupils", "score ~ verbal + hours + (verbal + hours | primary)"),
  model("pupils_slopes_apart", "pupils", "score ~ verbal + hours + (verbal + hours || primary)", REML = FALSE),
  model("pupils_two_terms", "pupils", "score ~ verbal + hours + (verbal | primary) + (0 + hours | primary)"),
  model("pupils_cross_level", "pupils", "score ~ verbal * income + (verbal | primary)"),
  # Crossed factors.
  model("penicillin", "Penicillin", "diameter ~ 1 + (1 | plate) + (1 | sample)"),
  model("penicillin_ml", "Penicillin", "diameter ~ 1 + (1 | plate) + (1 | sample)", REML = FALSE),
  model("pupils", "pupils", "score ~ verbal + stream + (1 | primary) + (1 | secondary)"),
  model("pupils_ml", "pupils", "score ~ verbal + stream + (1 | primary) + (1 | secondary)", REML = FALSE),
  model("pupils_offset", "pupils", "score ~ verbal + offset(base) + (verbal | primary) + (1 | secondary)"),
  model("pupils_weights", "pupils", "late ~ verbal + (1 | primary) + (1 | secondary)", weights = "weight"),
  model("pupils_weights_slope", "pupils", "late ~ verbal + (verbal | primary) + (1 | secondary)", REML = FALSE,
        weights = "weight"),
  model("pupils_both", "pupils", "score ~ verbal + offset(base) + (verbal | primary) + (verbal | secondary)"),
  model("pupils_both_apart", "pupils", "score ~ verbal + offset(base) + (verbal || primary) + (verbal || secondary)"),
  model("pupils_streams", "pupils",
        "score ~ 0 + stream + offset(base) + (0 + stream | primary) + (0 + verbal | primary) + (1 | secondary)"),
  model("pupils_pairs", "pupils", "score ~ verbal + sex + (1 | primary) + (1 | secondary) + (1 | primary:stream)"),
  # Nested factors.
  model("pastes", "Pastes", "strength ~ 1 + (1 | batch/cask)"),
  model("pastes_ml", "Pastes", "strength ~ 1 + (1 | batch/cask)", REML = FALSE),
  model("machines", "Machines", "score ~ Machine + (1 | Worker/Machine)"),
  model("machines_sum", "Machines", "score ~ Machine + (1 | Worker/Machine)", contrasts = list(Machine = "sum")),
  model("oats", "Oats", "yield ~ nitro * Variety + (1 | Block/Variety)"),
  model("oats_ml", "Oats", "yield ~ factor(nitro) + (1 | Block/Variety)", REML = FALSE),
  model("nested", "edge_nested", "y ~ x + (1 | sch/cls)"),
  model("plots", "plots", "yield ~ variety + ns(dose, 3) + (1 | block/variety)", weights = "area"),
  model("regions", "regions", "y ~ x + treated + (1 | region/town/street)"),
  model("regions_ml", "regions", "y ~ x * treated + (1 | region/town/street)", REML = FALSE),
  model("regions_slopes", "regions", "y ~ x + treated + (x || region/town)"),
  model("regions_inner_slope", "regions", "y ~ x + treated + (1 | region) + (x | region:town)"),
  model("regions_treated", "regions", "y ~ x + treated + (0 + treated | region:town)"),
  model("regions_crossed", "regions", "y ~ x + treated + (1 | region/town) + (1 | interviewer)"),
  # On the boundary.
  model("tied", "boundary", "tied ~ x + (x | g)"),
  model("tied_ml", "boundary", "tied ~ x + (x | g)", REML = FALSE),
  model("parallel", "boundary", "parallel ~ x + (x || g)"),
  model("fan", "boundary", "fan ~ x + (x || g)"),
  model("plane", "boundary", "plane ~ x + z + (x + z | g)"),
  model("one", "boundary", "one ~ x + (1 | g) + (1 | h)")
)

tight <- lmerControl(optimizer = "bobyqa", optCtrl = list(rhoend = 1e-10, maxfun = 1e6), calc.derivs = FALSE)

# Where lmer's own search ends, from its start and from another; the lower of the two.
search <- function(arguments) {
  first <- suppressWarnings(suppressMessages(do.call(lme4::lmer, arguments)))
  elsewhere <- list(start = 0.3 * is.finite(getME(first, "lower")))
  again <- suppressWarnings(suppressMessages(do.call(lme4::lmer, c(arguments, elsewhere))))
  if (logLik(again) > logLik(first)) again else first
}

# The theta near `theta` at which the criterion's slope is zero, by Newton's method with differences of the fourth order;
# elements that ended on their bound stay there.
stationary <- function(criterion, theta, lower) {
  theta[is.finite(lower) & theta < 1e-4] <- 0
  free <- which(!(is.finite(lower) & theta == 0))
  if (length(free) == 0) return(theta)
  value <- function(x) criterion(replace(theta, free, x))
  x <- theta[free]
  along <- diag(length(free))
  step <- 1e-3 * pmax(abs(x), 0.1)
  for (round in 1:20) {
    curvature <- second_differences(value, x, step * along)
    error <- sqrt(2 / diag(curvature))
    # The criterion's digits bound a step from below; its bends, and zero, about which it is even, from above.
    step <- 0.01 * pmin(error, ifelse(is.finite(lower[free]), abs(x), Inf))
    slope <- apply(step * along, 2, function(h) {
      8 * (value(x + h) - value(x - h)) - (value(x + 2 * h) - value(x - 2 * h))
    }) / (12 * step)
    move <- -solve(curvature, slope)
    x <- x + move
    if (max(abs(move / error)) < 1e-9) break
  }
  if (max(abs(move / error)) > 1e-6) stop("did not settle")
  replace(theta, free, x)
}

second_differences <- function(value, x, steps) {
  k <- length(x)
  at <- function(i, j) value(x + i + j)
  matrix(mapply(function(i, j) {
    a <- steps[, i]
    b <- steps[, j]
    (at(a, b) - at(a, -b) - at(-a, b) + at(-a, -b)) / (4 * max(abs(a)) * max(abs(b)))
  }, rep(seq_len(k), k), rep(seq_len(k), each = k)), k)
}

fit <- function(model) {
  frame <- read(model$dataset)
  arguments <- list(as.formula(model$formula), data = frame, REML = model$REML, control = tight)
  if (!is.null(model$weights)) arguments$weights <- frame[[model$weights]]
  if (!is.null(model$contrasts)) arguments$contrasts <- lapply(model$contrasts, function(name) paste0("contr.", name))
  describe(model, settled(arguments), deviance(settled(replace(arguments, "REML", FALSE))))
}

# The fit at the stationary point; lme4 says that it did not optimise, and that columns were dropped.
settled <- function(arguments) {
  first <- search(arguments)
  criterion <- suppressMessages(do.call(lme4::lmer, c(arguments, devFunOnly = TRUE)))
  theta <- stationary(criterion, getME(first, "theta"), getME(first, "lower"))
  arguments$control <- still
  arguments$start <- unname(theta)
  suppressWarnings(suppressMessages(do.call(lme4::lmer, arguments)))
}

MOST <- 60

# A factor's terms side by side, with the effects of its first MOST groups.
describe_factor <- function(group, fitted) {
  blocks <- VarCorr(fitted)[names(getME(fitted, "cnms")) == group]
  terms <- unlist(lapply(blocks, colnames))
  correlation <- matrix(NA_real_, length(terms), length(terms))
  at <- 0
  for (block in blocks) {
    own <- at + seq_len(nrow(block))
    correlation[own, own] <- attr(block, "correlation")
    at <- at + nrow(block)
  }
  modes <- ranef(fitted, condVar = TRUE)[[group]]
  variance <- attr(modes, "postVar")
  if (!is.list(variance)) variance <- list(variance)
  effect_sd <- sqrt(do.call(cbind, lapply(variance, function(v) t(matrix(apply(v, 3, diag), dim(v)[1])))))
  rows <- seq_len(min(nrow(modes), MOST))
  list(
    group = group, terms = I(terms), sd = I(unname(unlist(lapply(blocks, attr, "stddev")))),
    correlation = if (length(terms) > 1) correlation, groups = nrow(modes), levels = I(rownames(modes)[rows]),
    effect = unname(as.matrix(modes))[rows, , drop = FALSE], effect_sd = unname(effect_sd)[rows, , drop = FALSE]
  )
}

# The adjusted ICC and R2, marginal and conditional; NULL where a variance is zero, and where performance fails, as it
# does with several terms of a factor such as a:b.
shares <- function(fitted) {
  tryCatch({
    squares <- performance::r2_nakagawa(fitted, tolerance = 1e-12)
    list(icc = performance::icc(fitted, tolerance = 1e-12)$ICC_adjusted,
         r_squared = as.numeric(c(squares$R2_marginal, squares$R2_conditional)))
  }, error = function(error) NULL)
}

describe <- function(model, fitted, deviance) {
  summary <- coef(suppressWarnings(summary(as_lmerModLmerTest(fitted))))
  theta <- getME(fitted, "theta")
  singular <- any(theta[is.finite(getME(fitted, "lower"))] == 0)
  shares <- if (!singular) shares(fitted)
  c(model, list(
    n = nobs(fitted), terms = I(rownames(summary)),
    estimate = I(unname(fixef(fitted))), std_error = I(unname(sqrt(diag(as.matrix(vcov(fitted)))))),
    df = I(unname(summary[, "df"])), theta = I(unname(theta)), sigma = sigma(fitted),
    criterion = -2 * as.numeric(logLik(fitted)), deviance = deviance, aic = AIC(fitted), bic = BIC(fitted),
    icc = shares$icc, r_squared = shares$r_squared,
    factors = lapply(names(ranef(fitted)), describe_factor, fitted), singular = singular
  ))
}

lines <- vapply(models, function(model) {
  message(model$id)
  as.character(jsonlite::toJSON(fit(model), digits = NA, auto_unbox = TRUE, null = "null", na = "null"))
}, "")
writeLines(paste0("[\n", paste(lines, collapse = ",\n"), "\n]"), "models.json", useBytes = TRUE)
