"""What is estimated without the rows of one group."""

from dataclasses import dataclass

from service.arrays import Matrix, Vector


@dataclass(frozen=True, slots=True)
class WithoutGroup:
    """The estimates of a model when the rows of one of its groups are left out, in the units of the data.

    `beta` and `std_error` (p,) are of the coefficients that the whole fit keeps; `sds` (q,) and `roots` (q, q), the
    lower triangular Lambda, one for each factor in the whole fit's order.
    """

    beta: Vector
    std_error: Vector
    sigma: float
    sds: tuple[Vector, ...]
    roots: tuple[Matrix, ...]
