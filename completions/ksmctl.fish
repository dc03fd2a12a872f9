# fish completion for ksmctl. The program itself knows its verbs, options and values.

function __ksmctl_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l ksmctl $words[1]
    set -l verb ''
    set -l option ''
    set -l command

    # The verb, and the option that the word at the cursor belongs to.
    for word in $words[2..]
        if set -q command[1]
            # From here on all words are another program's.
            set -a command $word
        else if test -n "$option"
            set option ''
        else if string match -q -- '-?*' $word
            if not string match -q -- '*=*' $word
                and $ksmctl --list-values "$verb" $word >/dev/null 2>&1
                set option $word
            end
        else if test -z "$verb"
            set verb $word
        else if test $verb = exec
            set command $word
        end
    end

    if set -q command[1]
        or string match -qr -- '^exec//(?!-)' "$verb/$option/$current"
        complete -C (string join ' ' -- (string escape -- $command) $current)
        return
    end

    set -l prefix ''
    if test -z "$option"; and string match -q -- '--*=*' $current
        set option (string replace -r '=.*' '' -- $current)
        set prefix $option=
    end
    if test -n "$option"
        set -l typed (string replace -- "$prefix" '' $current)
        set -l values ($ksmctl --list-values "$verb" $option (commandline -op) 2>/dev/null)
        if test -n "$values"
            printf '%s\n' $prefix(string replace -r '[^,+]*$' '' -- $typed)$values
        else
            printf '%s\n' $prefix(__fish_complete_path $typed)
        end
    else if string match -q -- '-*' $current
        $ksmctl --list-options "$verb" 2>/dev/null
    else if test -z "$verb"
        $ksmctl --list-verbs 2>/dev/null
    else if $ksmctl --list-values "$verb" '' >/dev/null 2>&1
        __fish_complete_path $current
    end
end

complete -c ksmctl -f -a '(__ksmctl_complete)'
