# Completion of stap for fish. Made by "npm run docs" from the table of its options.

function __fish_stap_place -d 'Which operand the word is'
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
            case -p --vp -s -I -D -G -r -a -m --procfs-root --procfs --procfs-group -o -e -E -c -x -S -T -l -L --compatible --privilege --diagnostics --output --otlp --token-file --runtime --rlimit-as --rlimit-cpu --rlimit-nproc --rlimit-stack --rlimit-fsize
                set skip 1
            case '-?*'
            case '*'
                set place (math $place + 1)
        end
    end
    echo $place
end

complete -c stap -f
complete -c stap -s h -l help -d 'show this help'
complete -c stap -s V -l version -d 'show the version'
complete -c stap -s p -r -f -a '1 2 3 4 5' -d 'stop after pass NUM, 1-5 instead of 5 (parse, analyse, translate, load, run)'
complete -c stap -s v -d 'more messages about every pass'
complete -c stap -l vp -r -d 'more messages about single passes, one digit each'
complete -c stap -s u -d 'do not optimise the script'
complete -c stap -s w -d 'suppress warnings'
complete -c stap -s W -d 'turn warnings into errors'
complete -c stap -s g -d 'guru mode'
complete -c stap -s s -r -d 'keep up to NUM megabytes of output while nobody reads it'
complete -c stap -s I -r -f -a '(__fish_complete_directories)' -d 'look in DIR for further library scripts'
complete -c stap -s D -r -d 'set a limit such as MAXSTRINGLEN'
complete -c stap -s G -r -d 'start with VAL in the global variable VAR'
complete -c stap -s r -r -d 'kernel release that kernel_v and kernel_vr stand for'
complete -c stap -s a -r -d 'architecture that arch stands for'
complete -c stap -s m -r -d 'set the module name, which names the directory of files'
complete -c stap -l procfs-root -r -f -a '(__fish_complete_directories)' -d 'make that directory in DIR'
complete -c stap -l procfs -r -f -a 'auto fuse fifo' -d 'serve files by METHOD: fuse, fifo, or auto for whichever works'
complete -c stap -l procfs-group -r -f -a '(__fish_complete_groups)' -d 'let GROUP read what their owner may read'
complete -c stap -s o -r -F -d 'send script output to FILE, which may hold strftime(3) formats'
complete -c stap -s e -r -d 'run SCRIPT'
complete -c stap -s E -r -d 'run SCRIPT in addition to the main script'
complete -c stap -s c -r -f -a '(__fish_complete_command)' -d 'start the probes, run CMD, end when it ends'
complete -c stap -s x -r -f -a '(__fish_complete_pids)' -d 'set target() to PID'
complete -c stap -s F -d 'run in the background; staprun -A reads the output, which is kept in memory, or goes to the file of -o'
complete -c stap -s S -r -d 'after SIZE megabytes go on in the next file, keep N files'
complete -c stap -s t -d 'report how long probes took'
complete -c stap -s T -r -d 'end the script after SECONDS'
complete -c stap -s l -r -d 'list matching probe points'
complete -c stap -s L -r -d 'list matching probe points and their variables'
complete -c stap -l skip-badvars -d 'replace bad context variables by 0'
complete -c stap -l unprivileged -d 'same as --privilege=stapusr'
complete -c stap -l disable-cache -d 'neither use nor fill the script cache'
complete -c stap -l poison-cache -d 'compile again, put the result into the script cache'
complete -c stap -l clean-cache -d 'remove the oldest entries until the cache is within its limit, and stop'
complete -c stap -l compatible -r -d 'treat the script as SystemTap VERSION does'
complete -c stap -l privilege -r -f -a 'stapusr stapsys stapdev' -d 'allow only what LEVEL may do: stapusr, stapsys, stapdev'
complete -c stap -l dump-probe-types -d 'list the kinds of probe points'
complete -c stap -l dump-probe-aliases -d 'list the probe aliases of the library'
complete -c stap -l dump-functions -d 'list the functions of the library'
complete -c stap -l suppress-handler-errors -d 'count errors in handlers, say nothing, go on'
complete -c stap -l diagnostics -r -f -a 'text json' -d 'how errors and warnings of a script are told: text, or json, one object a line'
complete -c stap -l output -r -f -a 'text json' -d 'how output and messages of the run are told: text, or json, one object a line; json is also the format of --diagnostics then'
complete -c stap -l json-files -d 'add the file .globals.json, which tells all globals'
complete -c stap -l color -l colour -f -a 'always auto never' -d 'colour messages: always, auto, never'
complete -c stap -l monitor -d 'show globals and probes live, every second or every SECONDS, and add files that tell and steer them'
complete -c stap -l metrics -d 'serve globals and probes as metrics for Prometheus, at 127.0.0.1:9901 or ADDR:PORT; without a script those of all modules that run'
complete -c stap -l dashboard -d 'serve a page that shows and steers the script, at 127.0.0.1:9902 or ADDR:PORT; without a script one for all modules that run'
complete -c stap -l otlp -r -d 'push metrics to the OpenTelemetry collector at URL'
complete -c stap -l token-file -r -F -d 'who asks a server must know the token in FILE'
complete -c stap -l read-only -d 'the dashboard shows and changes nothing'
complete -c stap -l runtime -r -f -a 'kernel' -d 'only kernel is possible, and means this run time'
complete -c stap -l rlimit-as -r -d 'limit the address space to NUM bytes'
complete -c stap -l rlimit-cpu -r -d 'limit the processor time to NUM seconds'
complete -c stap -l rlimit-nproc -r -d 'limit the number of processes'
complete -c stap -l rlimit-stack -r -d 'limit the stack to NUM bytes'
complete -c stap -l rlimit-fsize -r -d 'limit the size of files to NUM bytes'
complete -c stap -l suppress-time-limits -d 'let handlers run for ever; needs -g before it'
complete -c stap -l example -d 'FILE is the name of an example script'
complete -c stap -l no-global-var-display -d 'do not print unread globals at the end'
complete -c stap -l semantic-keep-going -d 'list the errors of pass 2 for programs'
complete -c stap -n 'test (__fish_stap_place) -eq 1' -f -k -a '(__fish_complete_suffix .stp)'
complete -c stap -n 'test (__fish_stap_place) -ge 2' -F
