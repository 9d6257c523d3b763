# From what make would run to compile_commands.json: each command that compiles one C file becomes one entry.
BEGIN {print "["}
/ -c -o / {
    sub(/^.*;[ \t]*/, "")           # "echo CC; gcc ..."
    sub(/[ \t]*&&.*$/, "")         # "... && mv", which puts a dependency file in its place
    sub(/ -MT .* -MF [^ ]*/, "")
    # Automake looks for the file at run time: `test -f 'x.c' || echo '../'`x.c
    while (match($0, /`test -f '[^']*' \|\| echo '[^']*'`/)) {
        found = substr($0, RSTART, RLENGTH)
        prefix = found
        sub(/^.*echo '/, "", prefix)
        sub(/'`$/, "", prefix)
        $0 = substr($0, 1, RSTART - 1) prefix substr($0, RSTART + RLENGTH)
    }
    file = $NF
    command = $0
    gsub(/\\/, "\\\\", command)
    gsub(/"/, "\\\"", command)
    printf "%s{\"directory\": \"%s\", \"file\": \"%s\", \"command\": \"%s\"}", n++ ? ",\n" : "", dir, file, command
}
END {print "\n]"}
