"""The notes that fits may carry: every code, what it says and means, and what to ask next.

This is the one place that knows severity, advice and source of a code; the report adds what it found, and where.
"""

from pydantic import Field

from service.contract.document import NextRequest, Severity
from service.contract.part import Part

GROUP = "The grouping factor."
FACTORS = "The grouping factors, in place of `group` where there are several."
TERMS = "The names, ten at most."

POSTERIOR = NextRequest(method="GET", path="/v1/fits/{id}/posterior", body=None)
HALF_T = NextRequest(method="GET", path="/v1/fits/{id}/posterior?prior=half-t&scale={sd_within}", body=None)
LINES = NextRequest(method="POST", path="/v1/fits", body={"formula": "{formula}", "include": ["coefficients"]})
PROFILE = NextRequest(method="GET", path="/v1/fits/{id}/intervals?method=profile", body=None)
POOLING = NextRequest(method="POST", path="/v1/pooling", body={"formula": "{formula}"})
ESTIMATED = NextRequest(method="POST", path="/v1/fits", body={"formula": "{formula}", "theta": None})
COMPLETE_ROWS = NextRequest(method="POST", path="/v1/fits", body={"formula": "{formula}", "missing": "error"})
KENWARD_ROGER = NextRequest(method="POST", path="/v1/fits", body={"formula": "{formula}", "df": "kenward-roger"})
SATTERTHWAITE = NextRequest(method="POST", path="/v1/fits", body={"formula": "{formula}", "df": "satterthwaite"})
LARGE_ENOUGH = NextRequest(
    method="POST",
    path="/v1/designs",
    body={
        "groups": {"n_groups": "{n_groups}", "size": "{size}"},
        "sd_between": "{sd_between}",
        "sd_within": "{sd_within}",
    },
)


class NoteKind(Part):
    """A kind of note."""

    code: str = Field(description="Stable: clients may rely on it.")
    severities: list[Severity] = Field(description="How serious it is; the most serious first, if it depends.")
    title: str = Field(description="What is the case, in one sentence.")
    where: dict[str, str] = Field(description="The names in a note's `where`, and what they mean.")
    advice: str = Field(description="What to do, in one sentence: every note of this kind ends with it.")
    see: str = Field(description="The section or paper it rests on.")
    next: list[NextRequest] = Field(
        description="Requests to make next: a note carries the first that its model can be asked, with the words in "
        "braces filled in, and none if there is no such request."
    )


class NoteCatalogue(Part):
    """Every kind of note, in the order in which notes of one severity stand."""

    notes: list[NoteKind]


NOTES = NoteCatalogue(
    notes=[
        NoteKind(
            code="rows_dropped",
            severities=["info"],
            title="Rows lack a value in a used column and were left out.",
            where={"n_dropped": "Rows left out.", "n_observations": "Rows fitted."},
            advice="Unless values are missing at random, the estimates describe the complete rows alone.",
            see="Gelman & Hill 2007, chapter 25",
            next=[COMPLETE_ROWS],
        ),
        NoteKind(
            code="aliased_terms",
            severities=["warning"],
            title="Columns that the ones before determine were dropped, as lm and lmer do.",
            where={"terms": TERMS},
            advice="Leave them out of the formula, or the columns they repeat; what varies little around a large value "
            "needs to be centred.",
            see="Gelman & Hill 2007, section 4.5",
            next=[],
        ),
        NoteKind(
            code="no_pooling",
            severities=["info"],
            title="Theta is held at infinity: each group has a coefficient of its own, as in classical regression.",
            where={"group": GROUP},
            advice="Compare it with partial pooling, which overstates the variation between groups less.",
            see="Gelman & Hill 2007, section 12.3",
            next=[POOLING, ESTIMATED],
        ),
        NoteKind(
            code="theta_held",
            severities=["info"],
            title="Theta is held at the given values, not estimated.",
            where={"group": GROUP, "factors": FACTORS, "theta": "The values."},
            advice="Standard errors take it as known: leave it out of the request to have it estimated.",
            see="Gelman & Hill 2007, section 12.3",
            next=[POOLING, ESTIMATED],
        ),
        NoteKind(
            code="no_residual_variance",
            severities=["warning"],
            title="The model reproduces the response exactly: no residual variance is left.",
            where={"group": GROUP, "factors": FACTORS, "sigma": "The residual standard deviation, 0."},
            advice="Check that the response is not computed from the predictors or the groups.",
            see="Gelman & Hill 2007, section 12.4",
            next=[],
        ),
        NoteKind(
            code="variances_unidentified",
            severities=["warning"],
            title="The rows do not tell some variances from others.",
            where={
                "group": GROUP,
                "n_groups": "Its groups.",
                "n_observations": "Rows fitted.",
                "terms": "What varies by an unknown amount, ten at most; absent where it is all that varies.",
            },
            advice="Fit fewer coefficients, let fewer of them vary, or collect more rows to a group.",
            see="Gelman & Hill 2007, section 12.9",
            next=[],
        ),
        NoteKind(
            code="no_adjustment",
            severities=["warning"],
            title="Kenward and Roger's adjustment does not exist for some coefficients.",
            where={"terms": TERMS},
            advice="Satterthwaite's degrees of freedom may exist.",
            see="Kenward & Roger 1997, Biometrics 53",
            next=[SATTERTHWAITE],
        ),
        NoteKind(
            code="variance_out_of_range",
            severities=["info"],
            title="Variances are too large or too small for a double; their square roots are exact.",
            where={"sigma": "The residual standard deviation."},
            advice="Multiply the response by a power of ten to see both.",
            see="IEEE 754-2019, section 3.4",
            next=[],
        ),
        NoteKind(
            code="no_posterior",
            severities=["warning"],
            title="The posterior was asked for, and does not exist, or not for this model.",
            where={"group": GROUP, "factors": FACTORS},
            advice="Take a profile interval instead, which may start at 0.",
            see="Gelman 2006, Bayesian Analysis 1(3)",
            next=[PROFILE],
        ),
        NoteKind(
            code="no_bootstrap",
            severities=["warning"],
            title="A bootstrap was asked for, and there is nothing to draw from.",
            where={"group": GROUP, "factors": FACTORS},
            advice="Ask for profile or Wald intervals instead.",
            see="Davison & Hinkley 1997, section 2.2",
            next=[PROFILE],
        ),
        NoteKind(
            code="heavy_tails",
            severities=["info"],
            title="Few groups leave the posterior tails so heavy that it lacks a mean or a standard deviation.",
            where={"group": GROUP, "n_groups": "Its groups."},
            advice="Read the medians and the intervals, which exist, or choose a half-t or half-normal prior.",
            see="Gelman 2006, Bayesian Analysis 1(3), section 5.2",
            next=[HALF_T],
        ),
        NoteKind(
            code="not_converged",
            severities=["warning"],
            title="The search did not end at a stationary point of the criterion.",
            where={"gradient_norm": "The distance to the optimum in standard errors; null without curvature."},
            advice="Do not rely on the variance components: let fewer coefficients vary, or by fewer factors.",
            see="Bates, Mächler, Bolker & Walker 2015, section 3",
            next=[],
        ),
        NoteKind(
            code="several_optima",
            severities=["info"],
            title="The criterion has several local minima.",
            where={"minima": "How many."},
            advice="Look at more than the best point: at intervals, or the posterior.",
            see="Bates, Mächler, Bolker & Walker 2015, section 3",
            next=[POSTERIOR, PROFILE],
        ),
        NoteKind(
            code="boundary_variance",
            severities=["warning"],
            title="A variance between groups is estimated as 0.",
            where={"group": GROUP, "n_groups": "Its groups.", "terms": "What does not vary, ten at most."},
            advice="That is an estimate, not evidence that the groups are alike: keep the term, and average over the "
            "uncertainty of the variance, or give an interval that starts at 0.",
            see="Gelman & Hill 2007, section 12.9",
            next=[POSTERIOR, PROFILE],
        ),
        NoteKind(
            code="singular_covariance",
            severities=["warning"],
            title="What varies together has an estimated covariance of less than full rank.",
            where={
                "group": GROUP,
                "terms": "What varies together, ten at most.",
                "rank": "The rank.",
                "full_rank": "How many coefficients vary.",
            },
            advice="If the question allows, leave out the correlations (|| in place of |) or a coefficient; otherwise "
            "keep the term.",
            see="Bates, Kliegl, Vasishth & Baayen 2015, Parsimonious Mixed Models",
            next=[PROFILE],
        ),
        NoteKind(
            code="intervals_missing",
            severities=["info"],
            title="Some intervals lack an end.",
            where={"method": "How intervals were found.", "parameters": "What they are of, ten at most."},
            advice="Take the end for unknown, not for infinite or 0.",
            see="Bates, Mächler, Bolker & Walker 2015, section 5.1",
            next=[POSTERIOR, PROFILE],
        ),
        NoteKind(
            code="few_groups",
            severities=["warning", "info"],
            title="There are so few groups that what varies between them is hardly known.",
            where={
                "group": GROUP,
                "n_groups": "Its groups.",
                "weight": "The mean weight of a group's own rows in its estimate; of what varies, the smallest.",
                "coverage": "The coverage of 95% intervals of a group's effect, simulated with such weights.",
                "share_at_zero": "The share of those simulations that estimated the variance as 0.",
            },
            advice="Average over the uncertainty of the variance, as a posterior does.",
            see="Gelman & Hill 2007, sections 12.4 and 12.9",
            next=[POSTERIOR, PROFILE],
        ),
        NoteKind(
            code="few_degrees_of_freedom",
            severities=["warning", "info"],
            title="A coefficient has so few degrees of freedom that the way its errors are found matters.",
            where={
                "term": "The coefficient with the fewest.",
                "df": "Its degrees of freedom by Satterthwaite.",
                "df_residual": "The degrees of freedom of the residual.",
                "lengthening": "How much longer its interval is by the former than by the latter, or by the normal.",
            },
            advice="Kenward and Roger's degrees of freedom, with their adjusted errors, allow for the variances being "
            "estimated.",
            see="Kenward & Roger 1997, Biometrics 53; Luke 2017, Behavior Research Methods 49",
            next=[KENWARD_ROGER],
        ),
        NoteKind(
            code="singleton_groups",
            severities=["info"],
            title="Some groups have one observation.",
            where={
                "group": GROUP,
                "groups": "Groups with one observation.",
                "weight": "The mean weight of that observation in the group's estimate; where a varying intercept is "
                "all that varies by the factor.",
            },
            advice="Keep them: they tell of the mean and of both variances; their own estimates are imprecise.",
            see="Gelman & Hill 2007, section 12.9",
            next=[],
        ),
        NoteKind(
            code="equivalent_n",
            severities=["info"],
            title="Some groups are so small that they lie nearer to the mean of all than to their own.",
            where={
                "group": GROUP,
                "equivalent_n": "The rows (or units of weight) that weigh as much as the variance between groups.",
                "groups_below": "Groups with less.",
                "groups_above": "Groups with more.",
            },
            advice="Where a group's own data are to count, it takes more rows than that.",
            see="Gelman & Hill 2007, section 12.3",
            next=[LARGE_ENOUGH],
        ),
        NoteKind(
            code="significance_no_criterion",
            severities=["info"],
            title="Nearly all groups would be called insignificant.",
            where={"group": GROUP, "groups": "Groups within two standard errors of the mean."},
            advice="That is no reason to leave them, or the grouping, out: the model pools each by as much as its data "
            "warrant.",
            see="Gelman & Hill 2007, section 12.7",
            next=[POOLING],
        ),
        NoteKind(
            code="shares_leave_out",
            severities=["info"],
            title="The ICC and R² do not count all that varies.",
            where={
                "terms": "What is left out, ten at most.",
                "icc": "The ICC with all that varies.",
                "r2_marginal": "The marginal R² with all that varies.",
                "r2_conditional": "The conditional R² with all that varies.",
            },
            advice="Say which of the two is meant.",
            see="Johnson 2014, Methods in Ecology and Evolution 5; Nakagawa & Schielzeth 2013",
            next=[],
        ),
        NoteKind(
            code="group_level_predictor",
            severities=["info"],
            title="A predictor is constant within groups.",
            where={"group": GROUP, "terms": TERMS},
            advice="Such a predictor explains differences between groups: its precision goes with the groups, not with "
            "the rows.",
            see="Gelman & Hill 2007, section 12.6",
            next=[],
        ),
        NoteKind(
            code="group_means_confound",
            severities=["warning"],
            title="The slope of a predictor between groups differs from that within.",
            where={
                "group": GROUP,
                "term": "The predictor.",
                "difference": "The slope between groups less that within.",
                "std_error": "Its standard error.",
                "p_value": "Its p-value.",
            },
            advice="Add the group means of the predictor as a predictor of their own.",
            see="Gelman & Hill 2007, section 12.6; Mundlak 1978",
            next=[POOLING],
        ),
        NoteKind(
            code="unscaled_predictors",
            severities=["info"],
            title="Predictors are on scales so different that their coefficients cannot be read side by side.",
            where={
                "term": "The predictor with the largest standard deviation.",
                "sd": "Its standard deviation.",
                "other_term": "The one with the smallest.",
                "other_sd": "Its standard deviation.",
            },
            advice="The estimates lose nothing, but a change of unit, or `scale()`, makes them readable.",
            see="Gelman & Hill 2007, section 4.1",
            next=[],
        ),
        NoteKind(
            code="coefficients_left_out",
            severities=["info"],
            title="The groups' own coefficients are left out of a long document, which tells them in fewer numbers.",
            where={"group": GROUP, "factors": FACTORS, "numbers": "How many numbers they are."},
            advice="Ask with `include` for `coefficients` alone to get them.",
            see="Gelman & Hill 2007, section 12.4",
            next=[LINES],
        ),
    ]
)
