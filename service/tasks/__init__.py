"""The tasks of the workers: bytes of a request -> bytes of an answer, a module for each resource of the API.

The serving process knows these functions by name alone; the command line calls them in its own process.
"""

from service.tasks import fits, formulas, predictions

__all__ = ["fits", "formulas", "predictions"]
