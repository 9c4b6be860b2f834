# Completion of staprun for fish. Made by "npm run docs" from the table of its options.

function __fish_staprun_place -d 'Which operand the word is'
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
            case -c -x -N -o -b -C -r -S -T -M
                set skip 1
            case '-?*'
            case '*'
                set place (math $place + 1)
        end
    end
    echo $place
end

function __fish_staprun_modules -d 'Names of the modules that run'
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

complete -c staprun -f
complete -c staprun -s v -d 'Say more about what is done; may be repeated.'
complete -c staprun -s w -d 'Leave out the warnings of the script.'
complete -c staprun -s V -d 'Print the version and exit.'
complete -c staprun -s h -d 'Print this text and exit.'
complete -c staprun -s u -d 'Accepted, without effect: there is no uprobes module.'
complete -c staprun -s c -r -f -a '(__fish_complete_command)' -d 'Run CMD when the probes are active and end when it ends; target() is the number of its process.'
complete -c staprun -s x -r -f -a '(__fish_complete_pids)' -d 'Make target() PID; -t PID is the same.'
complete -c staprun -s N -r -f -a '(__fish_complete_pids)' -d 'Accepted, without effect: number of a process in the namespaces that process numbers belong to.'
complete -c staprun -s o -r -F -d 'Write the output to FILE, which may hold strftime(3) formats.'
complete -c staprun -s b -r -d 'Keep up to so many megabytes of output while nobody takes it, 1 to 4095.'
complete -c staprun -s L -d 'Start the module, then leave it running on its own.'
complete -c staprun -s A -d 'Connect to a module that runs on its own.'
complete -c staprun -s C -r -f -a 'always auto never' -d 'Colour messages: always, never, or auto (the default).'
complete -c staprun -s d -d 'End a module that runs on its own; MODULE is its name, or \'*\' for all of them.'
complete -c staprun -s R -d 'Run the module under a name made with the process number, so that it can run more than once.'
complete -c staprun -s r -r -d 'Accepted, without effect: number and address of a remote run.'
complete -c staprun -s D -d 'With -o: run in the background and print the process number.'
complete -c staprun -s S -r -d 'With -o: go on in the next file after SIZE megabytes, and keep N files.'
complete -c staprun -s T -r -d 'Accepted, at least 1: output never waits for a time to pass.'
complete -c staprun -s M -r -d 'Show the module\'s state on the screen, so often.'
complete -c staprun -s i -d 'Accepted: a script that reads standard input gets it anyway.'
complete -c staprun -n 'test (__fish_staprun_place) -eq 1; and not begin; __fish_contains_opt -s A; or __fish_contains_opt -s d; end' -f -k -a '(__fish_complete_suffix .stapmod)'
complete -c staprun -n 'test (__fish_staprun_place) -eq 1; and begin; __fish_contains_opt -s A; or __fish_contains_opt -s d; end' -f -a '(__fish_staprun_modules)'
complete -c staprun -n 'test (__fish_staprun_place) -ge 2; and begin; __fish_contains_opt -s A; or __fish_contains_opt -s d; end' -f -a '(__fish_staprun_modules)'
