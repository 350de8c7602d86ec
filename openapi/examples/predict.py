"""Predictions from a fit document with nothing but Python: `python predict.py fit.json rows.json`, rows being records.

Main effects of numbers and of factors with treatment contrasts, and intercepts and slopes that vary by any factors; a
group the fit did not have is predicted at the mean. All else, and standard errors: POST /v1/predictions.
"""

import json
import sys
from pathlib import Path


def label(value):
    """The text that stands for a cell in levels."""
    return str(value).upper() if isinstance(value, bool) else value if isinstance(value, str) else f"{value:.15g}"


def number(term, row, factors):
    """What a coefficient is multiplied by: 1, a number of the row, or whether the row has the level that it is of."""
    if term == "(Intercept)":
        return 1.0
    for name, factor in factors.items():
        if factor["contrasts"] == "treatment" and term.startswith(name) and term[len(name) :] in factor["levels"]:
            if label(row[name.strip("`")]) not in factor["levels"]:
                raise ValueError(f"the fit does not know this level of {name}")
            return float(label(row[name.strip("`")]) == term[len(name) :])
    return float(row[term.strip("`")])


def predict(document, rows):
    """The expected value of each row, with the effects of the groups that the fit knows."""
    if "offset(" in document["model"]["formula"]:
        raise ValueError("offsets are not covered here")
    factors, effects = document["coding"]["factors"], document["random_effects"]
    groups = {name: dict(zip(own["levels"], own["estimate"], strict=True)) for name, own in effects.items()}
    for row in rows:
        parts = [(fixed["term"], fixed["estimate"]) for fixed in document["fixed_effects"]]
        for name, own in groups.items():
            group = ":".join(label(row[column]) for column in name.replace("(", "").replace(")", "").split(":"))
            if group in own:
                parts += zip(effects[name]["terms"], own[group], strict=True)
        yield sum(estimate * number(term, row, factors) for term, estimate in parts)


if __name__ == "__main__":
    fit, new = (json.loads(Path(path).read_text(encoding="utf-8")) for path in sys.argv[1:3])
    print(json.dumps(list(predict(fit, new))))
