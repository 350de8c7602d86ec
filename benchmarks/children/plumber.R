# A service of the kind that users of R write: lme4 behind plumber, answering on the port that is its argument.

suppressMessages(library(lme4))

answer <- function(req) {
  asked <- jsonlite::fromJSON(req$postBody)
  model <- lmer(as.formula(asked$formula), as.data.frame(asked$data, stringsAsFactors = TRUE))
  list(
    fixed_effects = as.list(fixef(model)),
    std_errors = as.list(sqrt(diag(as.matrix(vcov(model))))),
    variance_components = as.data.frame(VarCorr(model)),
    sigma = sigma(model),
    log_likelihood = as.numeric(logLik(model)),
    aic = AIC(model),
    random_effects = ranef(model)$county,
    coefficients = coef(model)$county
  )
}

service <- plumber::pr()
service <- plumber::pr_post(service, "/v1/fits", answer, serializer = plumber::serializer_json(digits = NA))
plumber::pr_run(service, port = as.integer(commandArgs(TRUE)[1]), quiet = TRUE, docs = FALSE)
