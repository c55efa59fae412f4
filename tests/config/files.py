"""The configuration that is shipped, and all that one may set."""

from collections.abc import Iterator
from pathlib import Path

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from accessctl.config import CommandAction, Config, WebhookAction

SHIPPED = Path(__file__).parents[2] / "config.yaml"


def leaves(model: type[BaseModel], prefix: str = "") -> Iterator[tuple[str, FieldInfo]]:
    for name, field in model.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from leaves(kind, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", field


LEAVES = [*leaves(Config), *leaves(CommandAction, "command."), *leaves(WebhookAction, "webhook.")]
