"""What a fit document remembers so that it predicts without its data: how they were coded, and how estimates err.

Numbers of many groups stand column by column, a list for each coefficient: they are read as a whole.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Numbers = list[float]
"""A number for each group, or for each element of a matrix."""

Index = Annotated[int, Field(ge=0)]


class Memory(BaseModel):
    """A part of what is remembered."""

    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="null", allow_inf_nan=False)


class FactorCoding(Memory):
    """A variable with levels, and the contrasts that code it."""

    levels: list[str] = Field(description="The first is the baseline.")
    contrasts: Literal["treatment", "sum", "helmert", "poly"]


class Coding(Memory):
    """How new data are coded as those of the fit were; how each variable is computed, the formula says."""

    version: Literal[1] = Field(description="Of the coding and of `prediction`.")
    factors: dict[str, FactorCoding] = Field(description="The variables with levels, by their label in the formula.")
    constants: dict[str, dict[str, Numbers]] = Field(
        description="What functions took from a column of the fit, by their call: the centre and scale of `scale(x)`, "
        "the recurrence of `poly(x, 2)`, the knots of `ns(x, 3)`.",
        examples=[{"scale(x)": {"center": [4.5], "scale": [2.87]}}],
    )
    columns: list[Index] = Field(
        description="Which columns of the formula's model matrix `fixed_effects` are the coefficients of, from 0."
    )


class SparseRows(Memory):
    """A sparse matrix by rows: `starts` says where in `columns` and `values` each row begins, and the last ends."""

    starts: list[Index]
    columns: list[Index]
    values: Numbers


class ErrorLink(Memory):
    """How the effects of a factor's groups err, given the errors of the factors that come later and of beta.

    With `u` independent and standard normal, the error of group j is R_j'u - K_j (later errors) - P_j (error of beta).
    """

    group: str = Field(description="The factor.")
    root: list[Numbers] = Field(description="The upper triangles R_j, row by row: a list over the groups for each.")
    pull: list[Numbers] = Field(description="P_j, row by row: a list over the groups for each element.")
    later: SparseRows | None = Field(
        description="K, a row for each group and coefficient; its columns are the later factors', a group's side by "
        "side. Null for the last factor."
    )


class ErrorTie(Memory):
    """The same of all factors after the links, whose groups touch each other as crossed ones do."""

    root: Numbers = Field(description="The upper triangle, row by row, of one matrix for all groups and coefficients.")
    pull: list[Numbers] = Field(description="A row for each group and coefficient, factor by factor.")


class VarianceNodes(Memory):
    """How well the variances of a varying-intercept model are known: its posterior as a mixture of t distributions.

    The prior is flat on the coefficients and on the standard deviation between groups, 1/sigma^2 on the residual
    variance. Each node is a ratio `theta` of the standard deviations, with its `share`.
    """

    theta: Numbers
    share: Numbers
    sigma: Numbers = Field(description="The scale of the residuals at each node.")
    df: Index = Field(description="The degrees of freedom of each t distribution.")
    beta: list[Numbers] = Field(description="The coefficients at each node.")
    root: list[Numbers] = Field(description="For each node a matrix R, row by row: sigma |R x| is the scale of x'beta.")
    weights: Numbers = Field(description="The summed prior weights of each group.")
    response: Numbers = Field(description="The mean of the response, less offsets, in each group.")


class PredictionErrors(Memory):
    """What standard errors of predictions need: the law of the errors of beta and of the effects together.

    The standard error of x'beta is |root x|; a group that the fit did not have adds |spread' z|^2 to its square. What
    is said of each group is there beside `random_effects` unless it is long: `means`, or `links` and `tie`.
    """

    root: list[Numbers]
    spreads: dict[str, list[Numbers] | None] = Field(
        description="For each factor a root of the covariance of its effects; null where it has no bound."
    )
    means: list[Numbers | None] | None = Field(
        description="Where a varying intercept by one factor is all that varies: for each coefficient the means of its "
        "column in the groups, null for a column of ones. R of a group is its `std_error`, P its `weight` times the "
        "means."
    )
    links: list[ErrorLink] | None = Field(description="Of other models: a link for each factor, as far as there are.")
    tie: ErrorTie | None
    variances: VarianceNodes | None = Field(
        description="For `variance_uncertainty`: there if `include` asks for `prediction`, and a varying intercept is "
        "all that varies."
    )
