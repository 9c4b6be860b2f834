# Completion of stap-exporter for fish. Made by "npm run docs" from the table of its options.

function __fish_stap_exporter_place -d 'Which operand the word is'
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
            case -p --port -k --keepalive -s --scripts --listen --token-file --start-wait --procfs-root
                set skip 1
            case '-?*'
            case '*'
                set place (math $place + 1)
        end
    end
    echo $place
end

function __fish_stap_exporter_modules -d 'Names of the modules that run'
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

complete -c stap-exporter -f
complete -c stap-exporter -s p -l port -r -d 'listen on this port, default 9900'
complete -c stap-exporter -s k -l keepalive -r -d 'end a script that nobody asked for in that time, default never'
complete -c stap-exporter -s s -l scripts -r -f -a '(__fish_complete_directories)' -d 'directory of the scripts, default /etc/stap-exporter'
complete -c stap-exporter -l listen -r -d 'address to listen on, default 127.0.0.1'
complete -c stap-exporter -l token-file -r -F -d 'who asks must know the token in FILE'
complete -c stap-exporter -l start-wait -r -d 'how long the first request to a script waits for its file, default 0'
complete -c stap-exporter -l procfs-root -r -f -a '(__fish_complete_directories)' -d 'files of the scripts appear below DIR'
complete -c stap-exporter -s h -l help -d 'show this help text'
complete -c stap-exporter -s V -l version -d 'show the version'
