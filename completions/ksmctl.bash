# bash completion for ksmctl. The program itself knows its verbs, options and values.

# Prints the values that an option of a verb ("" for none) can have; fails if it takes none. The option "" stands
# for the verb's arguments: fails unless these are files. Which columns there are depends on the line.
__ksmctl_values() { # VERB OPTION
	"$ksmctl" --list-values "$1" "$2" "${COMP_WORDS[@]}" 2>/dev/null
}

# Fills COMPREPLY from the lines of TEXT that continue what was typed after the last comma or plus sign.
__ksmctl_reply() { # TEXT TYPED
	local last=${2##*[,+]} first
	first=${2%"$last"}
	mapfile -t COMPREPLY < <(compgen -P "$first" -W "$1" -- "$last")
}

# What compgen finds, which may be files.
__ksmctl_files() { # TYPED OPTION...
	mapfile -t COMPREPLY < <(compgen "${@:2}" -- "$1")
	compopt -o filenames 2>/dev/null
}

_ksmctl() {
	local ksmctl=${COMP_WORDS[0]/#\~/$HOME} current=${COMP_WORDS[COMP_CWORD]}
	local verb='' option='' command='' word values
	local -i i
	COMPREPLY=()

	# The verb, and the option that the word at the cursor belongs to. "--color=x" comes as three words.
	for ((i = 1; i < COMP_CWORD; i++)); do
		word=${COMP_WORDS[i]}
		if [[ $word == '=' ]]; then
			option=${COMP_WORDS[i - 1]}
		elif [[ $option ]]; then
			option=
		elif [[ $word == -?* ]]; then
			if [[ ${COMP_WORDS[i + 1]} != '=' ]] && __ksmctl_values "$verb" "$word" >/dev/null; then
				option=$word
			fi
		elif [[ ! $verb ]]; then
			verb=$word
		elif [[ $verb == exec ]]; then
			# From here on all words are another program's.
			command=$word
			break
		fi
	done
	if [[ $current == '=' ]]; then
		option=${COMP_WORDS[COMP_CWORD - 1]}
		current=
	fi

	if [[ $command ]]; then
		__ksmctl_files "$current" -f
	elif [[ $option ]]; then
		values=$(__ksmctl_values "$verb" "$option")
		if [[ $values ]]; then
			__ksmctl_reply "$values" "$current"
		else
			compopt -o default 2>/dev/null
		fi
	elif [[ $current == -* ]]; then
		__ksmctl_reply "$("$ksmctl" --list-options "$verb" 2>/dev/null)" "$current"
	elif [[ ! $verb ]]; then
		__ksmctl_reply "$("$ksmctl" --list-verbs 2>/dev/null)" "$current"
	elif [[ $verb == exec ]]; then
		__ksmctl_files "$current" -c
	elif __ksmctl_values "$verb" '' >/dev/null; then
		__ksmctl_files "$current" -f
	fi
}

complete -F _ksmctl ksmctl
