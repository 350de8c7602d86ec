# Writes the data sets of our own making, ../data/schools.csv, plots.csv, lopsided.csv, pupils.csv, regions.csv and
# boundary.csv, and three of nlme's: Machines.csv, Oats.csv and Oxboys.csv.
# Run in this folder: Rscript data.R  (R 4.2.2, nlme 3.1-162, lme4 1.1-31)

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

# Pupils of 20 primary and 8 secondary schools, not every pair of which occurs.
pairs <- data.frame(primary = sample(20, 260, TRUE, 1 + seq_len(20) %% 4), secondary = sample(8, 260, TRUE, 1:8))
pupils <- data.frame(primary = sprintf("p%02d", pairs$primary), secondary = LETTERS[pairs$secondary])
pupils$verbal <- round(rnorm(260), 2)
pupils$hours <- round(runif(260, -2, 2), 2)
pupils$sex <- c("f", "m")[1 + rbinom(260, 1, 0.5)]
pupils$stream <- c("low", "mid", "top")[sample(3, 260, TRUE, c(4, 3, 3))]
pupils$income <- round(rnorm(20), 1)[pairs$primary]
pupils$weight <- round(10^runif(260, -1, 1), 3)
pupils$base <- round(rnorm(260, 10, 2), 1)
lines <- matrix(rnorm(60), 20) %*% chol(matrix(c(1, 0.4, -0.2, 0.4, 0.6, 0.1, -0.2, 0.1, 0.4), 3))
other <- matrix(rnorm(16), 8) %*% chol(matrix(c(0.8, -0.3, -0.3, 0.3), 2))
streams <- matrix(rnorm(60, 0, 0.7), 20)
pupils$score <- round(pupils$base + pupils$verbal - 0.5 * pupils$hours + 0.4 * pupils$verbal * pupils$income +
                        0.6 * (pupils$stream == "top") + lines[pairs$primary, 1] +
                        lines[pairs$primary, 2] * pupils$verbal + lines[pairs$primary, 3] * pupils$hours +
                        other[pairs$secondary, 1] + other[pairs$secondary, 2] * pupils$verbal +
                        streams[cbind(pairs$primary, match(pupils$stream, c("low", "mid", "top")))] + rnorm(260), 2)
pupils$late <- round(pupils$score + rnorm(260) / sqrt(pupils$weight), 2)
pupils$late[sample(260, 12)] <- NA
write(pupils, "pupils.csv")

# Regions, towns and streets whose labels repeat, crossed with interviewers.
cells <- expand.grid(street = c("1", "2", "3"), town = c("u", "v", "w", "x"),
                     region = c("East", "Mid", "North", "South", "West"))
regions <- cells[sort(sample(60, 190, TRUE, 1 + seq_len(60) %% 5)), ]
inner <- as.integer(interaction(regions$region, regions$town))
region <- as.integer(regions$region)
regions$interviewer <- paste0("i", sample(9, 190, TRUE))
regions$x <- round(rnorm(190), 2)
regions$treated <- c("true", "false")[1 + rbinom(190, 1, 0.5)]
regions$y <- round(10 + regions$x + (regions$treated == "true") + 1.5 * rnorm(5)[region] + 0.9 * rnorm(5)[region] * regions$x +
                     rnorm(20)[inner] + 0.6 * rnorm(20)[inner] * regions$x +
                     0.8 * rnorm(100)[as.integer(interaction(inner, regions$street))] +
                     0.7 * rnorm(9)[as.integer(factor(regions$interviewer))] + 0.6 * rnorm(190), 2)
write(regions[sample(190), ], "regions.csv")

# Responses whose optimum lies on the boundary, each drawn until it does.
quick <- lme4::lmerControl(optimizer = "bobyqa", calc.derivs = FALSE, check.conv.singular = "ignore")
ends <- function(formula) lme4::getME(lme4::lmer(formula, edge, control = quick), "theta") < 1e-6
edge <- data.frame(g = rep(sprintf("g%02d", 1:12), c(9, 7, 8, 4, 9, 8, 8, 3, 8, 9, 7, 8)))
edge$x <- round(rnorm(88), 2)
edge$z <- round(runif(88), 2)
edge$h <- letters[sample(5, 88, TRUE)]
group <- as.integer(factor(edge$g))
draw <- function(mean) round(mean + rnorm(88), 2)
repeat { # the correlation is -1
  v <- rnorm(12)
  edge$tied <- draw(4 + edge$x + 1.2 * v[group] - 0.5 * v[group] * edge$x)
  if (ends(tied ~ x + (x | g))[3]) break
}
repeat { # the slopes do not vary
  edge$parallel <- draw(1 + edge$x + rnorm(12)[group])
  if (ends(parallel ~ x + (x || g))[2]) break
}
repeat { # the intercepts do not vary
  edge$fan <- draw(1 + edge$x * (1 + 0.8 * rnorm(12)[group]))
  if (ends(fan ~ x + (x || g))[1]) break
}
repeat { # three coefficients vary in a plane
  v <- rnorm(12)
  r <- rnorm(12)
  edge$plane <- draw(1 + edge$x + edge$z + 1.5 * v[group] + r[group] * edge$x + 2 * (v - r)[group] * edge$z)
  on <- ends(plane ~ x + z + (x + z | g))
  if (on[6] && !on[4]) break
}
repeat { # one of two crossed factors does not vary
  edge$one <- draw(3 + edge$x + rnorm(12)[group])
  if (all(ends(one ~ x + (1 | g) + (1 | h)) == c(FALSE, TRUE))) break
}
write(edge, "boundary.csv")

write(as.data.frame(nlme::Machines), "Machines.csv")
write(as.data.frame(nlme::Oats), "Oats.csv")
write(as.data.frame(nlme::Oxboys)[c("Subject", "age", "height")], "Oxboys.csv")
