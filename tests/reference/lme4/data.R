# Writes the data sets of our own making: ../data/schools.csv, plots.csv and lopsided.csv.
# Run in this folder: Rscript data.R  (R 4.2.2)

set.seed(20, kind = "Mersenne-Twister", normal.kind = "Inversion", sample.kind = "Rejection")
write <- function(frame, name) write.csv(frame, file.path("..", "data", name), row.names = FALSE, na = "", quote = FALSE)

# Pupils in schools with numeric labels: a truth value and a number that vary within schools, two facts of the school
# itself, one of which is truth, and schools of 1 to 60 pupils.
size <- c(60, 1, 1, 2, 3, 25, 14, 9, 31, 17, 6, 12, 4, 20, 11, 8)
pupils <- data.frame(school = rep(c(1224, 1288, 1296, 1308, 1317, 1358, 1374, 1433, 1436, 1461, 1462, 1477, 1499, 1637,
                                    1906, 1909), size))
school <- match(pupils$school, unique(pupils$school))
pupils$sector <- c("public", "catholic", "other")[c(1, 2, 1, 1, 3, 2, 1, 1, 2, 1, 3, 2, 2, 1, 1, 2)][school]
pupils$selective <- c("true", "false")[1 + (school %% 3 > 0)]
pupils$minority <- c("true", "false")[1 + rbinom(nrow(pupils), 1, 0.6 + 0.3 * (school %% 2))]
pupils$ses <- round(rnorm(nrow(pupils), 0.4 * rnorm(16)[school], 0.7), 3)
pupils$score <- round(12 + 2.2 * pupils$ses - 1.7 * (pupils$minority == "true") + 1.2 * (pupils$sector == "catholic") +
                        1.5 * rnorm(16)[school] + rnorm(nrow(pupils), 0, 5), 2)
write(pupils[sample(nrow(pupils)), ], "schools.csv")

# A field trial with labels that repeat in every block, and cells of 0 to 4 plots.
cells <- expand.grid(block = c("b1", "b2", "b3", "b10"), variety = c("Ava", "Bo", "Cy", "Di", "Ed"))
plots <- cells[rep(seq_len(20), c(3, 0, 2, 4, 1, 2, 0, 3, 4, 2, 1, 0, 3, 3, 2, 1, 4, 0, 2, 2)), ]
cell <- as.integer(factor(paste(plots$block, plots$variety)))
plots$dose <- round(runif(nrow(plots), 0, 10), 2)
plots$area <- round(10^runif(nrow(plots), -1, 1), 3)
plots$yield <- round(30 + 4 * sin(plots$dose / 2) + 2 * rnorm(16)[cell] + rnorm(nrow(plots)) / sqrt(plots$area), 3)
write(plots[sample(nrow(plots)), ], "plots.csv")

# One group of a thousand rows, thirty of one, two of two.
size <- c(1000, rep(1, 30), 2, 2)
group <- rep(seq_along(size), size)
rows <- data.frame(g = paste0("g", group), x = round(rnorm(length(group)), 2))
rows$y <- round(1 + 0.5 * rows$x + 0.8 * rnorm(length(size))[group] + rnorm(length(group)), 2)
write(rows[sample(nrow(rows)), ], "lopsided.csv")
