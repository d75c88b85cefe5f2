# Completion of espgang in bash. The program itself knows what there is to complete: it is asked with the words so far.
_espgang() {
  local IFS=$' \t\n' line=${COMP_LINE:0:COMP_POINT} words word kept
  read -ra words <<<"$line"
  [[ $line != *[[:space:]] ]] || words+=('')
  word=${words[-1]}
  kept=${word%"${word##*["$COMP_WORDBREAKS"]}"} # readline replaces only what stands behind the last of these
  mapfile -t COMPREPLY < <("${words[0]}" --complete "${words[@]:1}" 2>/dev/null)
  COMPREPLY=("${COMPREPLY[@]#"$kept"}")
  [[ ${COMPREPLY[*]} != *= ]] || compopt -o nospace 2>/dev/null # a value follows
}
complete -o bashdefault -o default -F _espgang espgang
