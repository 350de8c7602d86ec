# The seconds that lme4's bootMer takes for one draw: Rscript bootmer.R TABLE.csv FORMULA DRAWS
suppressPackageStartupMessages(library(lme4))
arguments <- commandArgs(trailingOnly = TRUE)
model <- suppressMessages(lmer(as.formula(arguments[2]), read.csv(arguments[1])))
estimates <- function(m) c(fixef(m), as.data.frame(VarCorr(m))$sdcor)
draws <- as.integer(arguments[3])
start <- as.numeric(Sys.time())
found <- suppressWarnings(suppressMessages(bootMer(model, estimates, nsim = draws, seed = 1)))
cat((as.numeric(Sys.time()) - start) / draws, "\n")
