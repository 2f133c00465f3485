"""The verbs, each imported when it is asked for: a command and a Tab need one of them, and all together take half a second."""

from collections.abc import Iterator, Mapping
from importlib import import_module

import rich_click as click
from click.shell_completion import CompletionItem

# Each is the command of that name in the module of that name, here.
_MODULES = (
    *("new", "check", "schema", "sim", "record", "info", "replay", "monitor", "decode", "stats", "diff", "export", "export_def"),
    *("devices", "doctor"),
    *("flash", "deploy", "run", "probe", "config"),
)


class Verbs(Mapping[str, click.Command]):
    """Every verb by its name."""

    def __init__(self):
        self._modules = {name.replace("_", "-"): name for name in _MODULES}

    def __getitem__(self, name: str) -> click.Command:
        module = self._modules[name]
        return getattr(import_module(f".{module}", __package__), module)

    def __iter__(self) -> Iterator[str]:
        return iter(self._modules)

    def __len__(self) -> int:
        return len(self._modules)


class VerbGroup(click.RichGroup):
    """The group of all verbs; completes their names without a look at them."""

    def __init__(self, *arguments, **named):
        super().__init__(*arguments, **named)
        self.commands = Verbs()  # afterwards, for a group looks at every command it is made of

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """See click's Group."""
        names = [CompletionItem(name) for name in self.list_commands(ctx) if name.startswith(incomplete)]
        return names + click.Command.shell_complete(self, ctx, incomplete)
