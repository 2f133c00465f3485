"""Completion as shells ask for it: `eval "$(_FREEFALL_COMPLETE=bash_source freefall)"`, and the same for zsh and fish."""

import os
import re

from click import Command
from click.shell_completion import BashComplete, CompletionItem, add_completion_class, shell_complete, split_arg_string

from ..errors import EXIT_FAULT

VARIABLE = "_FREEFALL_COMPLETE"


class _Bash(BashComplete):
    """Bash, where a colon and an equals sign end a word: only what follows the last of them is completed.

    Differs from click's also in offering folders besides files of one kind, and in taking names as they are.
    """

    source_template = """\
%(complete_func)s() {
    local line name folders=
    COMPREPLY=()
    while IFS= read -r line; do
        case $line in
            plain,*) COMPREPLY+=("${line#plain,}") ;;
            dir,*) folders=1; compopt -o plusdirs ;;
            file,*) compopt -o default ;;
        esac
    done < <(IFS=$'\\n' && env COMP_WORDS="${COMP_WORDS[*]}" COMP_CWORD=$COMP_CWORD %(complete_var)s=bash_complete $1)
    if [[ $folders && ${COMPREPLY[*]} != *:* ]]; then
        compopt -o filenames
    else
        # Bash would quote the colon of a URL too.
        for line in "${!COMPREPLY[@]}"; do
            printf -v name %%q "${COMPREPLY[line]}"
            [[ $name == \\\\~* ]] && name=${name#?}
            COMPREPLY[line]=$name
        done
    fi
    return 0
}
complete -o nosort -F %(complete_func)s %(prog_name)s
"""

    def get_completion_args(self) -> tuple[list[str], str]:
        """See click's ShellComplete."""
        words = split_arg_string(os.environ["COMP_WORDS"])
        at = int(os.environ["COMP_CWORD"])
        *arguments, incomplete = _whole([*words, ""][1 : at + 1])
        self._before = re.sub(r"^--?[^=]*=|[^:=]*$", "", incomplete)
        return arguments, incomplete

    def format_completion(self, item: CompletionItem) -> str:
        """See click's ShellComplete."""
        return f"{item.type},{item.value.removeprefix(self._before)}"


def _whole(words: list[str]) -> list[str]:
    """The words as they were typed: what stands between colons and equals signs belongs together."""
    whole, joins = [], False
    for word in words:
        breaks = bool(word) and not word.strip(":=")
        if whole and (breaks or (joins and word)):
            whole[-1] += word
        else:
            whole.append(word)
        joins = breaks
    return whole


def complete(command: Command, instruction: str) -> int:
    """Print what the shell asked for; the exit code. Nothing else is ever printed: it would stand in the line being typed."""
    add_completion_class(_Bash)
    try:
        return shell_complete(command, {}, "freefall", VARIABLE, instruction)
    except Exception:
        return EXIT_FAULT
