# Writes profile.json: profile intervals of mixed models by lme4's deviance, each end where the deviance, least over all
# other parameters, is a quantile of chi-squared above its least.
# Run in this folder: Rscript profile.R
# (R 4.2.2, lme4 1.1-31, jsonlite 1.8.4)
#
# lme4's own confint() reads the ends off splines through some ten points, which are right to 1e-6 to 1e-2 of an interval,
# and its profiles of coefficients forget prior weights. Here each end is a root of the deviance itself.

suppressPackageStartupMessages(library(lme4))
LEVEL <- 0.95
DROP <- qchisq(LEVEL, 1)
FINE <- list(rhoend = 1e-9, maxfun = 1e5)

models <- list(
  list(id = "radon", dataset = "radon", formula = log_radon ~ floor + (1 | county)),
  list(id = "radon_slope_alone", dataset = "radon", formula = log_radon ~ floor + (0 + floor | county)),
  list(id = "few_groups", dataset = "edge_fewgroups", formula = y ~ x + (1 | g)),
  list(id = "weights", dataset = "edge_weights", formula = y ~ x + (1 | g), weights = "w"),
  list(id = "dyestuff2", dataset = "Dyestuff2", formula = Yield ~ 1 + (1 | Batch)),
  list(id = "sleep", dataset = "sleepstudy", formula = Reaction ~ Days + (Days | Subject)),
  list(id = "sleep_apart", dataset = "sleepstudy", formula = Reaction ~ Days + (1 | Subject) + (0 + Days | Subject)),
  list(id = "sleep_no_mean", dataset = "sleepstudy", formula = Reaction ~ 1 + (Days | Subject)),
  list(id = "radon_slope", dataset = "radon", formula = log_radon ~ floor + (floor | county)),
  list(id = "weights_slope", dataset = "edge_weights", formula = yi ~ x + (x | g), weights = "wi"),
  list(id = "penicillin", dataset = "Penicillin", formula = diameter ~ 1 + (1 | plate) + (1 | sample)),
  list(id = "pastes", dataset = "Pastes", formula = strength ~ 1 + (1 | batch/cask)),
  list(id = "pupils", dataset = "pupils", formula = score ~ verbal + (verbal | primary) + (1 | secondary)),
  list(id = "tied", dataset = "boundary", formula = tied ~ x + (x | g)),
  list(id = "parallel", dataset = "boundary", formula = parallel ~ x + (1 | g) + (0 + x | g)),
  list(id = "one", dataset = "boundary", formula = one ~ x + (1 | g) + (1 | h))
)

read <- function(dataset) {
  folder <- if (dataset == "radon") "../../../service/data/datasets" else "../data"
  read.csv(file.path(folder, paste0(dataset, ".csv")), na.strings = "", encoding = "UTF-8", stringsAsFactors = TRUE)
}

# The least of a function over a box, from several starts, and where.
least <- function(f, starts, lower, upper) {
  best <- list(fval = Inf)
  for (start in starts) {
    found <- minqa::bobyqa(pmin(pmax(start, lower), upper), f, lower, upper, FINE)
    found <- minqa::bobyqa(found$par, f, lower, upper, FINE)
    if (found$fval < best$fval) best <- found
  }
  best
}

# The end of an interval on the way from the estimate to a bound: the bound, if that is within the level.
end <- function(profile, estimate, bound, level) {
  if (is.finite(bound)) {
    if (profile(bound) <= level) return(bound)
    outside <- bound
  } else {
    step <- 1
    while (profile(outside <- estimate + sign(bound) * step) <= level) step <- 2 * step
  }
  uniroot(function(value) profile(value) - level, sort(c(estimate, outside)), tol = 1e-9)$root
}

# Of the standard deviations, correlations and sigma, by lme4's deviance as a function of them.
of_variances <- function(fit) {
  deviance <- lme4:::devfun2(fit, useSc = TRUE, signames = FALSE)
  optimum <- attr(deviance, "optimum")
  optimum <- optimum[seq_len(match("sigma", names(optimum)))]
  names <- names(optimum)
  k <- length(optimum)
  kind <- ifelse(names == "sigma", "sigma", sub("_.*", "", names))
  unit <- optimum["sigma"]
  lower <- ifelse(kind == "cor", -1, ifelse(kind == "sigma", unit / 50, 0))
  upper <- ifelse(kind == "cor", 1, Inf)
  scale <- ifelse(kind == "cor", 1, unit)
  base <- attr(deviance, "basedev")
  ends <- t(sapply(seq_len(k), function(i) {
    free <- setdiff(seq_len(k), i)
    profile <- function(value) {
      f <- function(x) {
        all <- numeric(k)
        all[i] <- value
        all[free] <- x
        found <- deviance(all * scale)
        if (is.finite(found)) found else 1e10
      }
      start <- (optimum / scale)[free]
      if (!length(free)) return(f(numeric(0)))
      if (length(free) == 1)
        return(optimize(f, c(lower[free] / scale[free], 4 * start + 4), tol = 1e-11)$objective)
      inner <- pmax(start, ifelse(kind[free] == "cor", -0.9, 0.2))
      least(f, list(start, pmin(inner, ifelse(kind[free] == "cor", 0.9, Inf)), 1.3 * inner),
            lower[free] / scale[free], upper[free])$fval
    }
    estimate <- (optimum / scale)[i]
    c(end(profile, estimate, lower[i] / scale[i], base + DROP), end(profile, estimate, if (kind[i] == "cor") 1 else Inf, base + DROP)) *
      scale[i]
  }))
  list(names = names, ends = ends)
}

# Of the coefficients: of y - b x, with x among the columns no more.
of_coefficients <- function(fit, formula, frame, prior_weights) {
  environment(formula) <- environment()
  parsed <- lFormula(formula, frame, REML = FALSE, weights = prior_weights, control = lmerControl(
    check.nobs.vs.nRE = "ignore", check.rankX = "ignore"))
  X <- parsed$X
  y <- model.response(parsed$fr)
  lower <- getME(fit, "lower")
  base <- -2 * as.numeric(logLik(fit))
  t(sapply(seq_len(ncol(X)), function(i) {
    profile <- function(value) {
      parsed$fr[[1]] <- y - (fixef(fit)[i] + value) * X[, i]
      parsed$X <- X[, -i, drop = FALSE]
      f <- do.call(mkLmerDevfun, parsed)
      theta <- getME(fit, "theta")
      if (length(theta) == 1) return(optimize(f, c(0, 4 * theta + 4), tol = 1e-11)$objective)
      least(f, list(theta, pmax(theta, 0.2)), lower, rep(Inf, length(theta)))$fval
    }
    fixef(fit)[i] + c(end(profile, 0, -Inf, base + DROP), end(profile, 0, Inf, base + DROP))
  }))
}

intervals <- lapply(models, function(model) {
  frame <- read(model$dataset)
  # A name that no column has, as lmer looks among the columns first.
  prior_weights <- if (is.null(model$weights)) NULL else frame[[model$weights]]
  environment(model$formula) <- environment()
  fit <- lmer(model$formula, frame, REML = FALSE, weights = prior_weights,
              control = lmerControl(optimizer = "bobyqa", optCtrl = FINE, check.conv.singular = "ignore"))
  variances <- of_variances(fit)
  cat(model$id, "\n")
  list(
    id = model$id, dataset = model$dataset, formula = deparse(model$formula, width.cutoff = 500L),
    weights = model$weights,
    parameters = c(variances$names, names(fixef(fit))),
    ends = unname(rbind(variances$ends, of_coefficients(fit, model$formula, frame, prior_weights)))
  )
})

one_line_each <- sapply(intervals, jsonlite::toJSON, digits = I(10), auto_unbox = TRUE, null = "null")
writeLines(c("[", paste0(one_line_each, c(rep(",", length(intervals) - 1), "")), "]"), "profile.json")
