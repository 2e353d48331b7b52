# bash completion for doorbuster(1). It asks the program itself, so that it knows what this version knows.

_doorbuster_words() {
  # Names of subcommands and long options, from the tables of --help.
  "$@" --help 2>/dev/null | sed -nE \
    -e '/^Subcommands:/,$ s/^  ([a-z][a-z-]*)( .*)?$/\1/p' \
    -e 's/^  (-[a-zA-Z],)?(--[a-z-]+).*/\2/p'
}

_doorbuster() {
  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
  local program=${COMP_WORDS[0]} word
  local -a path=("$program")
  COMPREPLY=()
  # What stands behind an option that takes a value is a file, a folder or something that nobody can guess.
  case $previous in
    --config | --data | --scenario | --json | --hgrm | --record | --audit-record)
      [[ $previous == --json && ${COMP_WORDS[1]} != load ]] || {
        compopt -o filenames
        mapfile -t COMPREPLY < <(compgen -f -- "$current")
        return
      } ;;
  esac
  for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    [[ $word == [a-z]* && ${#path[@]} -lt 3 ]] && path+=("$word")
  done
  mapfile -t COMPREPLY < <(compgen -W "$(_doorbuster_words "${path[@]}")" -- "$current")
  # A FILE or DIR behind its subcommand.
  if [[ ${#COMPREPLY[@]} -eq 0 && $current != -* && ${#path[@]} -gt 1 ]]; then
    compopt -o filenames
    mapfile -t COMPREPLY < <(compgen -f -- "$current")
  fi
}

complete -F _doorbuster doorbuster
