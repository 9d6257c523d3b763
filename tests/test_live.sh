#!/bin/sh
# The workbench over the life of a run: an empty store, a run begun from the form, control while it is trained, two
# workbenches on it, hang-up and kill of a workbench, a lost worker. Keys come from scripts; no terminal. Prints TAP.
# shellcheck source=tests/common.sh
. "${srcdir:-.}/tests/common.sh"

# keys OPTIONS... : the script on stdin is carried out; the screen as it was saved stands in $dir/screen
keys() {
    sed "s|SCREEN|$dir/screen|" >"$dir/script"
    "$MLVICX" attach --script "$dir/script" "$@" >"$dir/out" 2>"$dir/err" </dev/null
}
matches() { grep -qE -- "$1" "$dir/screen"; }
shows() { grep -qF -- "$1" "$dir/screen"; }

# ---- an empty store ----
keys --screen runs <<'END' && shows "No runs yet. Begin with" && shows "demo run" && shows "import data" && shows "read help"
:save-display SCREEN
END
verdict $? "an empty store greets with three choices"

keys --screen runs --rows 5 --columns 20 <<'END' && shows "demo run"
:save-display SCREEN
END
verdict $? "also in the smallest terminal"

mkdir -p "$dir/pictures/some"
for name in basi0g01 basn2c16 basn6a08 basi4a08; do
    cp "$srcdir/tests/fixtures/images/$name.png" "$dir/pictures/some/"
done
sed "s|PICTURES|$dir/pict|" <<'END' >"$dir/import"
i<enter>PICTURES<tab><enter><down><enter>
:save-display SCREEN
<ctrl-u>few<enter>
:wait
END
keys --screen runs <"$dir/import" && shows "name of the data set: pictures" && "$MLVICX" data list | grep -q few
verdict $? "data are imported from there: the path is completed, a name proposed"
sed "s|PICTURES|$dir/pict|" <<'END' >"$dir/look"
i<enter>PICTURES<tab><enter><enter>
:wait
:save-display SCREEN
END
keys --screen runs <"$dir/look" && shows "would take  4 images" && shows "Enter: go on, q: leave it" &&
    sed "s|^:wait|&\\n<enter>|" "$dir/look" >"$dir/look2" && keys --screen runs <"$dir/look2" &&
    shows "name of the data set: pictures"
verdict $? "what an import would find is shown before, and leads on to the name"
sed "s|^:save-display|:size 24 40\n&|; s|^:wait|&\n<down>|" "$dir/look" >"$dir/look3" && keys --screen runs --rows 40 --columns 120 <"$dir/look3" && shows "would take" &&
    [ "$(tr -d '│ \n' <"$dir/screen" | grep -c 'eachimagecountsasapatientofitsown,sothatonepersonmaybeonbothsidesofasplit')" -eq 1 ]
verdict $? "what is found is broken, not cut, after the terminal became narrow"
"$MLVICX" -q data rm few --yes >/dev/null 2>&1
"$MLVICX" -q data import phantom --name ghosts --patients 24 --size 40 --threads 1 >/dev/null 2>&1

# ---- a run from the form ----
mkdir -p "$dir/home/presets"
cat >"$dir/home/presets/tiny.ini" <<'END'
[model]
width = 4
dim = 8
fuse = 8
[data]
size = 32
batch = 8
threads = 1
[train]
threads = 1
[optim]
epochs = 100000
warmup_epochs = 0
[diagnose]
images = 16
steps = 0
[probe]
epochs = 0
END
keys --screen new --rows 40 --columns 120 <<'END' && matches "^ *preset +tiny" && shows "ghosts" && shows "* loss.cov"
<enter><end><enter>
/loss.cov<enter><enter><ctrl-u>2<enter>
:save-display SCREEN
END
verdict $? "the form starts from a saved preset and marks what differs"

keys --screen new --rows 40 --columns 120 <<'END' && shows "out of range 0 to 1000000"
/loss.cov<enter><enter><ctrl-u>-3
:save-display SCREEN
END
verdict $? "a value is checked while it is typed"

keys --screen new --rows 40 --columns 120 <<'END' && shows "memory" && shows "steps" && shows "as it is now"
<enter><end><enter>
e
:wait
:save-display SCREEN
END
verdict $? "the estimate tells memory and time"
memory=$(sed -n 's/.*memory  \([0-9.]* [KMG]iB\) of .*/\1/p' "$dir/screen")
keys --screen new --rows 40 --columns 120 <<'END' && [ -n "$memory" ] && shows "memory     $memory at its peak"
<enter><end><enter>
d
:wait
<end>
:save-display SCREEN
END
verdict $? "and the dry run tells the same memory"

keys --screen new <<'END' && until_state long running
<enter><end><enter>
<down><down><enter>long<enter>
/loss.cov<enter><enter><ctrl-u>2<enter>
B
:wait
END
verdict $? "the run is started, and goes on without the workbench"
"$MLVICX" show long 2>/dev/null | grep -q . && "$MLVICX" show long --json >"$dir/screen" && grep -q '"loss.cov": "*2' "$dir/screen"
verdict $? "with the settings of the form"

keys long --screen new --rows 60 <<'END' && matches "loss.cov +2$" && matches "model.width +4 channels"
1Y
:save-display SCREEN
END
verdict $? "a clone takes them over"

# ---- control while it goes on ----
keys long --screen runs <<'END' && shows "pause: taken at step" && [ "$(state long)" = paused ]
P
:wait
:save-display SCREEN
END
verdict $? "pause is asked, then taken at a step"

# two workbenches: one resumes, the other one sees it
i=0
while [ $i -lt 300 ]; do
    i=$((i + 1))
    printf ':wait 0.1\n:save-display %s\n' "$dir/other"
done >"$dir/other.script"
"$MLVICX" attach long --screen runs --script "$dir/other.script" </dev/null >/dev/null 2>&1 &
other=$!
i=0
until grep -q "paused" "$dir/other" 2>/dev/null || [ $i -gt 200 ]; do
    i=$((i + 1))
    sleep 0.1
done
keys long --screen help <<'END' && shows "resume: taken at step" && [ "$(state long)" = running ]
R
:wait
:save-display SCREEN
END
verdict $? "resume works from any screen"
i=0
until grep -q "goes on by command" "$dir/other" || [ $i -gt 200 ]; do
    i=$((i + 1))
    sleep 0.1
done
kill $other
wait "$other" 2>/dev/null
grep -q 'running' "$dir/other" && grep -q 'goes on by command' "$dir/other"
verdict $? "another workbench on the same run agrees"

keys long --screen runs --columns 100 <<'END' && shows "set loss.var=30: taken at step"
L<down><down><down><enter><ctrl-u>30<enter>
:wait
:save-display SCREEN
END
verdict $? "a live setting changes through its menu"
"$MLVICX" log long 2>/dev/null | grep -q 'loss.var'
verdict $? "and stands in the diary"

keys long --screen runs <<'END' && shows "checkpoint: taken at step"
C
:wait
:save-display SCREEN
END
verdict $? "a checkpoint is made"

keys long --screen runs <<'END' && shows "S stops it first" && [ "$(state long)" = running ]
D
:save-display SCREEN
END
verdict $? "a run that is alive is not deleted"

# ---- workbenches that end badly ----
for signal in HUP TERM KILL; do
    printf ':wait 60\n' >"$dir/hang.script"
    "$MLVICX" attach long --screen runs --script "$dir/hang.script" </dev/null >/dev/null 2>&1 &
    victim=$!
    sleep 0.5
    pid=$(worker long)
    kill -$signal $victim 2>/dev/null
    wait $victim 2>/dev/null
    kill -0 "$pid" 2>/dev/null && [ "$(state long)" = running ] && [ "$(worker long)" = "$pid" ]
    verdict $? "a workbench that gets SIG$signal leaves the worker alone"
done

# ---- a lost worker ----
kill -KILL "$(worker long)"
until_state long lost
keys long --screen runs --columns 120 <<'END' && shows "is lost: its worker crashed or was killed" && shows "Try: R, resume" && shows "? "
:save-display SCREEN
END
verdict $? "a lost worker is told in the alarm line"
keys long --screen runs <<'END' && shows "is lost"
P
:save-display SCREEN
END
verdict $? "nobody is asked who is not there"
keys long --screen runs <<'END' && until_state long running
R
:wait
END
verdict $? "R resumes it from its checkpoint"
keys long --screen new <<'END' && shows "stop run 1 long with a checkpoint?" && [ "$(state long)" = running ]
S
:save-display SCREEN
n
:wait 1
END
verdict $? "stop asks, on New run too, and any other key means no"
keys long --screen runs <<'END' && shows "stop: taken at step" && until_state long stopped
Sy
:wait
:save-display SCREEN
END
verdict $? "stop ends it with a checkpoint"

# ---- rows ----
keys long --screen runs <<'END' && "$MLVICX" runs --json | tr -d ' \n' | grep -q '"name":"short".*"tags":\["baseline","x"\]'
Tbaseline x<enter>
Ofor later<enter>
M<ctrl-u>short<enter>
:save-display SCREEN
END
verdict $? "tags, a note and a name"
shows "note: for later" && shows "tags: baseline x" && shows "short"
verdict $? "they show at once"
keys --screen runs <<'END' && shows "/state:running: 0 of 1" && shows "No run fits"
/state:running<enter>
:save-display SCREEN
END
verdict $? "a filter says how many fit"
keys --screen runs <<'END' && shows "1 of 1 run"
/<ctrl-u>tag:x step>3
:save-display SCREEN
END
verdict $? "and counts while it is typed"
keys --screen runs <<'END' && [ "$(state short)" = stopped ]
/<ctrl-u><enter>
Dn
END
verdict $? "deleting asks"
keys --screen runs <<'END' && [ "$("$MLVICX" runs --json)" = "[]" ] && shows "No runs but 1 in the trash: Z brings back what went last"
Dy
:wait
:save-display SCREEN
END
verdict $? "and deletes on y"

# ---- keys of the user ----
mkdir -p "$dir/config/mlvicx"
printf 'runs.sort = z\nruns.mark = /\n' >"$dir/config/mlvicx/keys"
keys --screen runs --columns 160 <<'END' && shows "keys: line 2: / means filter on the screen Runs; it cannot mean mark, too"
:save-display SCREEN
END
verdict $? "what is wrong in the key file is named by its line"
keys --screen runs --columns 160 <<'END' && shows "  z  " && shows "sort by a column"
?
:save-display SCREEN
END
verdict $? "the key file is read"

# ---- who waits for whom ----
yields() { # NICE...: a worker that is started with MLVICX_NICE=NICE has this priority
    for nice in "$@"; do
        MLVICX_NICE=$nice "$MLVICX" -q train --config "$dir/home/presets/tiny.ini" --data ghosts --name "mild$nice" --detach \
            >"$dir/out" 2>"$dir/err" || return 1
        pid=$(worker "mild$nice")
        is=$(ps -o ni= -p "$pid" | tr -d ' ')
        "$MLVICX" -q stop "mild$nice" >/dev/null 2>&1
        [ "$is" = "${nice:-0}" ] || { echo "MLVICX_NICE='$nice': $is" >"$dir/out" && return 1; }
    done
}
if [ "$(nice)" -ne 0 ]; then skip "a worker yields where it is asked to" "this runs with a lower priority"; else
    yields "" 0 7
    verdict $? "a worker yields where it is asked to"
fi

finish
