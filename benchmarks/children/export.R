# A data set of a package as one file a column (see columns.py): Rscript export.R PACKAGE NAME FOLDER COLUMN...
arguments <- commandArgs(trailingOnly = TRUE)
data(list = arguments[2], package = arguments[1])
table <- get(arguments[2])
for (name in arguments[-(1:3)]) {
  column <- table[[name]]
  path <- file.path(arguments[3], name)
  if (is.factor(column)) {
    writeBin(as.integer(droplevels(column)) - 1L, paste0(path, ".i32"), size = 4, endian = "little")
  } else {
    writeBin(as.double(column), paste0(path, ".f64"), size = 8, endian = "little")
  }
}
