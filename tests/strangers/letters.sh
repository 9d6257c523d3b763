#!/bin/sh
# Texts of a store that somebody else wrote: letters that steer terminals, and bytes that are no letters, in each column of each
# table that holds text, and in the path of the store. Nothing of them may reach a terminal, from no command and no screen, and
# JSON stays JSON. Each column is changed in a copy of one sound store.
# shellcheck source=tests/common.sh
. "${srcdir:-.}/tests/common.sh"
python3 -c 'import sqlite3' 2>/dev/null || {
    skip "letters of strangers" "python3 has no sqlite3"
    finish
}
sound=$MLVICX_HOME
ghosts 12 32
# shellcheck disable=SC2086
run train $tiny --set optim.epochs=2 --name real && run eval real --task ghosts --protocol knn && run tag real one && run note real two
verdict $? "a sound store is made"

keys=$dir/keys
{
    printf ':clock 2026-03-01T12:00:00\n:size 40 120\n'
    for screen in runs "run 1" loss variance covariance spectrum downstream embedding images checkpoints profile new help; do
        printf ':%s\n:save-display %s\n' "$screen" "$dir/shown-$screen"
    done
} >"$keys"

# column TABLE COLUMN: what each command printed of it, with two texts; a line a fault
column() {
    rm -f "$dir"/shown-*
    python3 - "$MLVICX" "$sound" "$dir/changed" "$1" "$2" "$keys" "$dir" <<'END_OF_PYTHON'
import glob, json, os, re, shutil, sqlite3, subprocess, sys
program, sound, store, table, column, keys, dir = sys.argv[1:]
steering = "'a' || char(27) || '[31m' || char(155) || '2J' || char(7, 8, 9, 10, 13) || char(8238, 8232, 1564) || 'b'"
texts = {"steering": "CAST(%s AS TEXT)" % steering, "no letters": "CAST(x'61ff1b5d30c3289be28080' AS TEXT)"}
commands = [["runs"], ["runs", "--json"], ["show", "1"], ["show", "1", "--json"], ["show", "real"], ["inspect", "1"], ["queue"],
            ["data", "list"], ["data", "show", "ghosts"], ["data", "show", "ghosts", "--json"], ["tag", "1"],
            ["export", "1", "metrics", "--long", "--header"], ["export", "metrics", "--all", "--format", "jsonl", "--header"],
            ["export", "1", "figure", "--screen", "loss", "-o", dir + "/figure.csv"],
            ["eval", "real", "--task", "ghosts", "--protocol", "knn"], ["log", "1"], ["--script", keys]]
steers = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
ok = True
def fault(what, words):
    global ok
    ok = False
    print("#", table, column, what + ":", " ".join(words)[:100])
def look(data, what, words):
    try: text = data.decode("utf-8")
    except UnicodeDecodeError: return fault(what + ", no UTF-8", words)
    found = steers.search(text)
    if found: fault(what + ", %r" % text[max(0, found.start() - 20):found.end() + 8], words)
for name, text in texts.items():
    while os.path.exists(store): shutil.rmtree(store, ignore_errors=True) # a process may still be writing there
    shutil.copytree(sound, store)
    c = sqlite3.connect(store + "/mlvicx.db")
    c.execute("PRAGMA foreign_keys = OFF")
    try: c.execute("UPDATE %s SET %s = %s WHERE rowid = (SELECT max(rowid) FROM %s)" % (table, column, text, table))
    except sqlite3.OperationalError: # no rowid
        first = [r[1] for r in c.execute("PRAGMA table_info(%s)" % table)]
        row = c.execute("SELECT * FROM %s LIMIT 1" % table).fetchone()
        if row: c.execute("UPDATE %s SET %s = %s WHERE " % (table, column, text) + " AND ".join(k + " IS ?" for k in first), row)
    c.commit()
    c.close()
    for words in commands:
        for old in glob.glob(dir + "/shown-*") + glob.glob(dir + "/figure.csv"): os.unlink(old)
        p = subprocess.run([program] + words, env=dict(os.environ, MLVICX_HOME=store), stdin=subprocess.DEVNULL, capture_output=True)
        if p.returncode not in (0, 1, 2): fault("status %d" % p.returncode, words)
        look(p.stdout, name, words)
        look(p.stderr, name, words)
        for shown in glob.glob(dir + "/shown-*") + glob.glob(dir + "/figure.csv"):
            look(open(shown, "rb").read(), name + " in " + os.path.basename(shown), words)
        if "--json" in words and p.stdout:
            try: json.loads(p.stdout.decode("utf-8"))
            except ValueError: fault(name + ", no JSON", words)
sys.exit(0 if ok else 1)
END_OF_PYTHON
}

columns() { python3 -c 'import sqlite3, sys
c = sqlite3.connect(sys.argv[1])
for (t,) in c.execute("SELECT name FROM sqlite_schema WHERE type = \"table\" AND name NOT LIKE \"sqlite_%\" ORDER BY name").fetchall():
    held = [r[1] for r in c.execute("PRAGMA table_info(" + t + ")") if r[2] == "TEXT"]
    if held: print(t, *held)' "$sound/mlvicx.db"; }
columns >"$dir/columns"
while read -r table names; do
    bad=0
    : >"$dir/out"
    : >"$dir/err"
    for name in $names; do
        column "$table" "$name" >>"$dir/out" || bad=1
    done
    verdict $bad "$table: $names"
done <"$dir/columns"

# A folder whose name steers
odd=$dir/$(printf 'a\033[31m\n\302\233b')
cp -R "$sound" "$odd"
bad=0
for words in runs "show real" "show real --json" "data list" "data show ghosts" queue "log real" "rm nobody" "show nobody" "resume real"; do
    # shellcheck disable=SC2086
    "$MLVICX" --store "$odd" $words >"$dir/out" 2>"$dir/err" </dev/null
    LC_ALL=C grep -q "$(printf '\033')\|$(printf '\302\233')" "$dir/out" "$dir/err" && bad=1 && echo "# $words"
done
verdict $bad "the path of a store steers no terminal"
finish
