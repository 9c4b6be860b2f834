/** What `staprun -h` prints, and what follows an error of its command line. `moduleDirectory`: where names are searched. */
export function staprunUsage(moduleDirectory: string): string {
  return `
staprun [-v] [-w] [-V] [-h] [-u[PATH]] [-c CMD] [-x PID] [-N PID] [-A|-L|-d] [-C WHEN]
        [-b MB] [-R] [-r N:URI] [-o FILE [-D] [-S SIZE[,N]]] [-T MS] [-M SECONDS] [-i]
        MODULE [NAME=VALUE...]
-v              Say more about what is done; may be repeated.
-w              Leave out the warnings of the script.
-V              Print the version and exit.
-h              Print this text and exit.
-u[PATH]        Accepted, without effect: there is no uprobes module.
-c CMD          Run CMD when the probes are active and end when it ends;
                target() is the number of its process.
-x PID          Make target() PID; -t PID is the same.
-N PID          Accepted, without effect: number of a process in the
                namespaces that process numbers belong to.
-o FILE         Write the output to FILE, which may hold strftime(3) formats.
-b MB           Keep up to so many megabytes of output while nobody
                takes it, 1 to 4095.
-L              Start the module, then leave it running on its own.
-A              Connect to a module that runs on its own.
-C WHEN         Colour messages: always, never, or auto (the default).
-d              End a module that runs on its own; MODULE is its name, or '*'
                for all of them.
-R              Run the module under a name made with the process number, so
                that it can run more than once.
-r N:URI        Accepted, without effect: number and address of a remote run.
-D              With -o: run in the background and print the process number.
-S SIZE[,N]     With -o: go on in the next file after SIZE megabytes, and keep
                N files.
-T MS           Accepted, at least 1: output never waits for a time to pass.
-M SECONDS      Show the module's state on the screen, so often.
-i              Accepted: a script that reads standard input gets it anyway.
-F FD           Refused: used between programs of SystemTap only.

MODULE is a file NAME.stapmod (with a '/' in it, or in the working directory),
or the name of a module in this directory:
${moduleDirectory}
NAME=VALUE sets a global variable of the script; see stap(1), -G.
`;
}
