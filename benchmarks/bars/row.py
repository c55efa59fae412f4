"""A row of the table: what was promised, what was measured."""

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """`figure` and `bar` in `unit`; `at_most` False: the bar is a floor. `note` says how.

    An infinite `bar`: nothing was promised.
    """

    what: str
    figure: float
    bar: float
    unit: str
    at_most: bool = True
    note: str = ""

    @property
    def met(self) -> bool:
        # A NaN meets nothing.
        return self.figure <= self.bar if self.at_most else self.figure >= self.bar

    @property
    def share(self) -> float:
        """Of the bar that is used up; above 1 the bar is missed."""
        return self.figure / self.bar if self.at_most else self.bar / self.figure

    def cells(self) -> tuple[str, str, str, str, str]:
        figure = f"{self.figure:.3g} {self.unit}"
        if math.isinf(self.bar):
            return (self.what, "none", figure, "", self.note)
        bar = f"{'at most' if self.at_most else 'at least'} {self.bar:g} {self.unit}"
        return (self.what, bar, figure, "yes" if self.met else "NO", self.note)
