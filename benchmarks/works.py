"""The works that are timed: a formula and the table it is fitted to."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from benchmarks import samples
from benchmarks.samples import Sample


@dataclass(frozen=True, slots=True)
class Work:
    """What is fitted; `scale` 0 is quick for everybody, 2 too large for rivals unless asked for."""

    title: str
    formula: str
    sample: Callable[[], Sample]
    scale: int = 1


VARYING_INTERCEPT = "y ~ x + (1 | g)"

WORKS = (
    Work("radon, two predictors", "log_radon ~ floor + log_uranium + (1 | county)", samples.radon, 0),
    Work("sleepstudy, slopes", "Reaction ~ Days + (Days | Subject)", samples.sleepstudy, 0),
    Work("500 groups", VARYING_INTERCEPT, partial(samples.grouped, 10_000, 500), 0),
    Work("5,000 groups", VARYING_INTERCEPT, partial(samples.grouped, 100_000, 5_000), 0),
    Work("5,000 groups, slopes", "y ~ x + (x | g)", partial(samples.grouped, 100_000, 5_000, slopes=0.5), 0),
    Work("InstEval, two crossed factors", "y ~ 1 + (1 | s) + (1 | d)", samples.insteval),
    Work("InstEval, three factors", "y ~ service + (1 | s) + (1 | d) + (1 | dept)", samples.insteval),
    Work("20,000 x 2,000 crossed", "y ~ x + (1 | a) + (1 | b)", partial(samples.crossed, 500_000, 20_000, 2_000)),
    Work("Chem97, schools in areas", "score ~ gcsecnt + (1 | lea/school)", samples.chem97, 0),
    Work("30,000 groups nested in 3,000", "y ~ x + (1 | a/b)", partial(samples.nested, 300_000, 30_000, 3_000)),
    Work("50,000 groups", VARYING_INTERCEPT, partial(samples.grouped, 1_000_000, 50_000)),
    Work("1,000,000 groups", VARYING_INTERCEPT, partial(samples.grouped, 3_000_000, 1_000_000), 2),
)
