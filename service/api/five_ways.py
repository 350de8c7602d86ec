"""The five ways to write a multilevel model, for the manual: each with its formula, and the numbers they share.

Gelman & Hill 2007, section 12.5. The tests compute every way by itself and compare it with the service and this page.
"""

from dataclasses import dataclass

ID = "FiveWays"
TITLE = "The five ways to write the model"

INTRODUCTION = """\
A multilevel model can be written in five ways, which look different and give the same numbers. Here they are for the
radon data: y is the log radon level of house i, in a county whose index is the j of i; x is whether it was measured on
the first floor, and u the log uranium level of a county. Without u the request is `log_radon ~ floor + (1 | county)`,
with it `log_radon ~ floor + log_uranium + (1 | county)`, whichever way one thinks of it."""


@dataclass(frozen=True, slots=True)
class Way:
    """One way: its name, its formula, and how to read it."""

    name: str
    formula: str
    reading: str


WAYS = (
    Way(
        "Coefficients that vary by group",
        "y_i = α_j[i] + β x_i + ε_i,   ε_i ~ N(0, σ_y²)\nα_j ~ N(μ, σ_α²)",
        "A regression whose intercept has an index, and a model for what the index picks. This is how the answer of "
        "`/v1/pooling` is laid out: α_j is `estimate`, μ is `mu`.",
    ),
    Way(
        "Separate regressions that are connected",
        "y_i ~ N(α_j + β x_i, σ_y²)   for the houses i of county j\nα_j ~ N(γ0 + γ1 u_j, σ_α²)",
        "A local regression within each county, and a regression of their intercepts on what is known of the "
        "counties. What the first stage is told of is weighed by how well it is known: the second is no least squares "
        "of 85 points.",
    ),
    Way(
        "One large regression",
        "y ~ N(X b, σ_y² I),   X = [1  x  u  indicators of the 85 counties]\nb_county ~ N(0, σ_α²)",
        "All predictors in one matrix, the indicators of the counties among them. The distribution of their "
        "coefficients is a penalty, σ_y²/σ_α² times their squares: ridge regression, in which the data choose how "
        "strong the penalty is.",
    ),
    Way(
        "A regression with several error terms",
        "y_i = X_i β + η_j[i] + ε_i,   η_j ~ N(0, σ_α²),   ε_i ~ N(0, σ_y²)\n"
        "[ X'X   X'Z          ] [ β ]   [ X'y ]\n"
        "[ Z'X   Z'Z + λ I    ] [ η ] = [ Z'y ],   λ = σ_y²/σ_α²",
        "The indicators' coefficients are errors of the counties. Estimates of both kinds solve Henderson's equations; "
        "the answer has η under `random_effects`.",
    ),
    Way(
        "A large regression with correlated errors",
        "y = X β + ε,   ε ~ N(0, Σ)\nΣ_ii = σ_y² + σ_α²,   Σ_ik = σ_α² if houses i and k are of one county, else 0",
        "No county has an effect; houses of one county are alike, with the intraclass correlation "
        "σ_α²/(σ_α² + σ_y²). Generalised least squares gives β, and what the likelihood says of Σ gives σ_α and σ_y.",
    ),
)

NAMES = ("μ or γ0", "β", "γ1", "σ_α", "σ_y", "intraclass correlation")
NUMBERS = {
    "without u": (1.461598, -0.692994, None, 0.328222, 0.755589, 0.158743),
    "with u": (1.465763, -0.668245, 0.720268, 0.156402, 0.758439, 0.040790),
}
"""What all five ways give by REML, to six decimals."""
