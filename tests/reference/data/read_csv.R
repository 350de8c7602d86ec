# What R's read.csv makes of small CSV files: the reference for service/data/csv_table.py.
# Run from the repository: Rscript tests/reference/data/read_csv.R
library(jsonlite)

files <- list(
  plain = "y,x,g\n1.5,2,a\n-3,4e2,b\n",
  missing = "y,g\n1,a\nNA,NA\n3,b\n",
  missing_quoted = "y,g\n1,a\n\"NA\",\"NA\"\n3,b\n",
  missing_empty_number = "y,x\n1,2\n,3\n\"\",4\n",
  all_missing = "y,x\n1,NA\n2,NA\n",
  quoted_numbers = "\"y\",\"x\"\n\"1\",\"2.5\"\n\"3\",\"-4\"\n",
  quoted_commas = "y,g\n1,\"a, b\"\n2,\"say \"\"hi\"\"\"\n",
  quoted_line_end = "y,g\n1,\"a\nb\"\n2,c\n",
  carriage_returns = "y,g\r\n1,a\r\n2,b\r\n",
  no_final_line_end = "y,g\n1,a\n2,b",
  blank_lines = "y,g\n\n1,a\n\n2,b\n\n",
  upper_truth = "y,t\n1,TRUE\n2,FALSE\n3,NA\n",
  lower_truth = "y,t\n1,true\n2,false\n",
  title_truth = "y,t\n1,True\n2,False\n",
  truth_and_text = "y,t\n1,TRUE\n2,maybe\n",
  truth_and_number = "y,t\n1,TRUE\n2,1\n",
  blanks_around_numbers = "y,x\n1, 2\n2,3 \n",
  blanks_around_labels = "y,g\n1, a\n2,a\n3,a \n",
  number_and_text = "y,x\n1,2\n2,three\n",
  signs_and_points = "y\n+1\n-.5\n2.\n1E-3\n",
  exponents_out_of_reach = "y\n1e-400\n1\n",
  not_a_number = "y\nNaN\n1\n",
  accents = "y,g\n1,\u00e9\n2,e\n3,E\n",
  decimal_commas = "y,x\n1,\"2,5\"\n2,\"3,5\"\n",
  dates = "y,d\n1,2024-01-31\n2,2024-02-01\n"
)

column <- function(cells) {
  kind <- if (is.character(cells)) "Categorical" else if (is.logical(cells) && !all(is.na(cells))) "Logical" else "Numeric"
  list(kind = kind, cells = if (kind == "Categorical") as.list(cells) else as.list(as.numeric(cells)))
}
read <- function(text) {
  table <- read.csv(text = text, encoding = "UTF-8", check.names = FALSE)
  list(text = text, columns = lapply(table, column))
}
write_json(lapply(files, read), "tests/reference/data/read_csv.json", auto_unbox = TRUE, digits = NA, na = "null", pretty = 1)
