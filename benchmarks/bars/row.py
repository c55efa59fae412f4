"""A row of the table: what was promised, what was measured."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """`figure` and `bar` in `unit`; `at_most` False: the bar is a floor. `note` says how."""

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
        sign = "at most" if self.at_most else "at least"
        return (
            self.what,
            f"{sign} {self.bar:g} {self.unit}",
            f"{self.figure:.3g} {self.unit}",
            "yes" if self.met else "NO",
            self.note,
        )
