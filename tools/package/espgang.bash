# Completion of espgang in bash. The program itself knows what there is to complete: it is asked with the words so far.
_espgang() {
  local IFS=$' \t\n' line=${COMP_LINE:0:COMP_POINT} breaks=$COMP_WORDBREAKS words word kept
  read -ra words <<<"$line"
  [[ $line != *[[:space:]] ]] || words+=('')
  word=${words[-1]}
  if [[ $word == @* ]]; then # a file, which bash itself does not look for behind an @
    mapfile -t COMPREPLY < <(compgen -P @ -f -- "${word#@}")
    [[ ${#COMPREPLY[@]} -ne 1 || ! -d ${COMPREPLY[0]#@} ]] || COMPREPLY[0]+=/
  else
    mapfile -t COMPREPLY < <("${words[0]}" --complete "${words[@]:1}" 2>/dev/null)
  fi
  [[ ${COMPREPLY[*]} != *[=/] ]] || compopt -o nospace 2>/dev/null # more of the word follows
  ! shopt -q hostcomplete || breaks=${breaks//@/}
  kept=${word%"${word##*["$breaks"]}"} # readline replaces only what stands behind the last of these
  COMPREPLY=("${COMPREPLY[@]#"$kept"}")
}
complete -o bashdefault -o default -F _espgang espgang
