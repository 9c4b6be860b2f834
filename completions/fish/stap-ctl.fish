# Completion of stap-ctl for fish. Made by "npm run docs" from the table of its options.

function __fish_stap_ctl_place -d 'Which operand the word is'
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

function __fish_stap_ctl_modules -d 'Names of the modules that run'
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

complete -c stap-ctl -f
complete -c stap-ctl -s n -l values -d 'with get: print values without names, strings as they are'
complete -c stap-ctl -l json -d 'print JSON'
complete -c stap-ctl -l procfs-root -r -f -a '(__fish_complete_directories)' -d 'look for modules in DIR only'
complete -c stap-ctl -s h -l help -d 'show this help text'
complete -c stap-ctl -s V -l version -d 'show the version'
complete -c stap-ctl -n 'test (__fish_stap_ctl_place) -eq 1' -f -a '(__fish_stap_ctl_modules)'
complete -c stap-ctl -n 'test (__fish_stap_ctl_place) -eq 2' -f -a 'get set probes on off reload'
complete -c stap-ctl -n 'test (__fish_stap_ctl_place) -ge 3' -f -k -a '(__fish_complete_suffix .stp)'
