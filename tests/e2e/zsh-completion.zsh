# Prints what zsh offers at the end of a line: zsh -f zsh-completion.zsh DIRECTORY LINE
# DIRECTORY holds completion functions. An interactive zsh gets the line and a tab, as from a user; each word that it
# would offer is also written to a file.
zmodload zsh/zpty
found=$(mktemp)
zpty shell zsh -f -i
settings=(
  "PS1= PS2= fpath=(${(q)1} \$fpath)"
  'autoload -U compinit; compinit -u -D'
  'bindkey "^I" complete-word; setopt no_beep; LISTMAX=0'
  'compadd() { local -a hits; case " ${@[1,(i)(-|--)]}" in *" -"[OAD]" "*) ;; *) builtin compadd -A hits "$@"; print -rl -- $hits >> '$found' ;; esac; builtin compadd "$@"; }'
  'done_() { print -r -- END >> '$found'; }; comppostfuncs=(done_)'
)
for line in $settings; do zpty -w shell $line; done
zpty -w -n shell "$2"$'\t'
for ((wait = 0; wait < 500; wait++)); do
  zpty -r -t shell output
  [[ $(<$found) == *END* ]] && break
  sleep 0.02
done
zpty -d shell
grep -vx -e END -e '' $found | sort -u
rm -f $found
