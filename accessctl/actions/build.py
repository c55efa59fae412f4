"""From the configuration to actions that can be performed."""

from collections.abc import Iterable

from accessctl.actions.base import Action
from accessctl.actions.command import Command
from accessctl.actions.secret import read_secret
from accessctl.actions.webhook import Webhook
from accessctl.config import ActionConfig, CommandAction


def actions_from(configs: Iterable[ActionConfig]) -> list[Action]:
    """One action for each entry, in order; reads the webhooks' keys now.

    Raises ConfigError for a key or a URL that cannot be used, so that a door with a
    broken configuration does not start.
    """
    return [_action(config) for config in configs]


def _action(config: ActionConfig) -> Action:
    if isinstance(config, CommandAction):
        return Command(config.argv, config.timeout_s)
    return Webhook(
        config.url,
        secret=None if config.secret_file is None else read_secret(config.secret_file),
        timeout_s=config.timeout_s,
        retries=config.retries,
    )
