# shellcheck shell=sh
# What check_mutants.sh and test_mutants.sh share: the table of mutants, cut into a folder, and one of them applied.

# mutants_read TABLE FOLDER: FOLDER/NAME/{file,suites,old,new} of each mutant, their names in FOLDER/names; says what is wrong
mutants_read() {
    mkdir -p "$2" && : >"$2/names" && awk -v dir="$2" '
        function wrong(why) {print FILENAME ":" FNR ": " why; failed = 1}
        function end() {if (name != "" && !(file && suites && old && new)) wrong("mutant " name " lacks a part")}
        /^#/ || /^$/ {next}
        /^mutant [a-z-]+$/ {
            end()
            name = $2
            if (name in seen) wrong("a second mutant " name)
            seen[name] = 1
            file = suites = old = new = 0
            print name >(dir "/names")
            system("mkdir -p " dir "/" name)
            next
        }
        /^file [a-z_0-9.]+$/ && name {print $2 >(dir "/" name "/file"); file = 1; next}
        /^suites / && name {print substr($0, 8) >(dir "/" name "/suites"); suites = 1; next}
        /^- / && name {print substr($0, 3) >(dir "/" name "/old"); old = 1; next}
        /^\+ / && name {print substr($0, 3) >(dir "/" name "/new"); new = 1; next}
        {wrong("not a line of this table: " $0)}
        END {end(); exit failed}' "$1"
}

# mutant_apply SOURCE OLD NEW: the source with OLD replaced by NEW (files that hold the texts); fails unless OLD is there once
mutant_apply() {
    awk '
        FNR == 1 {part++}
        {text[part] = text[part] (FNR > 1 ? "\n" : "") $0}
        END {
            at = index(text[3], text[1])
            again = at && index(substr(text[3], at + 1), text[1])
            if (part != 3 || !at || again) exit 1
            printf "%s%s%s\n", substr(text[3], 1, at - 1), text[2], substr(text[3], at + length(text[1]))
        }' "$2" "$3" "$1"
}

# mutant_place ROOT MUTANT CHANGED: the source below ROOT that holds the mutant's old text, builds and tests left out; CHANGED
# becomes it with the new text. Names of files are not unique, so exactly one of that name must hold it, once.
mutant_place() {
    find "$1" -mindepth 1 -type d \( -name 'build*' -o -name .git -o -name tests \) -prune -o -type f -name "$(cat "$2/file")" -print >"$3.places"
    place=
    while read -r source; do
        mutant_apply "$source" "$2/old" "$2/new" >"$3.try" || continue
        [ -z "$place" ] || return 1
        place=$source
        mv "$3.try" "$3"
    done <"$3.places"
    [ -n "$place" ] && echo "$place"
}
