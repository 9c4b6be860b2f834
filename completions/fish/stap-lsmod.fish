# Completion of stap-lsmod for fish. Made by "npm run docs" from the table of its options.

complete -c stap-lsmod -f
complete -c stap-lsmod -l json -d 'print JSON'
complete -c stap-lsmod -l procfs-root -r -f -a '(__fish_complete_directories)' -d 'look for modules in DIR only'
complete -c stap-lsmod -s h -l help -d 'show this help text'
complete -c stap-lsmod -s V -l version -d 'show the version'
