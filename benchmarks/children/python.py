"""GPBoost or statsmodels, asked line by line: `load FOLDER` and `fit`.

Answers `ready VERSION`, `loaded`, `fitted SECONDS CRITERION` or `failed WHY`; the folder is described in columns.py
and has the model in model.json. Run by the interpreter that has the library, with its name: nothing of ours is here.
"""

import json
import sys
import time
from collections.abc import Callable
from contextlib import redirect_stdout
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

Columns = dict[str, Any]
Model = dict[str, Any]
"""model.json: `response`, `fixed` and, for each random term, `groups` and `slopes`."""


class Task(NamedTuple):
    """What is timed, and -2 log likelihood of what it returns."""

    fit: Callable[[], Any]
    criterion: Callable[[Any], float]


def gpboost_task(model: Model, columns: Columns) -> Task:
    """By ML; GPBoost's slopes do not correlate with its intercepts."""
    library: Any = import_module("gpboost")
    y, X = columns[model["response"]], fixed_columns(model, columns)
    random = model["random"]
    options: dict[str, Any] = {"group_data": np.column_stack([combined(term["groups"], columns) for term in random])}
    if slopes := [(k, name) for k, term in enumerate(random, 1) for name in term["slopes"]]:
        options["group_rand_coef_data"] = np.column_stack([columns[name] for _, name in slopes])
        options["ind_effect_group_rand_coef"] = [k for k, _ in slopes]
    return Task(
        lambda: library.GPModel(**options, likelihood="gaussian").fit(y=y, X=X),
        lambda fitted: 2.0 * float(fitted.get_current_neg_log_likelihood()),
    )


def statsmodels_task(model: Model, columns: Columns) -> Task:
    """By REML, of one factor or of one nested in another."""
    outer, *others = sorted(model["random"], key=lambda term: len(term["groups"]))
    groups = combined(outer["groups"], columns)
    fit = nested(model, columns, groups, others) if others else single(model, columns, groups, outer["slopes"])
    return Task(fit, lambda fitted: -2.0 * float(fitted.llf))


def single(model: Model, columns: Columns, groups: Any, slopes: list[str]) -> Callable[[], Any]:
    """MixedLM with one factor."""
    library: Any = import_module("statsmodels.api")
    y, X = columns[model["response"]], fixed_columns(model, columns)
    Z = np.column_stack([np.ones(y.size), *(columns[name] for name in slopes)])
    return lambda: library.MixedLM(y, X, groups, Z).fit()


def nested(model: Model, columns: Columns, groups: Any, others: list[Any]) -> Callable[[], Any]:
    """MixedLM with a second factor within the groups."""
    library: Any = import_module("statsmodels.formula.api")
    outer = min((term["groups"] for term in model["random"]), key=len)
    if len(others) > 1 or not set(outer) < set(others[0]["groups"]):
        raise ValueError("no crossed factors")
    frame = import_module("pandas").DataFrame({**columns, "inner_": combined(others[0]["groups"], columns)})
    text = f"{model['response']} ~ {' + '.join(['1', *model['fixed']])}"
    return lambda: library.mixedlm(
        text, frame, groups=groups, re_formula="1", vc_formula={"inner": "0 + C(inner_)"}
    ).fit()


def fixed_columns(model: Model, columns: Columns) -> Any:
    """The intercept and the predictors."""
    return np.column_stack([np.ones(columns[model["response"]].size), *(columns[name] for name in model["fixed"])])


def combined(names: list[str], columns: Columns) -> Any:
    """The codes of a factor, or of the combinations of several that occur."""
    if len(names) == 1:
        return columns[names[0]]
    pairs = np.column_stack([columns[name] for name in names])
    return np.unique(pairs, axis=0, return_inverse=True)[1].ravel()


def read_columns(folder: Path) -> Columns:
    """Every column in a folder."""
    numbers = {path.stem: np.fromfile(path, "<f8") for path in folder.glob("*.f64")}
    return {**numbers, **{path.stem: np.fromfile(path, "<i4") for path in folder.glob("*.i32")}}


def timed(task: Task) -> str:
    """One fit, as it is told."""
    start = time.perf_counter()
    fitted = task.fit()
    return f"fitted {time.perf_counter() - start:.9f} {task.criterion(fitted):.15g}"


def main(library: str) -> None:
    """Answer until there is nothing more to read; what libraries print goes to standard error."""
    import_module(library)
    make = {"gpboost": gpboost_task, "statsmodels": statsmodels_task}[library]
    out = sys.stdout
    print("ready", version(library), flush=True)
    for line in sys.stdin:
        folder = Path(line.removeprefix("load ").strip())
        with redirect_stdout(sys.stderr):
            try:
                if line.startswith("load "):
                    task = make(json.loads((folder / "model.json").read_text()), read_columns(folder))
                    answer = "loaded"
                else:
                    answer = timed(task)
            except Exception as error:
                answer = "failed " + " ".join(str(error).split())
        print(answer, file=out, flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
