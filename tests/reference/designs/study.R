# Writes study.json: what planned studies tell, from dense matrices, R's own distributions and numerical integration.
# Run in this folder: Rscript study.R
# (R 4.2.2, jsonlite 1.8.4)

suppressPackageStartupMessages(library(jsonlite))

plans <- list(
  list(sizes = rep(5, 8), between = 0.33, within = 0.76),
  list(sizes = rep(2, 3), between = 1, within = 1),
  list(sizes = c(1, 1, 2, 3, 5, 8, 13), between = 0.33, within = 0.76),
  list(sizes = c(1, 40), between = 0.2, within = 1),
  list(sizes = c(rep(2, 6), rep(30, 3)), between = 0, within = 1)
)

# Imhof's formula with QUADPACK: P(sum lambda chi^2(1) <= 0).
imhof <- function(lambda) {
  lambda <- lambda[abs(lambda) > 1e-10 * max(abs(lambda))]
  lambda <- lambda / max(abs(lambda))
  f <- function(u) vapply(u, function(x) {
    sin(sum(atan(lambda * x)) / 2) / (x * prod((1 + (lambda * x)^2)^0.25))
  }, 0)
  parts <- c(0, 1, 10, 100, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8)
  area <- sum(mapply(function(a, b) {
    integrate(f, a, b, rel.tol = 1e-11, abs.tol = 1e-13, subdivisions = 5000)$value
  }, head(parts, -1), tail(parts, -1)))
  0.5 - area / pi
}

# The slope of the deviance at a variance of 0 is not negative where y' (c M - M Z Z' M) y >= 0, M the centring.
zero <- function(plan, REML) {
  n <- sum(plan$sizes)
  Z <- model.matrix(~ 0 + factor(rep(seq_along(plan$sizes), plan$sizes)))
  M <- diag(n) - 1 / n
  V <- plan$between^2 * Z %*% t(Z) + plan$within^2 * diag(n)
  c <- if (REML) sum(diag(M %*% Z %*% t(Z))) / (n - 1) else sum(diag(Z %*% t(Z))) / n
  form <- M %*% Z %*% t(Z) %*% M - c * M
  root <- chol(V)
  imhof(eigen(root %*% form %*% t(root), symmetric = TRUE)$values)
}

# The errors of the best linear unbiased predictions of mu + b_j, from the covariance of (b - mu, y).
errors <- function(plan) {
  n <- sum(plan$sizes)
  J <- length(plan$sizes)
  Z <- model.matrix(~ 0 + factor(rep(seq_len(J), plan$sizes)))
  G <- plan$between^2 * diag(J)
  V <- Z %*% G %*% t(Z) + plan$within^2 * diag(n)
  one <- rep(1, n)
  gls <- solve(V, one) / sum(solve(V, one))
  predictor <- rep(1, J) %*% t(gls) + G %*% t(Z) %*% solve(V) %*% (diag(n) - one %*% t(gls))
  miss <- predictor %*% Z - diag(J)
  list(
    mean = sqrt(1 / sum(solve(V, one))),
    groups = sqrt(diag(miss %*% G %*% t(miss) + plan$within^2 * predictor %*% t(predictor)))
  )
}

tests <- list(
  list(plan = 1, level = "group", effect = 0.4, sd = 0.5, alpha = 0.05),
  list(plan = 1, level = "observation", effect = 0.4, sd = 0.5, alpha = 0.05),
  list(plan = 2, level = "group", effect = 2, sd = 1, alpha = 0.2),
  list(plan = 3, level = "group", effect = -0.5, sd = 1, alpha = 0.01),
  list(plan = 3, level = "observation", effect = -0.5, sd = 1, alpha = 0.01)
)

# The information on x is the mean over what x may be: x' P x with P = V^-1 less what the constant takes, whose mean is
# the trace of P times the covariance of x. On the group level x is centred with mean square 1 (over J - 1) in the groups.
power <- function(test) {
  plan <- plans[[test$plan]]
  n <- sum(plan$sizes)
  J <- length(plan$sizes)
  Z <- model.matrix(~ 0 + factor(rep(seq_len(J), plan$sizes)))
  inverse <- solve(plan$between^2 * Z %*% t(Z) + plan$within^2 * diag(n))
  P <- inverse - inverse %*% matrix(1, n, n) %*% inverse / sum(inverse)
  spread <- if (test$level == "group") Z %*% t(Z) else diag(n)
  information <- test$sd^2 * sum(diag(P %*% spread))
  df <- if (test$level == "group") J - 2 else n - J - 1
  list(
    std_error = 1 / sqrt(information),
    df = df,
    power = pf(qf(1 - test$alpha, 1, df), 1, df, ncp = test$effect^2 * information, lower.tail = FALSE)
  )
}

write_json(
  list(
    plans = lapply(plans, function(plan) c(plan, list(zero = zero(plan, TRUE), zero_ml = zero(plan, FALSE)), errors(plan))),
    tests = lapply(tests, function(test) c(test, power(test)))
  ),
  "study.json",
  digits = NA, auto_unbox = TRUE, pretty = TRUE
)
