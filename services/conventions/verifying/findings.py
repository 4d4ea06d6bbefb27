"""What a verification found, in plain words."""

from dataclasses import dataclass, field


class Broken(Exception):
    """The pack is not what the platform made; the text says, in French, what is wrong."""


@dataclass
class Findings:
    """What is proven, what is only said, what followed the signature, and what the reader has to judge."""

    proven: list[str] = field(default_factory=list)
    stated: list[str] = field(default_factory=list)
    afterwards: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
