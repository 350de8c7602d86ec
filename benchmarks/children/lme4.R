# lme4, asked line by line: `load FOLDER` and `fit`. Answers `ready VERSION`, `loaded`, `fitted SECONDS CRITERION` or
# `failed WHY`; the folder is described in columns.py and has the formula in formula.txt.
suppressPackageStartupMessages(library(lme4))

say <- function(...) {
  cat(..., "\n", sep = "")
  flush(stdout())
}

read_column <- function(path) {
  if (endsWith(path, ".f64")) {
    return(readBin(path, "double", file.size(path) / 8, size = 8, endian = "little"))
  }
  codes <- readBin(path, "integer", file.size(path) / 4, size = 4, endian = "little")
  structure(codes + 1L, levels = as.character(0:max(codes)), class = "factor")
}

read_table <- function(folder) {
  paths <- list.files(folder, "[.](f64|i32)$", full.names = TRUE)
  columns <- lapply(paths, read_column)
  names(columns) <- sub("[.].*$", "", basename(paths))
  as.data.frame(columns)
}

answer <- function(line) {
  if (startsWith(line, "load ")) {
    folder <- sub("^load ", "", line)
    gc()
    table <<- read_table(folder)
    formula <<- as.formula(readLines(file.path(folder, "formula.txt")))
    return("loaded")
  }
  start <- as.numeric(Sys.time())
  model <- suppressWarnings(suppressMessages(lmer(formula, table)))
  seconds <- as.numeric(Sys.time()) - start
  sprintf("fitted %.9f %.15g", seconds, REMLcrit(model))
}

table <- formula <- NULL
blas <- basename(extSoftVersion()[["BLAS"]])
say("ready ", format(packageVersion("lme4")), " (R ", format(getRversion()), ", ", blas, ")")
input <- file("stdin", "r")
while (length(line <- readLines(input, 1)) > 0) {
  say(tryCatch(answer(line), error = function(e) paste("failed", gsub("\\s+", " ", conditionMessage(e)))))
}
