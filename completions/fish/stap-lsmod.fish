# Completion of stap-lsmod for fish. Made by "npm run docs" from the table of its options.

function __fish_stap_lsmod_place -d 'Which operand the word is'
    if string match -q -- '-*' (commandline -ct)
        echo 0
        return
    end
    set -l place 1
    set -l skip 0
    for token in (commandline -opc)[2..-1]
        if test $skip -eq 1
            set skip 0
            continue
        end
        switch $token
            case --procfs-root
                set skip 1
            case '-?*'
            case '*'
                set place (math $place + 1)
        end
    end
    echo $place
end

function __fish_stap_lsmod_modules -d 'Names of the modules that run'
    set -l roots /run/systemtap /tmp/systemtap-(id -u)
    set -q XDG_RUNTIME_DIR; and set -a roots $XDG_RUNTIME_DIR/systemtap
    set -q STAP_PROCFS_ROOT; and set roots $STAP_PROCFS_ROOT
    set -l tokens (commandline -opc)
    set -l chosen (string match -r -- "^--procfs-root=(.+)" $tokens)[2]
    if set -l index (contains -i -- --procfs-root $tokens)
        set chosen $tokens[(math $index + 1)]
    end
    test -n "$chosen"; and set roots $chosen
    for root in $roots
        for entry in $root/.*/entry.json
            string replace -r ".*/\.(.*)/entry.json" '$1' $entry
        end
    end
end

complete -c stap-lsmod -f
complete -c stap-lsmod -l json -d 'print JSON'
complete -c stap-lsmod -l procfs-root -r -f -a '(__fish_complete_directories)' -d 'look for modules in DIR only'
complete -c stap-lsmod -s h -l help -d 'show this help text'
complete -c stap-lsmod -s V -l version -d 'show the version'
