# Completion of stap-exporter for fish. Made by "npm run docs" from the table of its options.

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
