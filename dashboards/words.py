"""A text in the two languages of our users."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Text:
    """One text in the two languages of our users; Grafana shows both, the console one."""

    es: str
    en: str

    @property
    def inline(self) -> str:
        """Both on one line; one, where they are the same."""
        return self.es if self.es == self.en else f"{self.es} · {self.en}"

    @property
    def paragraphs(self) -> str:
        """Both, one below the other."""
        return f"{self.es}\n\n{self.en}"
