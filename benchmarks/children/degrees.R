# Degrees of freedom by lmerTest and pbkrtest of the table in a folder, which columns.py describes, with its formula in
# formula.txt. Prints the seconds of each after the fit, then the degrees of freedom by either.
# Run: Rscript degrees.R FOLDER
suppressPackageStartupMessages({
  library(lmerTest)
  library(pbkrtest)
})

read_column <- function(path) {
  if (endsWith(path, ".f64")) {
    return(readBin(path, "double", file.size(path) / 8, size = 8, endian = "little"))
  }
  codes <- readBin(path, "integer", file.size(path) / 4, size = 4, endian = "little")
  structure(codes + 1L, levels = as.character(0:max(codes)), class = "factor")
}

timed <- function(work) {
  start <- as.numeric(Sys.time())
  df <- suppressWarnings(suppressMessages(work()))
  list(seconds = as.numeric(Sys.time()) - start, df = df)
}

folder <- commandArgs(trailingOnly = TRUE)[1]
paths <- list.files(folder, "[.](f64|i32)$", full.names = TRUE)
table <- as.data.frame(setNames(lapply(paths, read_column), sub("[.].*$", "", basename(paths))))
formula <- as.formula(readLines(file.path(folder, "formula.txt")))
fitted <- suppressWarnings(suppressMessages(lme4::lmer(formula, table)))

satterthwaite <- timed(function() coef(summary(as_lmerModLmerTest(fitted)))[, "df"])
kenward_roger <- timed(function() {
  adjusted <- vcovAdj(fitted)
  vapply(seq_along(fixef(fitted)), function(k) {
    ddf_Lb(adjusted, as.numeric(seq_along(fixef(fitted)) == k), vcov(fitted))
  }, 0)
})
cat(satterthwaite$seconds, kenward_roger$seconds, satterthwaite$df, kenward_roger$df, "\n")
