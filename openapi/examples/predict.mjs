// Predictions from a fit document with nothing but Node: `node predict.mjs fit.json rows.json`, rows being records.
//
// Main effects of numbers and of factors with treatment contrasts, and intercepts and slopes that vary by any factors; a
// group the fit did not have is predicted at the mean. All else, and standard errors: POST /v1/predictions.

import { readFileSync } from "node:fs";

// The text that stands for a cell in levels.
const label = (value) => (typeof value === "boolean" ? String(value).toUpperCase() : String(value));
const column = (name) => name.replaceAll("`", "");

// What a coefficient is multiplied by: 1, a number of the row, or whether the row has the level that it is of.
function number(term, row, factors) {
  if (term === "(Intercept)") return 1;
  for (const [name, { levels, contrasts }] of Object.entries(factors)) {
    const level = term.startsWith(name) ? term.slice(name.length) : null;
    if (contrasts !== "treatment" || !levels.includes(level)) continue;
    if (!levels.includes(label(row[column(name)]))) throw new Error(`the fit does not know this level of ${name}`);
    return Number(label(row[column(name)]) === level);
  }
  if (typeof row[column(term)] !== "number") throw new Error(`${term} is not covered here`);
  return row[column(term)];
}

// The expected value of each row, with the effects of the groups that the fit knows.
export function predict(document, rows) {
  if (document.model.formula.includes("offset(")) throw new Error("offsets are not covered here");
  const { coding, fixed_effects, random_effects } = document;
  const groups = Object.entries(random_effects).map(([name, { levels, estimate, terms }]) => ({
    columns: name.replace(/[()]/g, "").split(":"), terms, of: new Map(levels.map((level, j) => [level, estimate[j]])),
  }));
  return rows.map((row) => {
    const parts = fixed_effects.map(({ term, estimate }) => [term, estimate]);
    for (const { columns, terms, of } of groups) {
      const effects = of.get(columns.map((name) => label(row[name])).join(":")) ?? [];
      effects.forEach((effect, k) => parts.push([terms[k], effect]));
    }
    return parts.reduce((sum, [term, estimate]) => sum + estimate * number(term, row, coding.factors), 0);
  });
}

if (process.argv[1]?.endsWith("predict.mjs")) {
  const [fit, rows] = process.argv.slice(2).map((path) => JSON.parse(readFileSync(path, "utf8")));
  console.log(JSON.stringify(predict(fit, rows)));
}
