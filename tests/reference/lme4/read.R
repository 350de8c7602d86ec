# What fit.R, predict.R and kenward_roger.R share: the tables, and lmer without a search.

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

# Without an optimiser lmer ends where it starts.
still <- lmerControl(optimizer = NULL, calc.derivs = FALSE)
